// The environment check: each row made to fail for real, its code and its remedy; and what it says where all is well.
// Rows about drivers and the USB bus are in usb.test.mjs, about anchors in anchors.test.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { Screen } from '../browser/screen.mjs';
import { refused } from '../lib/assert.mjs';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Client } from '../lib/client.mjs';
import { Daemon } from '../lib/daemon.mjs';
import { program } from '../lib/paths.mjs';
import { removeFolder, temporaryFolder } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { makeKey } from '../lib/token.mjs';

const minutesAway = (n) => new Date(Date.now() + n * 60000).toISOString().replace(/\.\d+Z$/, 'Z');
const opensc = ['/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so', '/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so'];

// A token host that says it is of another version.
function otherVersion(folder) {
	const file = path.join(folder, 'token-host');
	writeFileSync(file, `#!/bin/sh\n'${program.token}' "$@" | sed -u 's/"version":"[^"]*","module"/"version":"9.9.9","module"/'\n`);
	chmodSync(file, 0o755);
	return file;
}

// A second certificate beside the old one, for encryption, of the same holder; its key is on the token, or is not.
async function encryption(scene, { to, keyed }) {
	const pair = await makeKey('rsa2048');
	const pem = await scene.ca.issue(await makeRequest(pair, scene.folder), { notBefore: days(-345), notAfter: days(to), usage: 'encrypt' });
	if (keyed) await scene.key.importPair(pair, { id: '02' });
	await scene.key.writeCertificate(pem, { id: '02' });
}

// The token holds the root of its certificate, and the agent has another one.
async function foreign(scene) {
	await scene.key.writeCertificate(scene.ca.rootPem, { id: '09' });
	const folder = path.join(scene.folder, 'other-ca');
	mkdirSync(folder);
	scene.other = await Authority.make(folder, { name: '/C=CN/CN=Another Root' });
}

// The module dies once; what asked for it got an error.
async function stumble(scene, agent) {
	scene.key.fault('C_FindObjectsInit 1 crash');
	await agent.call('certificate.list', { token: (await agent.call('token.list')).tokens[0].token }).catch(() => {});
	scene.key.fault();
}

const begin = (order) => (scene, agent) => agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });

const login = async (scene, agent) => agent.call('pin.verify', { token: (await agent.call('token.list')).tokens[0].token });

