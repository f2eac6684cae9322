// The .rpm packages: the same files as the .deb ones, into an empty root and out of it again.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const dist = path.join(root, 'dist');
const file = (ending, name) => path.join(dist, readdirSync(dist).find((one) => one.endsWith(ending) && new RegExp(`^${name}[-_]\\d`).test(one)));
const binary = '.x86_64.rpm';
let folder, system;
const rpm = (...args) => run('rpm', ['--root', system, ...args]);
const files = async () => (await run('find', [system, '!', '-type', 'd', '-not', '-path', '*/var/lib/rpm/*', '-printf', '/%P\n'])).stdout;

before(async () => {
	folder = temporaryFolder();
	system = path.join(folder, 'system');
	mkdirSync(system);
	await rpm('--initdb');
});
after(() => removeFolder(folder));

test('rpmlint finds nothing', async () => {
	const { stdout, status } = await run('rpmlint', ['-c', path.join(root, 'installer/linux/rpmlint.toml'), file(binary, 'keyhall'), file(binary, 'keyhall-hall'), file('.src.rpm', 'keyhall')], { status: null });
	assert.match(stdout, / 0 errors, 0 warnings/, stdout);
	assert.equal(status, 0, stdout);
});

for (const name of ['keyhall', 'keyhall-hall'])
	test(`${name}: the files that the Debian package has`, async () => {
		const told = (text) => text.split('\n').filter((line) => line && !line.endsWith('/') && !/\/usr\/share\/(doc|licenses|lintian)(\/|$)/.test(line)).sort();
		const deb = (await run('dpkg-deb', ['--fsys-tarfile', file('.deb', name)])).bytes;
		const there = told((await run('tar', ['--list'], { input: deb })).stdout.replace(/^\./gm, ''));
		const listed = (await run('rpm', ['-qp', '--qf', '[%{FILEMODES:perms} %{FILENAMES}\\n]', file(binary, name)])).stdout.split('\n').filter((line) => line && !line.startsWith('d')).map((line) => line.slice(line.indexOf('/')));
		assert.deepEqual(told(listed.join('\n')), there);
	});

test('installed into an empty root and removed again', async () => {
	const once = await files();
	await rpm('--install', '--nodeps', '--noscripts', file(binary, 'keyhall'), file(binary, 'keyhall-hall'));
	assert.match(await files(), /^\/usr\/bin\/keyhalld$/m);
	await rpm('--verify', '--nodeps', 'keyhall', 'keyhall-hall');
	await rpm('--erase', '--nodeps', '--noscripts', 'keyhall', 'keyhall-hall');
	assert.equal(await files(), once);
});
