// The agent ends while its token host is in a PKCS#11 call: the call is finished, for a write that is cut off may leave half an object;
// no other call begins; and the next agent's token host waits until then.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { children, alive, untilDead } from '../lib/processes.mjs';
import { sleep, until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { faultMet, storeObjects } from '../lib/softkey-store.mjs';
import { markLabel } from '../lib/mark.mjs';

const order = 'O-1', label = markLabel(order);

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try { await action(scene); } finally { await scene.close(); }
}

// A page's call with this fault in it, until it is met: what the daemon's end will interrupt. calls(): those that began since, the interrupted one first.
async function interrupted(scene, fault, page, ...before) {
	const [name] = fault.split(' ');
	scene.key.fault(...before, fault);
	process.kill(await until(() => children(scene.daemon.service.pid)[0], 'the token host'), 'SIGKILL'); // the script is read by C_Initialize
	const agent = await scene.connect();
	await until(async () => (await agent.call('certificate.list').catch(() => ({ certificates: [] }))).certificates.length === 1, 'the next token host');
	writeFileSync(path.join(scene.key.store, 'calls'), '');
	const ended = page(agent).then(() => null, (error) => error);
	await until(() => faultMet(scene.key), 'the call');
	return { ended, hosts: children(scene.daemon.service.pid), calls: () => { const all = scene.key.read('calls').trim().split('\n'); return all.slice(all.lastIndexOf(name)); } };
}

// Its token host may still have its stderr: what it ended with is known before that closes.
async function end(scene, signal) {
	const { child } = scene.daemon.service, ended = new Promise((resolve) => child.on('exit', (code, by) => resolve({ code, signal: by })));
	child.kill(signal);
	return ended;
}

const begin = (scene) => (agent) => agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
const install = (scene) => async (agent) => {
	const { csr } = await begin(scene)(agent);
	return agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
};
const pending = (scene) => storeObjects(scene.key).filter((one) => one.label === label).map((one) => one.kind).sort();

for (const [fault, page, left, writes] of [
	['C_GenerateKeyPair 1 delay 1000', begin, ['private', 'public'], ['write', 'write']],
	['C_GenerateKeyPair 1 after delay 1000', begin, ['private', 'public'], ['write', 'write']],
	['C_CreateObject 1 delay 1000', install, ['certificate', 'private', 'public'], ['write']],
])
	test(`the daemon is killed in ${fault}`, () => withScene({}, async (scene) => {
		const { ended, hosts, calls } = await interrupted(scene, fault, page(scene));
		await end(scene, 'SIGKILL');
		await sleep(200);
		assert.ok(hosts.every(alive), 'it works on');
		await untilDead(hosts);
		assert.deepEqual(pending(scene), left);
		assert.deepEqual(calls().slice(1), writes, 'and begins nothing');
		await ended;
	}));

const nothing = () => {}, gone = (scene) => rmSync(scene.daemon.settings.state, { recursive: true });
for (const [what, settings, between = nothing] of [['again at once', {}], ['without a state folder', { state: '/dev/null/state' }], ['with its state folder gone', {}, gone],
	['with no place for a lock', { state: '/dev/null/state' }, (scene) => { scene.daemon.env.XDG_RUNTIME_DIR = '/dev/null/run'; }]])
	test(`the daemon is killed in a write and started ${what}`, () => withScene({ settings }, async (scene) => {
		const { hosts, calls } = await interrupted(scene, 'C_GenerateKeyPair 1 delay 1200', begin(scene));
		await end(scene, 'SIGKILL');
		between(scene);
		await scene.daemon.again();
		const agent = await scene.connect(), { csr } = await begin(scene)(agent);
		if (scene.daemon.env.XDG_RUNTIME_DIR !== '/dev/null/run') {
			assert.ok(!hosts.some(alive));
			assert.deepEqual(calls().slice(1, 4), ['write', 'write', 'C_Initialize'], 'one after the other');
			assert.equal(calls().includes('C_GenerateKeyPair', 1), false, 'the key is there');
			assert.deepEqual(pending(scene), ['private', 'public']);
		}
		assert.ok(csr);
		await agent.close();
		await untilDead(hosts);
	}));

for (const [what, ...before] of [['hangs'], ['hangs and has blocked every signal', 'C_Initialize 1 deaf']])
	test(`the daemon is killed while the module ${what}: the token host is gone after a while`, () => withScene({ settings: { deadlines: 10 } }, async (scene) => {
		const { ended, hosts } = await interrupted(scene, 'C_GenerateKeyPair 1 hang', begin(scene), ...before);
		await end(scene, 'SIGKILL');
		await sleep(400);
		assert.ok(hosts.every(alive), 'it has a second');
		await untilDead(hosts);
		await ended;
	}));

test('the daemon is stopped in a write', () => withScene({}, async (scene) => {
	const { ended, hosts, calls } = await interrupted(scene, 'C_CreateObject 1 delay 2500', install(scene));
	const asked = Date.now();
	assert.deepEqual(await end(scene, 'SIGTERM'), { code: 0, signal: null });
	assert.ok(Date.now() - asked < 2000, 'it ends soon');
	assert.equal((await ended).rpc, 'agent.stopping');
	assert.ok(hosts.every(alive), 'its token host has a write to finish');
	await untilDead(hosts, 4000);
	assert.deepEqual(pending(scene), ['certificate', 'private', 'public']);
	assert.deepEqual(calls().slice(1), ['write']);
}));

test('the daemon is stopped while nothing is done: its token hosts end before it, in order', () => withScene({}, async (scene) => {
	const agent = await scene.connect(), { tokens: [token] } = await agent.call('token.list');
	await agent.call('pin.verify', { token: token.token });
	const hosts = children(scene.daemon.service.pid), calls = await scene.key.calls(() => scene.daemon.stop());
	assert.ok(!hosts.some(alive));
	assert.ok(calls.includes('C_Logout'), calls.join());
	assert.equal(calls.at(-1), 'C_Finalize');
}));

for (const signal of ['SIGTERM', 'SIGHUP'])
	test(`${signal} to everything, as at the end of a session`, () => withScene({}, async (scene) => {
		const { ended, hosts, calls } = await interrupted(scene, 'C_GenerateKeyPair 1 delay 600', begin(scene));
		for (const pid of [...hosts, scene.daemon.service.pid]) process.kill(pid, signal);
		await scene.daemon.service.exited;
		await untilDead(hosts);
		assert.deepEqual(pending(scene), ['private', 'public']);
		assert.deepEqual(calls().slice(1, 3), ['write', 'write']);
		await ended;
	}));