// id, what is done, state, code, kind of the remedy; more: of the scene, and params of the call.
const rows = [
	['agent', 'it runs', 'ok', 'ok'],
	['version', 'it is of one version', 'ok', 'ok'],
	['version', 'a token host of another version', 'fail', 'agent.mixed', 'settings',
		{ text: /another version: 9\.9\.9, not \d/, settings: (scene) => ({ modules: [{ path: scene.key.module, host: otherVersion(scene.folder) }] }) }],
	['hall', 'it has a hall', 'ok', 'ok'],
	['hall', 'no hall is configured', 'warn', 'hall.none', 'contact', { settings: () => ({ origins: [] }) }],
	['anchors', 'no anchors are configured', 'fail', 'anchors.missing', 'contact', { settings: () => ({ anchors: [] }) }],
	['driver', 'the module works', 'ok', 'ok'],
	['driver', 'the module does not load', 'fail', 'driver.failed', 'driver', { settings: () => ({ modules: [{ path: '/bin/true' }] }) }],
	['driver', 'it cannot read the key', 'fail', 'token.failed', 'insert', { faults: ['C_FindObjectsInit 0 error 0x5'] }],
	['driver', 'it died once', 'warn', 'driver.stumbled', 'contact', { then: stumble, text: /softkey\.so works.* in C_FindObjectsInit/ }],
	['reader', 'the driver does not use it', 'ok', 'ok'],
	['key', 'one is plugged in', 'ok', 'ok'],
	['key', 'none is plugged in', 'fail', 'token.absent', 'insert', { first: (scene) => scene.key.pull() }],
	['key', 'it is write-protected', 'fail', 'token.readonly', 'contact', { first: (scene) => scene.key.set({ 'read-only': 1 }) }],
	['pin', 'it can be used', 'ok', 'ok'],
	['pin', 'one try is left', 'warn', 'pin.final', null, { first: (scene) => scene.key.set({ left: 1 }) }],
	['pin', 'it is locked', 'fail', 'pin.locked', 'unlock', { first: (scene) => scene.key.set({ left: 0 }) }],
	['pin', 'it must be changed', 'fail', 'pin.expired', 'change', { first: (scene) => scene.key.set({ flags: '0x80000' }) }],
	['space', 'there is room', 'ok', 'ok', null, { first: (scene) => scene.key.set({ capacity: 65536 }) }],
	['space', 'there is little room', 'warn', 'space.low', 'contact', { first: (scene) => scene.key.set({ capacity: 4500 }) }],
	['space', 'it is full', 'fail', 'token.full', 'contact', { first: (scene) => scene.key.set({ capacity: 10 }) }],
	['space', 'the token does not say', 'unknown', 'space.unknown', null, { first: (scene) => scene.key.set({ 'tells-memory': 0 }) }],
	['window', 'a program asks for the PIN', 'ok', 'ok'],
	['window', 'the program is not there', 'fail', 'window.absent', 'contact', { settings: () => ({ pinentry: '/nonexistent/pinentry' }) }],
	['window', 'the program ends at once', 'fail', 'window.absent', 'contact', { settings: () => ({ pinentry: '/bin/false' }) }],
	['window', 'the program has no display', 'fail', 'window.display', 'settings', { settings: () => ({ pinentry: 'pinentry-gtk-2' }) }],
	['certificate', 'it can be renewed', 'ok', 'ok'],
	['certificate', 'it is too early', 'warn', 'certificate.early', null, { scene: { to: 300 } }],
	['certificate', 'it is too late', 'warn', 'certificate.late', null, { scene: { from: -800, to: -400 } }],
	['certificate', 'it is too late, and the agent holds to it', 'fail', 'renewal.window', 'contact',
		{ scene: { from: -800, to: -400 }, settings: () => ({ window: { enforce: true } }) }],
	['certificate', 'its root is on the key and is configured', 'ok', 'ok', null, { first: (scene) => scene.key.writeCertificate(scene.ca.rootPem, { id: '09' }) }],
	['certificate', 'it is of another CA', 'warn', 'certificate.foreign', 'contact', { first: foreign, settings: (scene) => ({ anchors: [scene.other.root] }) }],
	['certificate', 'another CA is configured, and a certificate between is not known', 'ok', 'ok', null,
		{ first: async (scene) => { await foreign(scene); await scene.key.run('--login', '--pin', '123456', '--delete-object', '--type', 'cert', '--id', '09'); },
			settings: (scene) => ({ anchors: [scene.other.root] }) }],
	['certificate', 'both of a pair', 'ok', 'ok', null, { first: (scene) => encryption(scene, { to: 20, keyed: true }) }],
	['certificate', 'the other of a pair has no key', 'warn', 'certificate.pair_key', 'contact', { first: (scene) => encryption(scene, { to: 20, keyed: false }), then: login }],
	['certificate', 'the other of a pair ends before it', 'warn', 'certificate.pair_ends', 'contact', { first: (scene) => encryption(scene, { to: 5, keyed: true }) }],
	['pending', 'no order waits', 'ok', 'ok'],
	['pending', 'an order waits', 'warn', 'pending.waits', 'continue', { then: begin('WAITS-1'), text: /WAITS-1/ }],
	['clock', 'the hall did not say', 'unknown', 'clock.untried'],
	['clock', 'it agrees with the hall', 'ok', 'ok', null, { params: () => ({ time: minutesAway(0) }) }],
	['clock', 'five minutes', 'warn', 'clock.away', 'settings', { params: () => ({ time: minutesAway(5) }) }],
	['clock', 'a day', 'fail', 'clock.wrong', 'settings', { params: () => ({ time: minutesAway(-1440) }) }],
	['state', 'the journal works', 'ok', 'ok'],
	['state', 'its folder cannot be made', 'warn', 'state.failed', null, { settings: () => ({ state: '/proc/keyhall' }) }],
	['other', 'nobody else is at the key', 'ok', 'ok'],
	['other', 'another program has all sessions', 'fail', 'token.busy', 'settings', { faults: ['C_OpenSession 0 error 0xb1'], first: neighbour, text: /: sleep\.$/ }],
];

