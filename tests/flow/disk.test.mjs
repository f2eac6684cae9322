// A disk that is full or read-only under the journal: the renewal works, and the environment check says so. The disks are small ones,
// mounted in a namespace of their own.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goOn, journalState, middle, order } from '../lib/middle.mjs';
import { inMountNamespace } from '../lib/namespace.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

const inside = process.env.KEYHALL_NAMESPACE === '1';

if (!inside)
	test('in a namespace with small disks', async () => {
		const env = { ...process.env, KEYHALL_NAMESPACE: '1' };
		delete env.NODE_TEST_CONTEXT;
		const [unshare, ...options] = inMountNamespace();
		const { stdout } = await promisify(execFile)(unshare, [...options, process.execPath, '--test', fileURLToPath(import.meta.url)], { env })
			.catch((error) => { throw new Error(error.stdout || error.message); });
		assert.match(stdout, /^# pass 4$/m);
	});

// Root who may not write what its owner may not.
const obeying = ['setpriv', '--inh-caps=-all', '--bounding-set=-dac_override,-dac_read_search'];

function mount(folder, size) {
	mkdirSync(folder, { recursive: true });
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'none', folder], { stdio: 'pipe' });
	return { remount: (mode) => execFileSync('mount', ['-o', `remount,${mode}`, folder]), end: () => execFileSync('umount', ['-l', folder]) };
}

function fill(folder) {
	for (let size = 65536; size >= 512; size /= 2)
		try {
			for (let i = 0; ; i++) writeFileSync(path.join(folder, `filler-${size}-${i}`), Buffer.alloc(size));
		} catch (error) { assert.equal(error.code, 'ENOSPC'); }
}

if (inside) test('a disk that is full, and has room again', async () => {
	const folder = path.join(temporaryFolder(), 'disk'), disk = mount(folder, '256k');
	try {
		await middle(async (scene) => {
			fill(folder);
			const agent = await goOn(scene);
			assert.equal(await journalState(agent), 'warn');
			for (const name of readdirSync(folder)) if (name.startsWith('filler')) rmSync(path.join(folder, name));
			assert.equal(await journalState(agent), 'ok');
			await agent.close();
		}, { settings: { state: path.join(folder, 'state') } });
	} finally { disk.end(); }
});

if (inside) test('it gets full while the daemon runs', async () => {
	const folder = path.join(temporaryFolder(), 'disk'), disk = mount(folder, '512k');
	try {
		const scene = await makeSoftScene({ settings: { state: path.join(folder, 'state') } });
		try {
			const agent = await scene.connect();
			assert.equal(await journalState(agent), 'ok');
			const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
			fill(folder);
			await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
			assert.equal(await journalState(agent), 'warn');
			assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
			assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
			await agent.close();
		} finally { await scene.close(); }
	} finally { disk.end(); }
});

if (inside) test('a home that turns read-only, with the state folder in it', async () => {
	const folder = path.join(temporaryFolder(), 'home'), disk = mount(folder, '1m');
	try {
		await middle(async (scene) => {
			disk.remount('ro');
			const agent = await goOn(scene);
			assert.equal(await journalState(agent), 'warn');
			assert.equal((await agent.call('diagnostics.report')).renewals.filter((one) => one.order === order).length, 0, 'a completed order is history');
			disk.remount('rw');
			assert.equal(await journalState(agent), 'ok');
			await agent.close();
		}, { settings: { state: path.join(folder, '.local/state/keyhall') }, env: { HOME: folder, XDG_CONFIG_HOME: path.join(folder, '.config'), XDG_STATE_HOME: '' } });
	} finally { disk.end(); }
});

if (inside) test('its files are read-only for this user', () => middle(async (scene) => {
	scene.daemon.before = obeying;
	for (const name of readdirSync(scene.state)) chmodSync(scene.file(name), 0o400);
	chmodSync(scene.state, 0o500);
	try {
		const agent = await goOn(scene);
		assert.equal(await journalState(agent), 'warn');
		await agent.close();
	} finally { chmodSync(scene.state, 0o700); }
}));
