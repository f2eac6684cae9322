// What the fault script does on every module that has it (tests/softkey, tests/shim), by pkcs11-tool: the same tests for both.
import assert from 'node:assert/strict';
import test from 'node:test';
import { run } from './process.mjs';

export const generate = (key, type = 'EC:prime256v1', id = '01') => key.user('--keypairgen', '--key-type', type, '--id', id, '--label', `key ${id}`);
export const failed = (result, name) => { assert.notEqual(result.status, 0); assert.match(result.stderr, new RegExp(name)); };

// withKey(action) gives a fresh token; count(key): how many objects are on it.
export function testFaults(withKey, count) {
	test('faults: an error, before and after the work; only once', () => withKey(async (key) => {
		key.fault('C_GenerateKeyPair 1 error 0x30');
		failed(await generate(key), 'CKR_DEVICE_ERROR');
		assert.equal(await count(key), 0);
		assert.equal(key.read('faults'), '');
		key.fault('C_GenerateKeyPair 1 after error 0x30');
		failed(await generate(key), 'CKR_DEVICE_ERROR');
		assert.equal(await count(key), 2);
		assert.equal((await generate(key, undefined, '02')).status, 0);
	}));

	test('faults: exit, crash, hang, delay', () => withKey(async (key) => {
		key.fault('C_Login 1 exit 7');
		assert.equal((await generate(key)).status, 7);
		key.fault('* 5 crash');
		assert.equal((await generate(key)).status, null);
		key.fault('C_Login 1 hang');
		assert.equal((await run('timeout', ['1', 'pkcs11-tool', '--module', key.module, '--login', '--pin', key.pin, '-O'],
			{ env: key.env, status: null })).status, 124);
		assert.equal(key.read('faults'), '');
		assert.equal(await count(key), 0);
		key.fault('C_Login 0 delay 300');
		const start = Date.now();
		assert.equal((await generate(key)).status, 0);
		assert.ok(Date.now() - start >= 300);
		assert.notEqual(key.read('faults'), '');
	}));
}
