// Two RSA certificates: the encryption key comes in an envelope and goes into the key through the agent's public methods.
import assert from 'node:assert/strict';
import path from 'node:path';
import { refused } from '../lib/assert.mjs';
import { Authority, days } from '../lib/ca.mjs';
import { enc, files, mark, make, on, renewTwice } from '../lib/dual.mjs';
import { encryptionOf, makeEncryption, makePair, wrapRsa } from '../lib/kmc.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { Token, certificateId } from '../lib/token.mjs';
import { markLabel } from '../lib/mark.mjs';

for (const [name, kind] of [['SoftHSM2', Token], ['softkey', SoftKey]])
	on(`two certificates on ${name}`, { kind }, async (dual) => {
		const order = 'E-1';
		const encryption = await renewTwice(dual, order, 'rsa-aes-kw');
		assert.ok(await dual.token.signs(mark(order), dual.pem, 'rsa2048'));
		await dual.install(order, encryption);
	});

on('M4: two certificates on a key that wants the PIN for each use', { kind: SoftKey }, async (dual) => {
	dual.token.set({ 'always-authenticate': 1 });
	await dual.restart();
	await dual.begin('E-M4');
	await dual.install('E-M4', await make(dual));
	await dual.agent.call('renewal.complete', { order: 'E-M4' });
	assert.equal(dual.scene.pins.count(), 1);
	dual.token.set({ 'always-authenticate': 0 });
});

// Each way alone, and all before the last. The number: how often the token is asked to unwrap, with what fails before.
const ways = [
	['RSA_AES_KEY_WRAP', 'oaep-sha1', [], 1],
	['RSA_AES_KEY_WRAP with SHA-256', 'oaep-sha256', ['0x210a', '0x210b'], 2],
	['OAEP, AES_KEY_WRAP_KWP', 'oaep-sha1', ['0x1054', '0x210a', '0x1 unwrap'], 2],
	['OAEP with SHA-256, AES_KEY_WRAP_KWP', 'oaep-sha256', ['0x1054', '0x210a', '0x1 unwrap'], 3],
	['OAEP, AES_KEY_WRAP_PAD', 'oaep-sha1', ['0x1054', '0x210b', '0x1 unwrap'], 2],
	['PKCS #1, AES_KEY_WRAP_KWP', 'pkcs1', ['0x1054', '0x210a', '0x9 unwrap'], 4],
	['PKCS #1, AES_KEY_WRAP_PAD, all else first', 'pkcs1', ['0x210b'], 6],
];
on('every way out of an envelope', { kind: SoftKey }, async (dual) => {
	for (const [i, [way, padding, without, times]] of ways.entries()) {
		const order = `R-${i}`;
		dual.token.write('mechanisms', without.map((line) => `${line}\n`).join(''));
		await dual.restart();
		assert.deepEqual((await dual.begin(order)).importAlgorithms, ['rsa-aes-kw'], way);
		const encryption = await make(dual, { padding });
		const calls = await dual.token.calls(() => dual.install(order, encryption));
		assert.equal(calls.filter((call) => call.startsWith('C_UnwrapKey')).length, times, way);
		assert.ok(await dual.works(order, encryption.certificate), way);
	}
});

for (const [what, without] of [
	['whose keys may not unwrap', ['0x1054', '0x9 unwrap', '0x1 unwrap']],
	['that unwraps no private keys', ['0x1054', '0x210a', '0x210b']],
])
	on(`a token ${what} says so, and takes no encryption key`, { kind: SoftKey, without }, async (dual) => {
		const order = 'N-1';
		assert.deepEqual((await dual.begin(order)).importAlgorithms, []);
		await refused(dual.install(order, await make(dual)), 'token.unsupported');
		assert.deepEqual(await dual.labels(enc(order)), []);
		await dual.install(order);
		assert.equal((await dual.inspect(order)).stage, 'installed', 'one certificate is what the hall gave in the end');
	});

for (const [what, padding, without] of [['OAEP', 'oaep-sha256', ['0x1054', '0x210a', '0x210b']], ['PKCS #1', 'pkcs1', ['0x1054', '0x9', '0x210a', '0x210b']]])
	on(`the fallback on the host with ${what}`, { kind: SoftKey, without, settings: { encryptionImport: 'host' } }, async (dual) => {
		assert.deepEqual((await dual.begin('H-1')).importAlgorithms, ['rsa-aes-kw']);
		await dual.renew('H-1', await make(dual, { padding }));
		await dual.complete('H-1');
	});

