// What is generated and kept is fresh.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

test('protocol/gen.py --check', async () => {
	const { status, stdout, stderr } = await run('python3', ['protocol/gen.py', '--check'], { cwd: root, status: null });
	assert.equal(status, 0, stdout + stderr);
});

test('the icons of the notification area are as icons.py draws them', async () => {
	const folder = temporaryFolder(), kept = path.join(root, 'agent/tray/hicolor');
	await run('python3', ['agent/tray/icons.py', folder], { cwd: root });
	const { status, stdout } = await run('diff', ['-r', folder, kept], { status: null });
	removeFolder(folder);
	assert.equal(status, 0, stdout);
});

test('gen.py --check sees a change in the SDK\'s generated part', async () => {
	const folder = temporaryFolder();
	cpSync(path.join(root, 'protocol'), path.join(folder, 'protocol'), { recursive: true });
	cpSync(path.join(root, 'docs'), path.join(folder, 'docs'), { recursive: true });
	cpSync(path.join(root, 'pkcs11/modules.d'), path.join(folder, 'pkcs11/modules.d'), { recursive: true });
	const file = path.join(folder, 'protocol/js/keyhall.js');
	writeFileSync(file, readFileSync(file, 'utf8').replace('\'token.list\'', '\'token.lists\''));
	const { status, stderr } = await run('python3', ['protocol/gen.py', '--check'], { cwd: folder, status: null });
	removeFolder(folder);
	assert.equal(status, 1);
	assert.equal(stderr.trim(), 'stale, run protocol/gen.py --write: protocol/js/keyhall.js');
});
