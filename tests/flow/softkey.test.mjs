// The test token itself, by pkcs11-tool and openssl: what it claims, its PINs, its faults.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Authority, makeRequest } from '../lib/ca.mjs';
import { failed, generate, testFaults } from '../lib/fault-script.mjs';
import { build } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { makeKey, pemToDer } from '../lib/token.mjs';

const softkey = path.join(build, 'tests/softkey/softkey.so');

async function withKey(action, options) {
	const folder = temporaryFolder();
	try {
		await action(await SoftKey.make(folder, options), folder);
	} finally {
		removeFolder(folder);
	}
}

const objects = (key) => readdirSync(path.join(key.store, 'tokens/A')).filter((name) => name.endsWith('.object')).length;

// pkcs11-tool 0.23 cannot write P-384 and Ed25519 keys; there the SPKI is made of the point it lists.
const spki = {
	'EC:secp384r1': '3076301006072a8648ce3d020106052b81040022036200',
	'EC:edwards25519': '302a300506032b6570032100',
};

async function writePublicKey(key, type, file) {
	if (!spki[type]) return key.run('--read-object', '--type', 'pubkey', '--id', '01', '--output-file', file);
	const [, point] = (await key.run('--list-objects', '--type', 'pubkey')).stdout.match(/EC_POINT:\s+04(?:20|61)([0-9a-f]+)/);
	return writeFileSync(file, Buffer.from(spki[type] + point, 'hex'));
}

for (const vendor of ['no vendor', 'sansec', 'tass']) test(`pkcs11-tool --test finds no errors: ${vendor}`, () => withKey(async (key) => {
	if (vendor !== 'no vendor') key.write('vendor', `${vendor}\n`);
	for (const [type, id] of [['rsa:2048', '01'], ['EC:prime256v1', '02'], ['EC:secp384r1', '03'], ['EC:edwards25519', '04']])
		assert.equal((await generate(key, type, id)).status, 0);
	const { stdout, stderr } = await key.user('--test');
	// OpenSC 0.25 and later try encryption first, which softkey has not, and then give up.
	assert.match(stdout + stderr, /No errors|C_EncryptInit failed: rv = CKR_FUNCTION_NOT_SUPPORTED/);
}));

for (const [type, mechanism, digest] of [
	['rsa:2048', 'SHA256-RSA-PKCS', 'sha256'], ['rsa:3072', 'SHA512-RSA-PKCS', 'sha512'],
	['EC:prime256v1', 'ECDSA-SHA256', 'sha256'], ['EC:secp384r1', 'ECDSA-SHA384', 'sha384'], ['EC:edwards25519', 'EDDSA', null],
])
	test(`openssl verifies a signature by ${type}`, () => withKey(async (key, folder) => {
		const file = (name) => path.join(folder, name);
		await generate(key, type);
		writeFileSync(file('text'), 'a text to sign');
		await key.run('--login', '--pin', key.pin, '--sign', '--mechanism', mechanism, '--id', '01', '--signature-format', 'openssl',
			'--input-file', file('text'), '--output-file', file('signature'));
		await writePublicKey(key, type, file('key.der'));
		const verify = digest
			? ['dgst', `-${digest}`, '-verify', file('key.der'), '-keyform', 'DER', '-signature', file('signature'), file('text')]
			: ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', file('key.der'), '-keyform', 'DER', '-sigfile', file('signature'), '-in', file('text')];
		await run('openssl', verify);
	}));

test('a certificate is written, read back and deleted; not without login', () => withKey(async (key, folder) => {
	const ca = await Authority.make(folder);
	const der = pemToDer(await ca.issue(await makeRequest(await makeKey('ec-p256'), folder), {}));
	const file = path.join(folder, 'certificate.der'), back = path.join(folder, 'back.der');
	writeFileSync(file, der);
	const write = ['--write-object', file, '--type', 'cert', '--id', '07', '--label', '测试'];
	failed(await key.trial(...write), 'CKR_USER_NOT_LOGGED_IN');
	assert.equal((await key.user(...write)).status, 0);
	await key.run('--read-object', '--type', 'cert', '--id', '07', '--output-file', back);
	await run('cmp', [file, back]);
	assert.match((await key.run('--list-objects')).stdout, /测试/);
	assert.equal((await key.user('--delete-object', '--type', 'cert', '--id', '07')).status, 0);
	assert.equal(objects(key), 0);
}));

test('wrong PINs: low, final, locked; the SO unlocks', () => withKey(async (key) => {
	key.set({ tries: 3, left: 3 });
	const flags = async () => (await key.run('--list-slots')).stdout.match(/token flags.*/)[0];
	const wrong = () => key.trial('--login', '--pin', '000000', '--list-objects');
	failed(await wrong(), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /user PIN count low/);
	failed(await wrong(), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /final user PIN try/);
	failed(await wrong(), 'CKR_PIN_INCORRECT');
	assert.match(await flags(), /user PIN locked/);
	failed(await key.user('--list-objects'), 'CKR_PIN_LOCKED');
	await key.run('--login', '--login-type', 'so', '--so-pin', key.soPin, '--init-pin', '--new-pin', key.pin);
	assert.equal((await key.user('--list-objects')).status, 0);
	assert.doesNotMatch(await flags(), /low|final|locked/);
}));

