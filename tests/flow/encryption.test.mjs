// Two certificates: the encryption key comes in an envelope and goes into the key through the agent's public methods.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { Authority, days } from '../lib/ca.mjs';
import { decrypts, encryptionOf, makeEncryption, makePair, wrapRsa } from '../lib/kmc.mjs';
import { checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { Token, sha256 } from '../lib/token.mjs';

const mark = (order, what = '') => createHash('sha256').update(`keyhall:${order}${what}`).digest('hex').slice(0, 40);
const enc = (order) => mark(order, ':enc');

// Name → hash of the token's object files, whichever module it is.
function files(token) {
	const found = {};
	for (const place of readdirSync(token.store, { withFileTypes: true, recursive: true }))
		if (place.name.endsWith('.object')) {
			const file = path.join(place.path, place.name);
			found[file] = sha256(readFileSync(file));
		}
	return found;
}

// An old encryption pair with the same subject, a seal as a data object: what must not be touched.
async function addForeign(scene) {
	const before = files(scene.token);
	const old = await makePair(scene.ca, scene.folder, { notBefore: days(-345), notAfter: days(21) });
	await scene.token.importPair(old.key, { id: '02', label: '旧加密证书' });
	await scene.token.writeCertificate(old.certificate, { id: '02', label: '旧加密证书' });
	const seal = path.join(scene.folder, 'seal');
	writeFileSync(seal, randomBytes(200));
	await scene.token.tool(['--login', '--pin', scene.token.pin, '--write-object', seal, '--type', 'data', '--label', 'electronic seal']);
	scene.foreign = Object.entries(files(scene.token)).filter(([name]) => !(name in before));
	assert.equal(scene.foreign.length, 4);
	scene.oldEncryption = old;
}

function foreignUntouched(scene) {
	const now = files(scene.token);
	for (const [name, hash] of scene.foreign) assert.equal(now[name], hash, `${name} is what it was`);
}

async function stage(options = {}) {
	const scene = await makeScene({ keyType: 'rsa2048', ...options });
	try {
		await addForeign(scene);
		// The module was not started yet: it reads this when it is.
		if (options.without) scene.token.write('mechanisms', `${options.without.join('\n')}\n`);
		scene.agent = await scene.connect();
		scene.old = await findCertificate(scene.agent, scene.oldPem);
	} catch (error) { await scene.close(); throw error; }
	return scene;
}

// A test on a stage of its own; everything foreign is what it was at the end.
const on = (title, options, action) => test(title, async () => {
	const scene = await stage(options);
	try {
		await action(scene);
		foreignUntouched(scene);
	} finally { await scene.close(); }
});

async function begin(scene, order, more = {}) {
	scene.begun = await scene.agent.call('renewal.begin', { order, certificate: scene.old.id, key: 'new', dual: true, ...more });
	scene.pem = await scene.ca.issue(scene.begun.csr);
	return scene.begun;
}

const install = (scene, order, encryption) =>
	scene.agent.call('renewal.install', { order, certificate: scene.pem, chain: [], ...(encryption ? { encryption } : {}) });
const inspect = (scene, order) => scene.agent.call('renewal.inspect', { order });
const labels = async (scene, id) => (await scene.token.objects()).filter((text) => text.includes(id)).map((text) => /label: +(.*)/.exec(text)?.[1]);

// The whole of it with what is installed at its end.
async function renew(scene, order, encryption) {
	const { receipt } = await install(scene, order, encryption);
	checkReceipt(receipt, { order, origin: scene.origin, serial: scene.token.serial, certificate: scene.pem });
	assert.equal((await inspect(scene, order)).stage, 'installed');
	assert.deepEqual(await labels(scene, enc(order)), Array(3).fill(`keyhall:${order}:enc`));
	assert.ok(await decrypts(scene.token, enc(order), encryption.certificate), 'pkcs11-tool decrypts with the imported key');
}

async function complete(scene, order) {
	const { retired } = await scene.agent.call('renewal.complete', { order });
	assert.deepEqual(retired, [scene.old.id], 'only the old signing certificate');
	assert.deepEqual(await labels(scene, enc(order)), Array(3).fill(scene.company.name));
	assert.equal((await inspect(scene, order)).stage, 'completed');
	assert.equal((await scene.token.objects()).length, 6 + 4, 'two pairs, the old encryption pair and the seal');
}

for (const [name, kind] of [['SoftHSM2', Token], ['softkey', SoftKey]])
	on(`two RSA certificates on ${name}`, { kind }, async (scene) => {
		const order = 'E-1';
		const { importAlgorithms } = await begin(scene, order);
		assert.deepEqual(importAlgorithms, ['rsa-aes-kw']);
		const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem);
		await renew(scene, order, encryption);
		const installed = files(scene.token);
		await install(scene, order, encryption);
		assert.deepEqual(files(scene.token), installed, 'a second installation writes nothing');
		await complete(scene, order);
		assert.ok(await scene.token.signs(mark(order), scene.pem, 'rsa2048'));
		await install(scene, order, encryption);
	});