on('a token that cannot decrypt: the public values decide', { kind: SoftKey, without: ['0x1 decrypt', '0x9 decrypt'] }, async (dual) => {
	const order = 'D-1';
	assert.deepEqual((await dual.begin(order)).importAlgorithms, ['rsa-aes-kw']);
	const pair = await makePair(dual.ca, dual.folder);
	const { key: other } = await makePair(dual.ca, dual.folder, { which: 'other' });
	await refused(dual.install(order, encryptionOf(pair, wrapRsa(dual.pem, other))), 'encryption.mismatch');
	assert.deepEqual(await dual.labels(enc(order)), []);
	await dual.install(order, encryptionOf(pair, wrapRsa(dual.pem, pair.key)));
	assert.ok(usableCertificates(storeObjects(dual.token)).includes(certificateId(pair.certificate)));
});

on('an EC key takes none', { keyType: 'ec-p256' }, async (dual) => {
	assert.deepEqual((await dual.begin('N-2')).importAlgorithms, []);
});

on('an envelope that does not open leaves the signing certificate, the next one finishes', {}, async (dual) => {
	const order = 'U-1';
	await dual.begin(order);
	const pair = await makePair(dual.ca, dual.folder);
	const good = wrapRsa(dual.pem, pair.key);
	const spoiled = Buffer.from(good);
	spoiled[spoiled.length - 9] ^= 1;
	for (const envelope of [wrapRsa(dual.scene.oldPem, pair.key), spoiled]) {
		const error = await refused(dual.install(order, encryptionOf(pair, envelope)), 'encryption.unopened', { retry: 'user' });
		assert.equal(error.data.value, undefined, 'nothing is told of how it failed');
		assert.deepEqual(await dual.labels(enc(order)), []);
		const { stage, next } = await dual.inspect(order);
		assert.deepEqual([stage, next], ['certificate', 'install']);
		assert.ok(await dual.token.signs(mark(order), dual.pem, 'rsa2048'));
	}
	await dual.renew(order, encryptionOf(pair, good));
	await dual.complete(order);
});

on('an envelope of another key is found out and leaves nothing', {}, async (dual) => {
	const order = 'M-1';
	await dual.begin(order);
	const pair = await makePair(dual.ca, dual.folder);
	const { key: other } = await makePair(dual.ca, dual.folder, { which: 'other' });
	await refused(dual.install(order, encryptionOf(pair, wrapRsa(dual.pem, other))), 'encryption.mismatch');
	assert.deepEqual(await dual.labels(enc(order)), []);
	await dual.renew(order, encryptionOf(pair, wrapRsa(dual.pem, pair.key)));
});

on('what is no pair of the order is refused before anything is written', {}, async (dual) => {
	const order = 'W-1';
	await dual.begin(order);
	const before = files(dual.token);
	const stranger = await Authority.make(path.join(dual.folder, 'stranger'), { name: '/CN=Another' });
	const good = await make(dual);
	const short = Buffer.from(good.envelope, 'base64').subarray(0, 263).toString('base64');
	const cases = [
		[await make(dual, { name: '/C=CN/O=Other/CN=Other' }), 'certificate.mismatch', { what: 'encryption.subject' }],
		[await make(dual, { usage: 'sign' }), 'certificate.mismatch', { what: 'encryption.usage' }],
		[await make(dual, { notBefore: days(-400), notAfter: days(-1) }), 'certificate.mismatch', { what: 'encryption.validity' }],
		[await makeEncryption(stranger, dual.folder, dual.pem), 'certificate.untrusted'],
		[{ ...good, certificate: dual.scene.oldPem }, 'certificate.mismatch', { what: 'encryption.usage' }],
		[{ ...good, certificate: 'no certificate' }, 'request.invalid', { field: 'encryption.certificate' }],
		[{ ...good, format: 'sm2-enveloped-key' }, 'certificate.mismatch', { what: 'encryption.spki' }],
		[{ ...good, envelope: short }, 'encryption.unopened'],
		[{ ...good, envelope: 'AAAA' }, 'encryption.unopened'],
	];
	for (const [encryption, name, data] of cases) {
		await refused(dual.install(order, encryption), name, data);
		assert.deepEqual(files(dual.token), before, `${name} ${JSON.stringify(data)} wrote nothing`);
	}
	await dual.renew(order, good);
});

// What an interrupted import leaves: the key alone, or all but the certificate; then the rest here and on another computer.
for (const elsewhere of [false, true])
	on(`an import that was cut goes on${elsewhere ? ' on another computer' : ''}`, { kind: SoftKey }, async (dual) => {
		const cuts = [
			['C_UnwrapKey 1 after exit 9', 'certificate'],
			['C_CreateObject 2 after exit 9', 'encryption-key'],
			['C_CreateObject 3 cut', 'encryption-key'],
			['C_UnwrapKey 1 tear 95', 'certificate'],
			['C_CreateObject 2 tear 60', 'certificate'],
			['C_CreateObject 3 tear 60', 'encryption-key'],
		];
		for (const [i, [rule, stage]] of cuts.entries()) {
			const order = `C-${i}`;
			await dual.begin(order);
			const encryption = await make(dual);
			dual.token.fault(rule);
			await dual.restart();
			await refused(dual.install(order, encryption), 'token.failed');
			assert.equal((await dual.inspect(order)).stage, stage, rule);
			await dual.restart({ elsewhere });
			if (stage === 'encryption-key') await refused(dual.agent.call('renewal.complete', { order }), 'renewal.state');
			await dual.renew(order, encryption);
		}
	});