test('the right PIN makes the counter full again; a PIN can be changed', () => withKey(async (key) => {
	failed(await key.trial('--login', '--pin', '000000', '--list-objects'), 'CKR_PIN_INCORRECT');
	await key.run('--login', '--pin', key.pin, '--change-pin', '--new-pin', '654321');
	failed(await key.user('--list-objects'), 'CKR_PIN_INCORRECT');
	await key.run('--login', '--pin', '654321', '--list-objects');
	assert.match(key.read('tokens/A/token'), /^left=6$/m);
}));

test('a full token answers CKR_DEVICE_MEMORY and keeps nothing half', () => withKey(async (key) => {
	key.set({ capacity: 700 });
	failed(await generate(key), 'CKR_DEVICE_MEMORY');
	assert.equal(objects(key), 0);
}));

test('slots: empty, back in the other one, two tokens', () => withKey(async (key) => {
	key.place('-');
	assert.match((await key.run('--list-slots')).stdout, /softkey left\s+\(empty\)/);
	key.place('-', 'A');
	assert.match((await key.run('--list-slots')).stdout, /softkey right\s+token label\s+: Soft key/);
	key.place('A', 'B');
	assert.match((await key.run('--list-slots')).stdout, /softkey right\s+token state:\s+uninitialized/);
}));

testFaults(withKey, objects);

test('faults: the key is pulled in the middle; sessions stay dead', () => withKey(async (key) => {
	key.fault('C_GenerateKeyPair 1 pull A');
	failed(await generate(key), 'CKR_DEVICE_REMOVED');
	assert.equal(key.read('slots'), '- -\n');
	key.place('A');
	key.set({ gone: '0xe0' });
	key.fault('C_GenerateKeyPair 1 pull');
	failed(await generate(key), 'CKR_TOKEN_NOT_PRESENT');
}));

test('faults: power goes between write and rename: private key without public key', () => withKey(async (key) => {
	key.fault('write 4 cut'); // two of the login, private key, public key
	assert.equal((await generate(key)).status, 9);
	assert.equal(objects(key), 1);
	const left = (await key.user('--list-objects')).stdout;
	assert.match(left, /Private Key Object/);
	assert.doesNotMatch(left, /Public Key Object/);
}));

test('calls are recorded', () => withKey(async (key) => {
	const calls = await key.calls(() => generate(key));
	assert.deepEqual(calls.filter((name) => ['C_Initialize', 'C_Login', 'C_GenerateKeyPair', 'write'].includes(name)),
		['C_Initialize', 'C_Login', 'write', 'write', 'C_GenerateKeyPair', 'write', 'write']);
}));

// What a replay makes its keys of (keyhall replay), and breaks them by.
test('seed: a new store begins with the pairs and certificates of a PEM file', async () => {
	const folder = temporaryFolder(), file = (name) => path.join(folder, name);
	try {
		const ca = await Authority.make(file('ca')), key = Object.assign(new SoftKey(), { folder, store: file('store'), pin: '123456', module: softkey });
		const pairs = [];
		for (const type of ['rsa2048', 'ec-p256', 'ec-p384', 'ed25519']) {
			const pem = await makeKey(type);
			pairs.push([pem, await ca.issue(await makeRequest(pem, folder))]);
		}
		mkdirSync(file('store/seed'), { recursive: true });
		writeFileSync(file('store/seed/A.pem'), pairs.flat().join(''));
		writeFileSync(file('store/seed/B.pem'), '');
		const { stdout } = await key.run('--list-token-slots');
		assert.match(stdout, /token label\s*: seed A\n[^]*token label\s*: seed B\n/);
		assert.equal(objects(key), 3 * pairs.length);
		for (const [i, [, certificate]] of pairs.entries()) {
			const id = `0${i + 1}`;
			const der = await key.run('--slot', '0', '--read-object', '--type', 'cert', '--id', id);
			assert.deepEqual(der.bytes, pemToDer(certificate));
			const privates = await key.run('--slot', '0', '--login', '--pin', key.pin, '--list-objects', '--type', 'privkey');
			assert.ok(privates.stdout.includes(`ID:         ${id}`), privates.stdout);
		}
		writeFileSync(file('text'), 'a text to sign');
		await key.run('--slot', '0', '--login', '--pin', key.pin, '--sign', '--mechanism', 'ECDSA-SHA256', '--id', '02', '--signature-format', 'openssl', '--input-file', file('text'), '--output-file', file('signature'));
		writeFileSync(file('pub.pem'), (await run('openssl', ['x509', '-pubkey', '-noout'], { input: pairs[1][1] })).stdout);
		await run('openssl', ['dgst', '-sha256', '-verify', file('pub.pem'), '-signature', file('signature'), file('text')]);
	} finally { removeFolder(folder); }
});

test('faults-now: rules that are taken at the next call, beside those that are there', () => withKey(async (key) => {
	key.fault('C_GenerateKeyPair 2 error 0x31');
	key.write('faults-now', 'C_GenerateKeyPair 1 error 0x30\n');
	failed(await generate(key), 'CKR_DEVICE_ERROR');
	assert.equal(key.read('faults-now'), '');
	assert.equal(key.read('faults'), 'C_GenerateKeyPair 2 error 0x31\n');
}));