// What the token can do decides the way; each rung alone, and the envelope's padding with it.
// The number: how often the token is asked to unwrap, with what fails before.
const rungs = [
	['RSA_AES_KEY_WRAP', 'oaep-sha1', [], 1],
	['RSA_AES_KEY_WRAP with SHA-256', 'oaep-sha256', ['0x210a', '0x210b'], 2],
	['OAEP, AES_KEY_WRAP_KWP', 'oaep-sha1', ['0x1054', '0x210a', '0x1 unwrap'], 2],
	['OAEP with SHA-256, AES_KEY_WRAP_KWP', 'oaep-sha256', ['0x1054', '0x210a', '0x1 unwrap'], 3],
	['OAEP, AES_KEY_WRAP_PAD', 'oaep-sha1', ['0x1054', '0x210b', '0x1 unwrap'], 2],
	['PKCS #1, AES_KEY_WRAP_KWP', 'pkcs1', ['0x1054', '0x210a', '0x9 unwrap'], 4],
	['PKCS #1, AES_KEY_WRAP_PAD, all else first', 'pkcs1', ['0x210b'], 6],
];
for (const [way, padding, without, times] of rungs)
	on(`imports by ${way}`, { kind: SoftKey, without }, async (scene) => {
		assert.deepEqual((await begin(scene, 'R-1')).importAlgorithms, ['rsa-aes-kw']);
		const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem, { padding });
		const calls = await scene.token.calls(() => install(scene, 'R-1', encryption));
		assert.equal(calls.filter((call) => call.startsWith('C_UnwrapKey')).length, times);
		await renew(scene, 'R-1', encryption);
	});

const refusedKeys = [
	['a key that may not unwrap', ['0x1054', '0x9 unwrap', '0x1 unwrap']],
	['a token that unwraps no private keys', ['0x1054', '0x210a', '0x210b']],
];
for (const [what, without] of refusedKeys)
	on(`${what} says so, and takes no encryption key`, { kind: SoftKey, without }, async (scene) => {
		assert.deepEqual((await begin(scene, 'N-1')).importAlgorithms, []);
		const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem);
		await refused(install(scene, 'N-1', encryption), 'token.unsupported');
		assert.deepEqual(await labels(scene, enc('N-1')), []);
		await install(scene, 'N-1');
		assert.equal((await inspect(scene, 'N-1')).stage, 'installed', 'one certificate is what the hall gave in the end');
	});

for (const [what, padding, without] of [['OAEP', 'oaep-sha256', ['0x1054', '0x210a', '0x210b']], ['PKCS #1', 'pkcs1', ['0x1054', '0x9', '0x210a', '0x210b']]])
	on(`the fallback on the host with ${what}`, { kind: SoftKey, without, settings: { encryptionImport: 'host' } }, async (scene) => {
		assert.deepEqual((await begin(scene, 'H-1')).importAlgorithms, ['rsa-aes-kw']);
		const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem, { padding });
		await renew(scene, 'H-1', encryption);
		await complete(scene, 'H-1');
	});

on('an EC key takes none', { keyType: 'ec-p256' }, async (scene) => {
	assert.deepEqual((await begin(scene, 'N-2')).importAlgorithms, []);
});

on('an envelope that does not open leaves the signing certificate, the next one finishes', {}, async (scene) => {
	const order = 'U-1';
	await begin(scene, order);
	const pair = await makePair(scene.ca, scene.folder);
	const good = wrapRsa(scene.pem, pair.key);
	const spoiled = Buffer.from(good);
	spoiled[spoiled.length - 9] ^= 1;
	for (const envelope of [wrapRsa(scene.oldPem, pair.key), spoiled]) {
		const error = await refused(install(scene, order, encryptionOf(pair, envelope)), 'encryption.unopened', { retry: 'user' });
		assert.equal(error.data.value, undefined, 'nothing is told of how it failed');
		assert.deepEqual(await labels(scene, enc(order)), []);
		assert.equal((await inspect(scene, order)).stage, 'certificate');
		assert.equal((await inspect(scene, order)).next, 'install');
		assert.ok(await scene.token.signs(mark(order), scene.pem, 'rsa2048'));
	}
	await renew(scene, order, encryptionOf(pair, good));
	await complete(scene, order);
});

