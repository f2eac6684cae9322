// The forwarding module before SoftHSM2: nothing changes without a script, and each kind of fault fires once.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { failed, generate, testFaults } from '../lib/fault-script.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { ShimToken } from '../lib/shim-token.mjs';

async function withKey(action) {
	const folder = temporaryFolder();
	try {
		await action(await ShimToken.make(folder), folder);
	} finally {
		removeFolder(folder);
	}
}

const count = async (key) => (await key.user('--list-objects')).stdout.match(/^(Private|Public) Key/gm)?.length ?? 0;

test('pkcs11-tool sees no difference', () => withKey(async (key) => {
	const same = async (...args) => {
		const [one, two] = [await key.trial(...args), await run('pkcs11-tool', key.plain(...args), { env: key.env, status: null })];
		const [said, says] = [one, two].map(({ stdout, stderr }) => (stdout + stderr).replaceAll(/_ptr=0x[0-9a-f]+/g, ''));
		assert.equal(said, says);
		assert.equal(one.status, two.status);
		return one;
	};
	await generate(key);
	assert.match((await same('--test', '--login', '--pin', key.pin)).stdout, /No errors/);
	// With an RSA key SoftHSM2 fails in OAEP with SHA-256, which it does not have.
	await key.run('--login', '--pin', key.pin, '--keypairgen', '--key-type', 'rsa:2048', '--id', '05', '--label', 'rsa');
	await same('--test', '--login', '--pin', key.pin);
	await same('--list-mechanisms');
	assert.match((await same('--list-objects', '--login', '--pin', key.pin)).stdout, /RSA 2048/);
}));

testFaults(withKey, count);

test('a pulled key: dead sessions, an empty slot, and back', () => withKey(async (key) => {
	for (const name of ['', key.serial]) {
		key.fault(`C_GenerateKeyPair 1 pull ${name}`);
		failed(await generate(key), 'CKR_DEVICE_REMOVED');
		assert.equal(key.read('pulled').trim(), name || '*');
		assert.notEqual((await key.user('--list-objects')).status, 0);
		key.putBack();
		assert.equal(await count(key), 0);
	}
	key.fault('C_GenerateKeyPair 1 after pull');
	await generate(key); // which may want to show it
	key.place('A');
	assert.equal(await count(key), 2);
}));

test('cut, tear, write and logout are refused', () => withKey(async (key) => {
	for (const rule of ['C_Login 1 cut', 'C_CreateObject 1 tear 50', 'write 1 error 0x30', 'C_Sign 1 logout']) {
		key.fault(rule);
		const result = await generate(key);
		assert.equal(result.status, null);
		assert.match(result.stderr, /^shim: a rule of the fault script cannot be: this module does not keep/m);
	}
}));

test('calls are recorded; a copy of the store is a token of its own', () => withKey(async (key, folder) => {
	const calls = await key.calls(() => generate(key));
	assert.deepEqual(calls.filter((name) => ['C_Initialize', 'C_Login', 'C_GenerateKeyPair'].includes(name)),
		['C_Initialize', 'C_Login', 'C_GenerateKeyPair']);
	const copy = Object.assign(new ShimToken(), key, { store: path.join(folder, 'copy') });
	await run('cp', ['-r', key.store, copy.store]);
	await generate(copy, undefined, '02');
	assert.deepEqual([await count(key), await count(copy)], [2, 4]);
	assert.ok(existsSync(path.join(copy.store, 'softhsm2.conf')));
}));
