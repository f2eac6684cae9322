// The simulated MyEID itself (tests/card), by OpenSC's tools and openssl: a card on which OpenSC keeps a PKCS#15 file system.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Authority, makeRequest } from '../lib/ca.mjs';
import { Pkcs15Key } from '../lib/card.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { verifyRequest } from '../lib/witness.mjs';

const proves = (name, action) => test(name, async () => {
	const folder = temporaryFolder(), key = await Pkcs15Key.make(folder);
	try { await action(key, folder); } finally { await key.stop(); removeFolder(folder); }
});

const list = async (key) => (await key.objects()).map((text) => /^(Certificate|Private Key|Public Key)/.exec(text)?.[1] ?? text);
const failed = (result, name) => { assert.notEqual(result.status, 0); assert.match(result.stderr, new RegExp(name)); };
// What the card itself says to APDUs, without OpenSC's wisdom.
async function answers(key, ...apdus) {
	const { stdout } = await key.run('opensc-tool', ...apdus.flatMap((apdu) => ['--send-apdu', apdu]));
	return [...stdout.matchAll(/SW1=0x(..), SW2=0x(..)/g)].map(([, one, two]) => one + two);
}
const generate = (key, type = 'EC:prime256v1', id = '07') => key.user('--keypairgen', '--key-type', type, '--id', id, '--label', `key ${id}`);

proves('openssl verifies what RSA 2048, P-256 and P-384 sign; pkcs11-tool --test finds no error; pkcs15-tool names all', async (key) => {
	for (const [i, keyType] of ['rsa2048', 'ec-p256', 'ec-p384'].entries()) {
		const id = `0${i + 1}`, publicKey = createPublicKey({ key: await key.generate(keyType, { id }), format: 'der', type: 'spki' });
		const data = Buffer.from('a message');
		assert.ok(verify('sha256', data, publicKey, await key.sign(id, data, keyType)), keyType);
	}
	const { status, stdout } = await key.user('--test');
	assert.equal(status, 0, stdout);
	assert.match(stdout, /^No errors$/m);
	assert.doesNotMatch(stdout, /ERR|FAIL/);
	const { stdout: dump } = await key.run('pkcs15-tool', '--dump');
	assert.equal(dump.match(/^Private (RSA|EC) Key \[旧证书\]$/mg).length, 3);
	assert.equal(dump.match(/^Public (RSA|EC) Key \[旧证书\]$/mg).length, 3);
});

proves('a certificate is written, read and deleted; all files of the pair go', async (key, folder) => {
	const { files } = key;
	const ca = await Authority.make(path.join(folder, 'ca')), csr = await key.adopt(await makeRequest(await makeKey('ec-p256'), folder), 'ec-p256');
	assert.ok((await verifyRequest(csr)).ok, 'the card\'s own request');
	const pem = await ca.issue(csr);
	await key.writeCertificate(pem);
	assert.equal(certificateId(await key.readCertificate('01')), certificateId(pem));
	assert.ok(await key.signs('01', pem, 'ec-p256'));
	await key.writeCertificate(ca.rootPem, { id: '55', label: 'CA' });
	assert.deepEqual((await list(key)).filter((kind) => kind !== 'Public Key'), ['Certificate', 'Certificate', 'Private Key']);
	assert.deepEqual(key.files.filter((name) => !files.includes(name)), ['4301', '4302', '4B01', '5501']);
	for (const [type, id] of [['cert', '55'], ['cert', '01'], ['privkey', '01'], ['pubkey', '01']])
		assert.equal((await key.user('--delete-object', '--type', type, '--id', id)).status, 0, `${type} ${id}`);
	assert.deepEqual(await list(key), []);
	assert.deepEqual(key.files, files);
});

proves('without a PIN nothing is made, written or signed', async (key, folder) => {
	await key.generate('ec-p256');
	const before = key.files, file = path.join(folder, 'data');
	writeFileSync(file, Buffer.alloc(32, 1));
	for (const args of [['--keypairgen', '--key-type', 'EC:prime256v1', '--id', '02'], ['--delete-object', '--type', 'privkey', '--id', '01'],
		['--sign', '--mechanism', 'ECDSA', '--id', '01', '--input-file', file, '--output-file', path.join(folder, 'signature')]])
		assert.notEqual((await key.tool(args, { status: null })).status, 0, args[0]);
	// The directory of private keys is not written, no file created, no key deleted; and that is read by nobody.
	const created = '00E000001962178002001082010183024333860300FFFF850200008A0100';
	assert.deepEqual(await answers(key, '00A40800045015440200', '00D60000023000', created, '00A408000450154B0100', 'A0E40000'),
		['9000', '6982', '6982', '9000', '6982']);
	assert.deepEqual(await answers(key, '002000010831323334353600FF', '0020000108313233343536FFFF', '00A408000450154B0100', '00B0000010', '002E0000'),
		['63C2', '9000', '9000', '6982', '9000']);
	assert.deepEqual(key.files, before);
	assert.deepEqual(await list(key), ['Private Key', 'Public Key']);
});

