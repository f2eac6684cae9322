// What is generated and kept is fresh, and what the SDK has to say by itself is what the contract says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';

const text = (name) => readFileSync(path.join(root, name), 'utf8');
const contract = JSON.parse(text('protocol/keyhall.openrpc.json'));
const sdk = text('protocol/js/keyhall.js');

// The value of a `var NAME = ...;` at the top of the SDK.
function constant(name) {
	const found = new RegExp(`^\\tvar ${name} = ([^]*?);$`, 'm').exec(sdk);
	assert.ok(found, `the SDK has no ${name}`);
	return JSON.parse(JSON.stringify(vm.runInNewContext(`(${found[1]})`)));
}

test('protocol/gen.py --check', async () => {
	const { status, stdout, stderr } = await run('python3', ['protocol/gen.py', '--check'], { cwd: root, status: null });
	assert.equal(status, 0, stdout + stderr);
});

test('the SDK has the contract\'s methods', () => {
	assert.deepEqual(constant('METHODS').sort(), contract.methods.filter((method) => method.result).map((method) => method.name).sort());
});

test('the SDK has the contract\'s limits', () => {
	assert.equal(constant('MESSAGE_LIMIT'), contract['x-limits'].message);
	assert.equal(constant('HELLO_TIMEOUT'), contract['x-limits'].helloSeconds * 1000);
});

test('the SDK says the contract\'s errors in the contract\'s words', () => {
	let shared = 0;
	for (const [name, [code, retry, en, zh]] of Object.entries(constant('STATES'))) {
		const error = contract.components.errors[name];
		if (!error) continue;
		shared++;
		assert.deepEqual([code, retry, en, zh], [error.code, error.data.retry, error.message, error.data.zh], name);
	}
	assert.ok(shared > 0);
});

test('the SDK\'s own errors have numbers of their own', () => {
	const numbers = new Set(Object.values(contract.components.errors).map((error) => error.code));
	for (const [name, [code]] of Object.entries(constant('STATES')))
		if (!contract.components.errors[name]) assert.ok(!numbers.has(code), `${name}: ${code}`);
});
