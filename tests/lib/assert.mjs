// Assertions on calls that must be refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

export const contract = JSON.parse(readFileSync(path.join(root, 'protocol/keyhall.openrpc.json'), 'utf8'));

// The call ends in that error of the contract, with its code, and these data.
export async function refused(promise, name, data = {}) {
	const error = await promise.then(() => assert.fail(`expected ${name}`), (cause) => cause);
	assert.equal(error.rpc, name, error.stack);
	if (name !== 'request.invalid') assert.equal(error.code, contract.components.errors[name].code);
	assert.ok(['no', 'user', 'later'].includes(error.data.retry));
	for (const [key, value] of Object.entries(data)) assert.deepEqual(error.data[key], value, `data.${key} of ${name}`);
	assert.ok(error.text.length > 0);
	return error;
}

// What happens inside changes nothing on the token, by pkcs11-tool's account.
export async function unchanged(token, action) {
	const before = await token.objects();
	await action();
	assert.deepEqual(await token.objects(), before);
}
