// keyhall.js beside the contract, its declarations, and the language level it promises.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'acorn';
import { root } from '../lib/paths.mjs';
import { sdkFile } from './world.mjs';

const require = createRequire(import.meta.url);
const Keyhall = require(sdkFile);
const contract = JSON.parse(readFileSync(path.join(root, 'protocol/keyhall.openrpc.json'), 'utf8'));
const source = readFileSync(sdkFile, 'utf8');
const isNotification = (method) => (method.tags ?? []).some((tag) => tag.name === 'notification');

test('ES5 syntax', () => { parse(source, { ecmaVersion: 5 }); });

for (const engine of ['duk', 'mujs']) {
	test(`runs in an ES5 engine: ${engine}`, () => {
		const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-sdk-'));
		const file = path.join(folder, 'all.js');
		writeFileSync(file, source + readFileSync(new URL('engine.js', import.meta.url), 'utf8'));
		const output = execFileSync(engine, [file], { encoding: 'utf8' });
		rmSync(folder, { recursive: true });
		assert.equal(output.trim(), 'ok');
	});
}

test('methods are the contract\'s', () => {
	const names = contract.methods.filter((method) => !isNotification(method)).map((method) => method.name);
	assert.deepEqual([...Keyhall.methods].sort(), names.sort());
	const client = new Keyhall.Client();
	for (const name of names) {
		const [area, verb] = name.split('.');
		assert.equal(typeof client[area][verb], 'function', name);
	}
});

test('ports and subprotocol are the contract\'s', () => {
	for (const port of Keyhall.ports) assert.ok(contract.info.description.includes(String(port)));
	assert.match(contract.info.description, /subprotocol keyhall\.v1;/);
	assert.match(source, /SUBPROTOCOL = 'keyhall\.v1'/);
});

test('names shared with the contract have its code and texts; others do not use its codes', () => {
	const { errors } = contract.components;
	const codes = Object.values(errors).map((error) => error.code);
	for (const [name, [code, retry, en, zh]] of Object.entries(Keyhall.states)) {
		const error = errors[name];
		if (error) assert.deepEqual([code, retry, en, zh], [error.code, error.data.retry, error.message, error.data.zh], name);
		else assert.ok(!codes.includes(code), name);
		assert.ok(en && /[\u4e00-\u9fff]/.test(zh), name);
	}
});

test('the ES module and CommonJS are the same', async () => {
	const module = await import(path.join(root, 'protocol/js/keyhall.mjs'));
	assert.equal(module.default, Keyhall);
	for (const name of Object.keys(Keyhall)) assert.equal(module[name], Keyhall[name], name);
});

function tsc(text) {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-types-'));
	const sdk = path.join(root, 'protocol/js/keyhall').replaceAll('\\', '/');
	writeFileSync(path.join(folder, 'sample.ts'), text.replaceAll('KEYHALL', sdk));
	const outcome = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2020', '--lib', 'es2020,dom',
		'--module', 'commonjs', '--pretty', 'false', path.join(folder, 'sample.ts')], { encoding: 'utf8' });
	rmSync(folder, { recursive: true });
	return outcome.stdout + outcome.stderr;
}

test('a page in TypeScript compiles', () => {
	assert.equal(tsc(readFileSync(new URL('sample.ts', import.meta.url), 'utf8')), '');
});

const head = 'import * as Keyhall from \'KEYHALL\';\ndeclare const client: Keyhall.Client;\n';

test('TypeScript refuses what the contract does not have', () => {
	const cases = [
		['client.renewal.begin({order: "A", certificate: "x", key: "newest"});', /newest/],
		['client.pin.verify({});', /token/],
		['client.pin.verify();', /No overload|Expected/],
		['client.token.list({token: "x"});', /No overload/],
		['client.call("pin.read", {});', /pin\.read/],
		['client.token.list().then((answer) => answer.keys);', /keys/],
		['client.on("token.changes", () => {});', /token\.changes/],
		['(error: Keyhall.KeyhallError) => error.name === "pin.wrong";', /no overlap/],
		['client.drive("A", {key: () => null, issued: () => null});', /receipt/],
	];
	const lines = tsc(head + cases.map(([line]) => `${line}\n`).join('')).split('\n');
	for (const [i, [line, wanted]] of cases.entries()) {
		const first = lines.findIndex((text) => text.includes(`sample.ts(${i + 3},`));
		assert.ok(first >= 0, line);
		const end = lines.findIndex((text, at) => at > first && /^\S/.test(text));
		assert.match(lines.slice(first, end < 0 ? undefined : end).join('\n'), wanted);
	}
});

test('the declarations name every state and export', () => {
	const lines = Object.keys(Keyhall.states).map((name) => `const s${name.replace(/\W/g, '_')}: Keyhall.State['name'] = '${name}';`);
	const uses = Object.keys(Keyhall).map((name) => `Keyhall.${name};`);
	assert.equal(tsc([head, ...lines, ...uses].join('\n')), '');
});