proves('three wrong PINs lock it; the PUK unblocks it with a new one; the user changes that', async (key) => {
	const tried = async (pin) => key.tool(['--login', '--pin', pin, '--list-objects'], { status: null });
	const flags = async () => /token flags\s*:\s*(.*)/.exec((await key.run('pkcs11-tool', '--module', key.module, '--list-slots')).stdout)[1];
	failed(await tried('000000'), 'CKR_PIN_INCORRECT');
	assert.match(key.read('card'), /^left=2$/m);
	failed(await tried('000000'), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /final user PIN try/);
	await tried('000000');
	assert.match(await flags(), /user PIN locked/);
	failed(await tried(key.pin), 'CKR_PIN_LOCKED');
	const unblock = (puk) => run('pkcs15-tool', ['--unblock-pin', '--auth-id', '01', '--puk', puk, '--new-pin', '222222'], { env: key.env, status: null });
	assert.notEqual((await unblock('00000000')).status, 0);
	assert.match(key.read('card'), /^puk-left=9$/m);
	assert.equal((await unblock(key.puk)).status, 0);
	assert.equal((await tried('222222')).status, 0);
	await key.tool(['--login', '--pin', '222222', '--change-pin', '--new-pin', '3333333']);
	failed(await tried('222222'), 'CKR_PIN_INCORRECT');
	assert.equal((await tried('3333333')).status, 0);
	assert.match(key.read('card'), /^left=3$/m);
});

proves('a copy of its folder is the card as it was; it is pulled and put back', async (key, folder) => {
	await key.generate('ec-p256');
	const before = await key.objects();
	await key.pull();
	failed(await key.tool(['--list-objects'], { status: null }), 'No slot');
	await key.putBack();
	assert.deepEqual(await key.objects(), before);
	await key.stop();
	cpSync(key.store, path.join(folder, 'copy/card'), { recursive: true });
	const copy = await Pkcs15Key.open(path.join(folder, 'copy'));
	try {
		copy.label = key.label;
		assert.equal(copy.serial, key.serial);
		assert.deepEqual(await copy.objects(), before);
		assert.equal((await generate(copy)).status, 0);
	} finally { await copy.stop(); }
});

proves('only the SO erases it', async (key) => {
	await key.generate('ec-p256');
	const erase = '00DA01E008FFFF113FFF111FFF';
	assert.deepEqual(await answers(key, '0020000108313233343536FFFF', erase, '002E0000'), ['9000', '6982', '9000']);
	assert.deepEqual(await list(key), ['Private Key', 'Public Key']);
	assert.deepEqual(await answers(key, '00200003083837363534333231', erase), ['9000', '9000']);
	assert.deepEqual(key.files, ['3F00', '5015']);
	await key.initialize('anew');
	assert.equal((await generate(key)).status, 0);
	assert.deepEqual(await list(key), ['Private Key', 'Public Key']);
});

proves('faults: an error before and after the work, a pull; only once', async (key) => {
	key.fault('GENERATE 1 error 6F00');
	failed(await generate(key), 'C_GenerateKeyPair|CKR_');
	assert.deepEqual([key.read('faults'), await list(key)], ['', []]);
	key.fault('OPERATION 1 pull');
	assert.equal((await generate(key, undefined, '08')).status, 0);
	await assert.rejects(key.sign('08', Buffer.from('x'), 'ec-p256'));
	assert.equal(key.read('faults'), '');
	await key.untilSeen(false);
	await key.putBack();
	const names = await key.apdus(() => key.objects());
	assert.ok(names.includes('VERIFY') && names.includes('READ'));
	assert.equal(names.at(-1), 'LOGOUT', 'C_Logout of any program ends every login');
});

proves('a full card refuses a certificate, and a key', async (key, folder) => {
	const ca = await Authority.make(path.join(folder, 'ca'));
	key.set({ capacity: key.used + 100 });
	const file = path.join(folder, 'root.der');
	writeFileSync(file, (await run('openssl', ['x509', '-in', ca.root, '-outform', 'DER'])).bytes);
	failed(await key.user('--write-object', file, '--type', 'cert', '--id', '55'), 'C_CreateObject');
	failed(await generate(key, 'rsa:2048', '08'), 'C_GenerateKeyPair');
});