// A program that has loaded the key's module.
function neighbour(scene) {
	const child = spawn('/bin/sleep', ['600'], { env: { ...process.env, LD_PRELOAD: scene.key.module, ...scene.key.env }, stdio: 'ignore' });
	scene.ends = () => child.kill();
}

async function check(scene, params = {}) {
	const origin = `http://127.0.0.1:${scene.daemon.port}`;
	const agent = await Client.connect(scene.daemon.port, { origin, locale: 'en' });
	const { items } = await agent.call('environment.check', params);
	await agent.close();
	return items;
}

for (const [id, what, state, code, remedy = null, more = {}] of rows)
	test(`${id}: ${what}`, async () => {
		const scene = await makeSoftScene({ faults: more.faults, ...more.scene });
		let agent;
		try {
			await more.first?.(scene);
			if (more.settings || more.first) {
				await scene.daemon.stop();
				await scene.daemon.again(more.settings?.(scene));
			}
			if (more.then) {
				agent = await scene.connect();
				await more.then(scene, agent);
			}
			const items = await check(scene, more.params?.());
			const item = items.find((one) => one.id === id);
			assert.deepEqual([item?.state, item?.code, item?.remedy?.kind ?? null], [state, code, remedy], JSON.stringify(items, null, '\t'));
			assert.ok(item.number >= 2000 && item.number < 4000);
			if (more.text) assert.match(item.text, more.text);
			assert.equal(new Set(items.map((one) => one.id)).size, items.length);
		} finally { await agent?.close(); scene.ends?.(); await scene.close(); }
	});

test('window: a real pinentry on a screen', async () => {
	const screen = await Screen.open();
	const scene = await makeSoftScene({ settings: { pinentry: 'pinentry-gtk-2' }, env: screen.env });
	try {
		assert.deepEqual((await check(scene)).find((one) => one.id === 'window').state, 'ok');
		assert.equal((await screen.tool('search', '--onlyvisible', '--class', 'pinentry')).stdout.trim(), '', 'no window was shown');
	} finally { await scene.close(); screen.close(); }
});

// pcscd's socket is where PCSCLITE_CSOCK_NAME says; systemd's is taken for a service that runs.
test('reader: the driver needs it, and it is not there, then there', async () => {
	const folder = temporaryFolder(), socket = path.join(folder, 'pcscd.comm');
	mkdirSync(folder, { recursive: true });
	const module = opensc.find(existsSync);
	const daemon = await Daemon.start({ folder: path.join(folder, 'agent'), token: { module, env: { PCSCLITE_CSOCK_NAME: socket } }, origins: ['http://localhost:8080'] });
	try {
		const row = async () => { const { state, code, remedy } = (await check({ daemon })).find((one) => one.id === 'reader'); return [state, code, remedy?.kind]; };
		assert.deepEqual(await row(), ['fail', 'reader.stopped', 'settings']);
		const service = net.createServer((one) => one.destroy());
		await new Promise((resolve) => service.listen(socket, resolve));
		assert.deepEqual(await row(), ['ok', 'ok', undefined]);
		service.close();
		rmSync(socket, { force: true });
		assert.deepEqual(await row(), ['fail', 'reader.stopped', 'settings']);
	} finally { await daemon.stop(); removeFolder(folder); }
});

test('other: token.busy names the program', async () => {
	const scene = await makeSoftScene({ faults: ['C_OpenSession 0 error 0xb1'] });
	try {
		neighbour(scene);
		const agent = await scene.connect({ locale: 'en' });
		await refused(agent.call('pin.verify', { token: (await agent.call('token.list')).tokens[0].token }), 'token.busy', { holder: 'sleep' });
	} finally { scene.ends(); await scene.close(); }
});