on('a call that fails after it has written leaves no second key', { kind: SoftKey }, async (dual) => {
	const order = 'A-1';
	await dual.begin(order);
	dual.token.fault('C_UnwrapKey 1 after error 0x5');
	await dual.restart();
	await dual.renew(order, await make(dual));
	await dual.complete(order);
});

on('a full key is said, and the rest comes when there is room', { kind: SoftKey }, async (dual) => {
	const order = 'F-1';
	await dual.begin(order);
	const encryption = await make(dual);
	dual.token.fault('C_UnwrapKey 1 error 0x31');
	await dual.restart();
	await refused(dual.install(order, encryption), 'token.full');
	assert.ok(await dual.token.signs(mark(order), dual.pem, 'rsa2048'));
	await dual.renew(order, encryption);
});

on('a key that an earlier try left and that is another one goes', { kind: SoftKey }, async (dual) => {
	const order = 'L-1';
	await dual.begin(order);
	const stale = await makePair(dual.ca, dual.folder, { which: 'other' });
	await dual.token.importPair(stale.key, { id: enc(order), label: markLabel(order, ':enc') });
	await dual.renew(order, await make(dual));
	await dual.complete(order);
});

on('a cancelled order leaves nothing, also of an encryption key', { kind: SoftKey }, async (dual) => {
	const order = 'X-1';
	const before = files(dual.token);
	await dual.begin(order);
	await dual.token.importPair((await makePair(dual.ca, dual.folder)).key, { id: enc(order), label: markLabel(order, ':enc') });
	await dual.agent.call('renewal.cancel', { order });
	assert.deepEqual(files(dual.token), before);
});

on('the same signing key and a new encryption pair', {}, async (dual) => {
	const order = 'S-1';
	assert.deepEqual((await dual.begin(order, { key: 'same' })).importAlgorithms, ['rsa-aes-kw']);
	const encryption = await make(dual);
	await dual.renew(order, encryption);
	await dual.agent.call('renewal.complete', { order });
	assert.deepEqual((await dual.labels(enc(order))).sort(), [markLabel(order, ':enc'), ...Array(2).fill(dual.scene.company.name)].sort());
	const before = files(dual.token);
	await dual.install(order, encryption);
	assert.deepEqual(files(dual.token), before);
});

on('an encryption pair that comes after the order was completed', {}, async (dual) => {
	const order = 'T-1';
	await dual.begin(order);
	await dual.install(order);
	await dual.agent.call('renewal.complete', { order });
	const encryption = await make(dual);
	await dual.install(order, encryption);
	assert.deepEqual((await dual.labels(enc(order))).sort(), [markLabel(order, ':enc'), ...Array(2).fill(dual.scene.company.name)].sort());
	assert.ok(await dual.works(order, encryption.certificate));
	assert.equal((await dual.inspect(order)).stage, 'completed');
});

// Whoever has the receipt's order and the company's encryption certificate can send such an envelope.
on('an envelope that does not open takes nothing off the key', { kind: SoftKey }, async (dual) => {
	const order = 'E-20';
	await dual.begin(order);
	await dual.renew(order, await make(dual));
	const installed = files(dual.token);
	const other = await make(dual, { which: 'second' });
	other.envelope = Buffer.from(Buffer.from(other.envelope, 'base64').map((byte, i) => (i < 100 ? byte ^ 0x55 : byte))).toString('base64');
	await refused(dual.install(order, other), 'encryption.unopened');
	assert.deepEqual(files(dual.token), installed);
	await dual.complete(order);
});

// The key that was imported before works until the new one is there.
on('an encryption pair takes the place of another one, cut at each step', { kind: SoftKey }, async (dual) => {
	const steps = ['C_UnwrapKey 1', 'C_DestroyObject 1', 'C_DestroyObject 2', 'C_DestroyObject 3', 'C_CreateObject 1', 'C_CreateObject 2'];
	for (const [i, step] of steps.entries()) {
		const order = `R-${i}`;
		await dual.begin(order);
		const first = await make(dual), second = await make(dual, { which: `second-${i}` });
		await dual.renew(order, first);
		dual.token.fault(`${step} after exit 9`);
		await dual.restart();
		await refused(dual.install(order, second), 'token.failed');
		const { length } = storeObjects(dual.token).filter((one) => one.kind === 'private' && one.id === enc(order));
		assert.equal(length, step.startsWith('C_UnwrapKey') || step === 'C_DestroyObject 1' ? 2 : 1, step);
		await dual.restart();
		await dual.renew(order, second);
	}
});