on('an envelope of another key is found out and leaves nothing', {}, async (scene) => {
	const order = 'M-1';
	await begin(scene, order);
	const [pair, other] = [await makePair(scene.ca, scene.folder), await makePair(scene.ca, scene.folder)];
	await refused(install(scene, order, encryptionOf(pair, wrapRsa(scene.pem, other.key))), 'encryption.mismatch');
	assert.deepEqual(await labels(scene, enc(order)), []);
	await renew(scene, order, encryptionOf(pair, wrapRsa(scene.pem, pair.key)));
});

on('what is no pair of the order is refused before anything is written', {}, async (scene) => {
	const order = 'W-1';
	await begin(scene, order);
	const before = files(scene.token);
	const make = (more) => makeEncryption(scene.ca, scene.folder, scene.pem, more);
	const stranger = await Authority.make(path.join(scene.folder, 'stranger'), { name: '/CN=Another' });
	const good = await make();
	const short = { ...good, envelope: Buffer.from(good.envelope, 'base64').subarray(0, 263).toString('base64') };
	const cases = [
		[await make({ name: '/C=CN/O=Other/CN=Other' }), 'certificate.mismatch', { what: 'encryption.subject' }],
		[await make({ usage: 'sign' }), 'certificate.mismatch', { what: 'encryption.usage' }],
		[await make({ notBefore: days(-400), notAfter: days(-1) }), 'certificate.mismatch', { what: 'encryption.validity' }],
		[await makeEncryption(stranger, scene.folder, scene.pem), 'certificate.untrusted'],
		[{ ...good, certificate: scene.oldPem }, 'certificate.mismatch', { what: 'encryption.usage' }],
		[{ ...good, certificate: 'no certificate' }, 'request.invalid', { field: 'encryption.certificate' }],
		[{ ...good, format: 'sm2-enveloped-key' }, 'certificate.mismatch', { what: 'encryption.spki' }],
		[short, 'encryption.unopened'],
		[{ ...good, envelope: 'AAAA' }, 'encryption.unopened'],
	];
	for (const [encryption, name, data] of cases) {
		await refused(install(scene, order, encryption), name, data);
		assert.deepEqual(files(scene.token), before, `${name} ${JSON.stringify(data)} wrote nothing`);
	}
	await renew(scene, order, good);
});

// What an interrupted import leaves: the key alone, or all but the certificate.
for (const [what, rule, stageAfter] of [
	['after the key', 'C_UnwrapKey 1 after exit 9', 'certificate'],
	['after its public key', 'C_CreateObject 2 after exit 9', 'encryption-key'],
	['in the write of its certificate', 'C_CreateObject 3 cut', 'encryption-key'],
])
	for (const elsewhere of [false, true])
		on(`cut ${what} and gone on${elsewhere ? ' on another computer' : ''}`, { kind: SoftKey }, async (scene) => {
			const order = 'C-1';
			await begin(scene, order);
			const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem);
			scene.token.fault(rule);
			await scene.daemon.kill();
			await scene.daemon.again();
			scene.agent = await scene.connect();
			await refused(install(scene, order, encryption), 'token.failed');
			assert.equal((await inspect(scene, order)).stage, stageAfter);
			if (elsewhere) {
				await scene.daemon.kill();
				rmSync(scene.daemon.settings.state, { recursive: true, force: true });
				await scene.daemon.again();
				scene.agent = await scene.connect();
			}
			if (stageAfter === 'encryption-key') await refused(scene.agent.call('renewal.complete', { order }), 'renewal.state');
			await renew(scene, order, encryption);
			await complete(scene, order);
		});

on('a key that an earlier try left and that is another one goes', { kind: SoftKey }, async (scene) => {
	const order = 'L-1';
	await begin(scene, order);
	const stale = await makePair(scene.ca, scene.folder);
	await scene.token.importPair(stale.key, { id: enc(order), label: `keyhall:${order}:enc` });
	await renew(scene, order, await makeEncryption(scene.ca, scene.folder, scene.pem));
	await complete(scene, order);
});

on('a cancelled order leaves nothing, also of an encryption key', { kind: SoftKey }, async (scene) => {
	const order = 'X-1';
	const before = files(scene.token);
	await begin(scene, order);
	await scene.token.importPair((await makePair(scene.ca, scene.folder)).key, { id: enc(order), label: `keyhall:${order}:enc` });
	await scene.agent.call('renewal.cancel', { order });
	assert.deepEqual(files(scene.token), before);
});

on('the same signing key and a new encryption pair', {}, async (scene) => {
	const order = 'S-1';
	const { importAlgorithms } = await begin(scene, order, { key: 'same' });
	assert.deepEqual(importAlgorithms, ['rsa-aes-kw']);
	const encryption = await makeEncryption(scene.ca, scene.folder, scene.pem);
	await renew(scene, order, encryption);
	await scene.agent.call('renewal.complete', { order });
	assert.deepEqual(await labels(scene, enc(order)), Array(3).fill(scene.company.name));
});
