// Completions that know the ids of keys, certificates and orders: a real bash on a real agent; nothing, and at once, where there is none.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { build, program } from '../lib/paths.mjs';
import { freePort, run } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

const order = '202611300007';
let scene;
before(async () => {
	scene = await makeSoftScene();
	const agent = await scene.connect();
	await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	await agent.close();
});
after(() => scene.close());

// What bash would offer behind these words, for the program that is typed first.
async function complete(words, { port = scene.daemon.port, typed = program.keyhall } = {}) {
	const script = `source "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keyhall; printf '%s\\n' "\${COMPREPLY[@]}"`;
	const { stdout, stderr } = await run('bash', ['--norc', '-c', script, 'bash', path.join(build, 'agent/tool/keyhall'), typed, '--port', String(port), ...words], { env: scene.daemon.env });
	assert.equal(stderr, '');
	return stdout.trim().split('\n').filter(Boolean);
}

test('certificates and keys', async () => {
	const certificate = scene.old.slice(0, 12);
	assert.deepEqual(await complete(['show', '']), [certificate, scene.key.serial]);
	assert.deepEqual(await complete(['show', certificate.slice(0, 5)]), [certificate]);
	assert.deepEqual(await complete(['pin', 'change', '']), [scene.key.serial]);
	assert.deepEqual(await complete(['pin', 'unlock', scene.key.serial.slice(0, 2)]), [scene.key.serial]);
});

test('orders', async () => {
	for (const command of [['recover'], ['pair', 'delete']]) {
		assert.deepEqual(await complete([...command, '']), [order]);
		assert.deepEqual(await complete([...command, '9']), []);
	}
});

test('options and the first words stay as they are', async () => {
	assert.ok((await complete(['show', '--'])).includes('--locale'));
	assert.deepEqual(await complete(['rec']), ['recover']);
	assert.deepEqual(await complete(['pair', '']).then((words) => words.filter((word) => !word.startsWith('-'))), ['delete']);
});

test('nothing where no agent runs, and where there is no program', async () => {
	const port = await freePort();
	for (const more of [{ port }, { typed: '/nonexistent/keyhall' }])
		assert.deepEqual((await complete(['show', ''], more)).filter((word) => !word.startsWith('-')), []);
});

test('a library is completed as a file', async () => {
	const folder = `${path.dirname(scene.key.module)}/`;
	assert.ok((await complete(['modules', 'probe', folder])).includes(scene.key.module));
});

// A folder with a keyhall that asks the scene's agent.
function folderOfTool() {
	const bin = path.join(scene.folder, 'bin');
	mkdirSync(bin, { recursive: true });
	writeFileSync(path.join(bin, 'keyhall'), `#!/bin/sh\nexec ${program.keyhall} "$@" --port ${scene.daemon.port}\n`, { mode: 0o755 });
	return bin;
}

test('fish: each id with what it is', async () => {
	const script = 'set -p PATH $argv[2]; source $argv[1]; complete -C $argv[3]';
	for (const line of ['keyhall recover ', 'keyhall pair delete ']) {
		const { stdout } = await run('fish', ['--no-config', '-c', script, path.join(build, 'agent/tool/keyhall.fish'), folderOfTool(), line], { env: scene.daemon.env });
		assert.equal(stdout, `${order}\tkey\n`);
	}
});

test('zsh: each id with what it is', async () => {
	const bin = folderOfTool();
	const script = '_describe() { print -rl -- "${(@P)2}"; }; _arguments() { :; }; PATH="$2:$PATH"; source "$1" >/dev/null 2>&1; _keyhall_ids orders';
	const { stdout } = await run('zsh', ['-f', '-c', script, 'zsh', path.join(build, 'agent/tool/_keyhall'), bin], { env: scene.daemon.env });
	assert.equal(stdout, `${order}:key\n`);
});
