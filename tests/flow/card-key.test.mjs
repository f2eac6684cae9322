// The simulated SmartCard-HSM itself (tests/card), by OpenSC's tools and openssl: what the other card tests stand on.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Authority, makeRequest } from '../lib/ca.mjs';
import { CardKey } from '../lib/card.mjs';
import { removeFolder, run, temporaryFolder, until } from '../lib/process.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { verifyRequest } from '../lib/witness.mjs';

const proves = (name, action) => test(name, async () => {
	const folder = temporaryFolder(), key = await CardKey.make(folder);
	try { await action(key, folder); } finally { await key.stop(); removeFolder(folder); }
});

const list = async (key) => (await key.objects()).map((text) => /^(Certificate|Private Key|Public Key)/.exec(text)?.[1] ?? text);
const failed = (result, name) => { assert.notEqual(result.status, 0); assert.match(result.stderr, new RegExp(name)); };
const generate = (key, type = 'EC:prime256v1', id = '07') => key.user('--keypairgen', '--key-type', type, '--id', id, '--label', `key ${id}`);

proves('pkcs11-tool --test finds no error; openssl verifies what RSA 2048, P-256 and P-384 sign', async (key) => {
	for (const [i, keyType] of ['rsa2048', 'ec-p256', 'ec-p384'].entries()) {
		const id = `0${i + 1}`, publicKey = createPublicKey({ key: await key.generate(keyType, { id }), format: 'der', type: 'spki' });
		const data = Buffer.from('a message');
		assert.ok(verify('sha256', data, publicKey, await key.sign(id, data, keyType)), keyType);
	}
	const { status, stdout } = await key.user('--test');
	assert.equal(status, 0, stdout);
	assert.match(stdout, /^No errors$/m);
	assert.doesNotMatch(stdout, /ERR|FAIL/);
});

proves('a certificate is written, read and deleted', async (key, folder) => {
	const ca = await Authority.make(path.join(folder, 'ca')), csr = await key.adopt(await makeRequest(await makeKey('ec-p256'), folder), 'ec-p256');
	assert.ok((await verifyRequest(csr)).ok, 'the card\'s own request');
	const pem = await ca.issue(csr);
	await key.writeCertificate(pem);
	assert.equal(certificateId(await key.readCertificate('01')), certificateId(pem));
	assert.ok(await key.signs('01', pem, 'ec-p256'));
	await key.writeCertificate(ca.rootPem, { id: '55', label: 'CA' });
	assert.deepEqual((await list(key)).filter((kind) => kind !== 'Public Key'), ['Certificate', 'Certificate', 'Private Key']);
	for (const [type, id] of [['cert', '55'], ['cert', '01'], ['privkey', '01']])
		assert.equal((await key.user('--delete-object', '--type', type, '--id', id)).status, 0, `${type} ${id}`);
	assert.deepEqual(await list(key), []);
});

proves('three wrong PINs lock it; the SO unblocks it with a new one; the user changes that', async (key) => {
	const tried = async (pin) => key.tool(['--login', '--pin', pin, '--list-objects'], { status: null });
	const flags = async () => /token flags\s*:\s*(.*)/.exec((await key.run('pkcs11-tool', '--module', key.module, '--list-slots')).stdout)[1];
	failed(await tried('000000'), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /user PIN count low/);
	failed(await tried('000000'), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /final user PIN try/);
	await tried('000000');
	assert.match(await flags(), /user PIN locked/);
	failed(await tried(key.pin), 'CKR_PIN_LOCKED');
	failed(await key.tool(['--login', '--login-type', 'so', '--so-pin', '0000000000000000', '--init-pin', '--pin', '222222'], { status: null }), 'C_InitPIN');
	await key.tool(['--login', '--login-type', 'so', '--so-pin', key.soPin, '--init-pin', '--pin', '222222']);
	assert.equal((await tried('222222')).status, 0);
	await key.tool(['--login', '--pin', '222222', '--change-pin', '--new-pin', '3333333']);
	failed(await tried('222222'), 'CKR_PIN_INCORRECT');
	assert.equal((await tried('3333333')).status, 0);
	assert.match(key.read('card'), /^left=3$/m);
});

proves('a copy of its folder is the card as it was', async (key, folder) => {
	await key.generate('ec-p256');
	const before = await key.objects();
	await key.stop();
	cpSync(key.store, path.join(folder, 'copy/card'), { recursive: true });
	const copy = await CardKey.open(path.join(folder, 'copy'));
	try {
		copy.label = key.label;
		assert.equal(copy.serial, key.serial);
		assert.deepEqual(await copy.objects(), before);
		assert.equal((await generate(copy)).status, 0);
	} finally { await copy.stop(); }
});

proves('it is pulled and put back', async (key) => {
	await key.generate('ec-p256');
	const before = await key.objects();
	await key.pull();
	failed(await key.tool(['--list-objects'], { status: null }), 'No slot');
	await key.putBack();
	assert.deepEqual(await key.objects(), before);
});

proves('faults: an error before and after the work, a pull, a delay; only once', async (key) => {
	key.fault('GENERATE 1 error 6F00');
	failed(await generate(key), 'C_GenerateKeyPair|CKR_');
	assert.deepEqual([key.read('faults'), await list(key)], ['', []]);
	key.fault('UPDATE 2 after pull 600');
	assert.notEqual((await generate(key)).status, 0);
	assert.equal(key.read('faults'), '');
	key.fault('SIGN 1 pull');
	await until(async () => (await generate(key)).status === 0, 'the key to be back, which nobody lets sign');
	await assert.rejects(key.sign('07', Buffer.from('x'), 'ec-p256'));
	assert.equal(key.read('faults'), '');
	await key.untilSeen(false);
	await key.putBack();
	key.fault('* 0 delay 30');
	const started = Date.now(), names = await key.apdus(() => key.objects());
	assert.ok(Date.now() - started >= 30 * names.length, `${names.length} APDUs`);
	assert.ok(names.includes('VERIFY') && names.includes('ENUMERATE') && names.includes('READ'));
});

proves('a full card refuses a certificate, and a key', async (key, folder) => {
	const ca = await Authority.make(path.join(folder, 'ca'));
	assert.equal((await generate(key)).status, 0);
	key.set({ capacity: key.used + 100 });
	const file = path.join(folder, 'root.der');
	writeFileSync(file, (await run('openssl', ['x509', '-in', ca.root, '-outform', 'DER'])).bytes);
	failed(await key.user('--write-object', file, '--type', 'cert', '--id', '55'), 'C_CreateObject');
	failed(await generate(key, 'rsa:2048', '08'), 'C_GenerateKeyPair');
});

proves('another program\'s end of work ends the login; the reader\'s service may be restarted', async (key) => {
	await key.generate('ec-p256');
	await key.restartReader();
	assert.deepEqual(await list(key), ['Private Key', 'Public Key']);
	const names = await key.apdus(() => key.objects());
	assert.equal(names.lastIndexOf('SELECT'), names.length - 1, 'C_Logout selects the applet, which ends every login');
});
