// What PKCS#11 modules of real keys do otherwise, and may: each by a word of tests/softkey/README.md, "Manners".
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { ShimToken } from '../lib/shim-token.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { Token, certificateId } from '../lib/token.mjs';
import { TokenHost } from '../lib/token-host.mjs';
import { sleep, until } from '../lib/process.mjs';
import { children } from '../lib/processes.mjs';

async function withScene(options, action) {
	const scene = await makeScene({ keyType: 'ec-p256', ...options });
	try {
		await action(scene);
	} finally {
		await scene.close();
	}
}

// The key is prepared by programs that meet a module without manners; the agent meets it with them. prepare: before the agent does.
const withManners = (words, action, { prepare, ...options } = {}) => withScene({ kind: ShimToken, ...options }, async (scene) => {
	await scene.daemon.stop();
	await prepare?.(scene);
	scene.token.manners(...words);
	await scene.daemon.again();
	const agent = await scene.connect();
	await action(scene, agent);
	await agent.close();
});

// The whole of it with an openssl CA; in the end the key has one pair and its certificate, as pkcs11-tool sees it without manners.
async function renew(scene, agent, { serial = scene.token.serial, order = 'M-1' } = {}) {
	const old = await findCertificate(agent, scene.oldPem);
	const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
	checkProof(begun.proof, { order, origin: scene.origin, serial, csr: begun.csr, certificate: scene.oldPem });
	const certificate = await scene.ca.issue(begun.csr);
	const { receipt } = await agent.call('renewal.install', { order, certificate, chain: [scene.ca.rootPem] });
	checkReceipt(receipt, { order, origin: scene.origin, serial, certificate });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
	assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
	scene.token.manners();
	assert.equal((await scene.token.objects()).length, 3);
}

const row = async (agent, id) => (await agent.call('environment.check')).items.find((one) => one.id === id);
const log = (scene) => readFileSync(path.join(scene.daemon.folder, 'keyhalld.log'), 'utf8');

for (const n of [1, 3])
	test(`M1: C_FindObjects hands out ${n} at a time`, () => withManners([`find ${n}`], renew));

test('M2: new tokens show only after C_GetSlotList with NULL', () => withScene({ kind: SoftKey }, async (scene) => {
	const key = scene.token;
	key.place('A', 'B');
	await key.run('--init-token', '--slot', '1', '--so-pin', key.soPin, '--label', 'Second');
	key.place('A');
	key.manners('slots-frozen');
	const host = await TokenHost.start({ module: key.module, env: key.env });
	const labels = async () => (await host.call('token.list')).tokens.map((one) => one.label);
	assert.deepEqual(await labels(), [key.label]);
	key.place('A', 'B');
	assert.deepEqual(await labels(), [key.label, 'Second']);
	key.place('-', 'B');
	assert.deepEqual(await labels(), ['Second']);
	await host.stop();
}));

test('M3: forty tokens, and more than are listed', () => withScene({ kind: Token }, async (scene) => {
	const add = async (from, to) => { for (let i = from; i < to; i++) await scene.token.initialize(`Key ${i}`); };
	await add(1, 40);
	await scene.daemon.stop();
	await scene.daemon.again();
	const agent = await scene.connect();
	assert.equal((await agent.call('token.list')).tokens.length, 40);
	assert.ok(await findCertificate(agent, scene.oldPem));
	await agent.close();
	await add(40, 66);
	await scene.daemon.stop();
	await scene.daemon.again();
	const more = await scene.connect();
	assert.equal((await more.call('token.list')).tokens.length, 64);
	await until(() => /64 tokens are listed, \d+ slots more/.test(log(scene)), 'the log to say so');
	await more.close();
}));

test('M3: more slots than the module said', () => withManners(['slots-unsaid 1'], renew));

// The daemon starts another process for the module: what it says of it.
const reportOf = async (agent) => (await agent.call('diagnostics.report')).modules[0];
const counts = async (agent) => [(await agent.call('token.list')).tokens.length, (await agent.call('certificate.list')).certificates.length];

for (const what of ['0x5', '0x191', 'crash'])
	test(`M10: a second C_Initialize in a process, ${what}: unplugged, plugged in, renewed`, () => withManners([`initialize ${what}`], async (scene, agent) => {
		assert.deepEqual(await counts(agent), [1, 1]);
		for (let i = 1; i <= 3; i++) {
			scene.token.pull();
			assert.deepEqual(await counts(agent), [0, 0]);
			scene.token.putBack();
			assert.deepEqual(await counts(agent), [1, 1]);
			const { state, restarts, lastFailure } = await reportOf(agent);
			assert.deepEqual([state, lastFailure], ['running', 'C_Initialize']);
			assert.ok(restarts >= 1 && restarts <= 1 + i, `${restarts} restarts`);
		}
		assert.equal(log(scene).match(/cannot be started again in its process/g).length, 1);
		await renew(scene, agent);
	}));

test('M10: polling without a key starts no process', () => withManners(['initialize crash'], async (scene, agent) => {
	scene.token.pull();
	assert.deepEqual(await counts(agent), [0, 0]);
	const { restarts } = await reportOf(agent), hosts = children(scene.daemon.service.pid);
	await sleep(5000);
	assert.deepEqual(children(scene.daemon.service.pid), hosts);
	scene.token.putBack();
	assert.deepEqual(await counts(agent), [1, 1]);
	assert.ok((await reportOf(agent)).restarts <= restarts + 1);
}));

for (const what of ['0x5', 'crash'])
	test(`M10: ${what}: the key goes between the steps`, () => withManners([`initialize ${what}`], async (scene, agent) => {
		const order = 'M-10', replug = async () => {
			scene.token.pull();
			assert.deepEqual(await counts(agent), [0, 0]);
			scene.token.putBack();
		};
		const old = await findCertificate(agent, scene.oldPem);
		const { csr } = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		const certificate = await scene.ca.issue(csr);
		await replug();
		await agent.call('renewal.install', { order, certificate, chain: [scene.ca.rootPem] });
		await replug();
		assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
		await replug();
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
		assert.deepEqual(await counts(agent), [1, 1]);
	}));

// The fault script counts from a process's first C_Initialize on, so the rule meets the first list that reads the key.
const sessionDies = (n) => ({ prepare: (scene) => scene.token.fault(`C_FindObjectsInit ${n} error 0x32`) });

for (const what of ['0x5', 'crash'])
	test(`M10: ${what}: a list whose session died is made again in another process`, () => withManners([`initialize ${what}`], async (scene, agent) => {
		for (let i = 0; i < 3; i++) assert.deepEqual(await counts(agent), [1, 1]);
		assert.equal(scene.token.read('faults'), '', 'it was met');
	}, sessionDies(1)));

for (const what of ['0x5', 'crash'])
	test(`M10: ${what}: a session that dies each time is an error, not a loop`, () => withManners([`initialize ${what}`], async (scene, agent) => {
		assert.equal((await agent.call('token.list')).tokens.length, 1);
		const { restarts } = await reportOf(agent);
		for (let i = 1; i <= 4; i++) {
			await refused(agent.call('certificate.list'), 'token.removed', { call: 'C_FindObjectsInit' });
			const now = (await reportOf(agent)).restarts;
			assert.ok(now > restarts && now <= restarts + 3 * i, `${now} restarts, ${restarts} before`); // the report looks, too
		}
		scene.token.fault();
		for (const host of children(scene.daemon.service.pid)) process.kill(host, 'SIGKILL'); // the script is read by C_Initialize
		await until(() => counts(agent).then(([tokens, certificates]) => tokens === 1 && certificates === 1, () => false), 'a key that answers');
		await renew(scene, agent);
	}, sessionDies(0)));

test('M10: a module that starts in no process any more is an error, not a loop', () => withManners(['initialize 0x5'], async (scene, agent) => {
	assert.deepEqual(await counts(agent), [1, 1]);
	scene.token.pull();
	assert.deepEqual(await counts(agent), [0, 0]);
	scene.token.fault('C_Initialize 0 error 0x5');
	const { restarts } = await reportOf(agent), before = Date.now();
	for (let i = 0; i < 10; i++) await refused(agent.call('token.list'), 'token.failed', { call: 'C_Initialize' });
	const report = await reportOf(agent);
	assert.equal(report.state, 'failed');
	assert.ok(report.restarts <= restarts + 1 + (Date.now() - before) / 2000, `${report.restarts} restarts, ${restarts} before`);
	scene.token.fault();
	scene.token.putBack();
	await until(() => counts(agent).then(([tokens, certificates]) => tokens === 1 && certificates === 1, () => false), 'a module that starts again');
	await renew(scene, agent);
}));

// What was written is not written again: the pair that the key has not answered for is the next call's to find.
for (const what of ['0x5', 'crash'])
	test(`M10: ${what}: a write whose session died is answered, not repeated`, () => withManners([`initialize ${what}`], async (scene, agent) => {
		const old = await findCertificate(agent, scene.oldPem), before = (await scene.token.objects()).length;
		const params = { order: 'M-1', certificate: old.id, key: 'new' };
		await refused(agent.call('renewal.begin', params), 'token.removed', { call: 'C_GenerateKeyPair' });
		assert.equal(scene.token.read('faults'), '', 'it was met');
		assert.equal((await agent.call('renewal.inspect', { order: 'M-1' })).stage, 'key');
		await agent.call('renewal.begin', params);
		assert.equal((await scene.token.objects()).length, before + 2, 'one pair');
		await renew(scene, agent);
	}, { prepare: (scene) => scene.token.fault('C_GenerateKeyPair 1 after error 0x32') }));

test('M10: a second C_Initialize that hangs is an error once', () => withManners(['initialize hang'], async (scene, agent) => {
	await refused(agent.call('token.list'), 'token.failed', { call: 'C_Initialize' });
	await until(() => counts(agent).then(([tokens, certificates]) => tokens === 1 && certificates === 1, () => false), 'the next process');
	await renew(scene, agent);
}, { settings: { deadlines: 10 } }));

test('M10: a host that is told so does not try', () => withScene({ kind: ShimToken }, async (scene) => {
	const { module, env } = scene.token;
	scene.token.manners('initialize crash');
	const host = await TokenHost.start({ module, env, startsOnce: true });
	assert.equal((await host.call('token.list', { refresh: true })).tokens.length, 1, 'this process is new');
	await refused(host.call('token.list', { refresh: true }), 'token.failed', { call: 'C_Initialize' });
	scene.token.pull();
	assert.deepEqual((await host.call('token.list')).tokens, []);
	scene.token.putBack();
	assert.equal((await host.call('certificate.list')).certificates.length, 1);
	assert.deepEqual(await host.stop(), { code: 0, signal: null });
}));

test('M11: private objects show only to a search by class', () => withManners(['hide-private'], async (scene, agent) => {
	await renew(scene, agent);
}));

test('M11: a module that shows them is searched once for a list', () => withManners([], async (scene, agent) => {
	const { tokens: [{ token }] } = await agent.call('token.list');
	await agent.call('pin.verify', { token });
	await agent.call('certificate.list');
	const calls = await scene.token.calls(() => agent.call('certificate.list'));
	assert.equal(calls.filter((name) => name === 'C_FindObjectsInit').length, 1);
}));

for (const flags of [0x400, 0x8, 0x408])
	test(`M12: flags 0x${flags.toString(16)} are missing although the token works`, () => withManners([`flags-off ${flags}`], async (scene, agent) => {
		const { tokens } = await agent.call('token.list');
		assert.deepEqual(tokens.map((one) => one.pin), [flags & 8 ? 'unset' : 'ok']);
		const { state, code } = await row(agent, 'pin');
		assert.deepEqual({ state, code }, flags & 8 ? { state: 'warn', code: 'pin.unset' } : { state: 'ok', code: 'ok' });
		await agent.call('pin.verify', { token: tokens[0].token });
		await renew(scene, agent);
	}));

test('M12: a token that has no PIN says so at the login', () => withScene({ kind: SoftKey }, async (scene) => {
	scene.token.place('-', 'B');
	await scene.token.run('--init-token', '--slot', '1', '--so-pin', scene.token.soPin, '--label', 'Unset');
	const agent = await scene.connect();
	const { tokens: [{ token, pin }] } = await agent.call('token.list');
	assert.equal(pin, 'unset');
	await refused(agent.call('pin.verify', { token }), 'pin.unset');
	await agent.close();
}));

const twin = { prepare: (scene) => scene.token.initialize(scene.token.label) };

test('M16: two keys that cannot be told apart', () => withManners(['text serial'], async (scene, agent) => {
	const { tokens } = await agent.call('token.list'), [{ token, label }] = tokens;
	assert.deepEqual(tokens.map((one) => one.token), [token, token]);
	const old = await findCertificate(agent, scene.oldPem);
	for (const [method, params] of [['pin.verify', { token }], ['pin.change', { token }], ['certificate.list', { token }],
		['renewal.begin', { order: 'M-16', certificate: old.id, key: 'new' }]])
		await refused(agent.call(method, params), 'token.ambiguous', { label });
	assert.equal(scene.pins.count(), 0);
	const { state, code, text } = await row(agent, 'key');
	assert.deepEqual({ state, code }, { state: 'fail', code: 'token.ambiguous' });
	assert.ok(text.includes(label), text);

	const other = await scene.token.findOther();
	scene.token.write('pulled', `${other}\n`);
	assert.equal((await agent.call('token.list')).tokens.length, 1);
	await agent.call('pin.verify', { token });
	assert.equal((await row(agent, 'key')).state, 'ok');
}, twin));

test('M16: two drivers show a key each, and nothing says that it is the same', () => withScene({ kind: SoftKey }, async (scene) => {
	const key = scene.token, order = 'M-16', other = path.join(scene.folder, 'other.so');
	copyFileSync(key.module, other);
	const agent = await scene.connect(), old = await findCertificate(agent, scene.oldPem);
	const { csr } = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
	const certificate = await scene.ca.issue(csr), chain = [scene.ca.rootPem], { length: asked } = scene.pins.asked();
	const start = async (modules) => {
		await scene.daemon.kill();
		await scene.daemon.again({ modules: modules.map((one) => ({ path: one })) });
		return scene.connect();
	};
	key.set({ serial: '' });
	const both = await start([key.module, other]);
	assert.equal((await both.call('token.list')).tokens.length, 2);
	for (const [method, params] of [['begin', { certificate: old.id, key: 'new' }], ['install', { certificate, chain }], ['complete', {}], ['cancel', {}]])
		await refused(both.call(`renewal.${method}`, { order, ...params }), 'token.ambiguous');
	assert.equal(scene.pins.asked().length, asked);
	const one = await start([other]);
	await one.call('renewal.install', { order, certificate, chain });
	await one.call('renewal.complete', { order });
}));

test('M16: a key without a serial number', () => withManners(['text serial'], async (scene, agent) => {
	const { tokens: [{ token, serial }] } = await agent.call('token.list');
	assert.equal(serial, '');
	assert.match(token, /;serial=;/);
	assert.deepEqual((await agent.call('certificate.list', { token })).certificates.map((one) => one.token), [token]);
	await agent.call('pin.verify', { token });
	await renew(scene, agent, { serial: '' });
}));

test('M17: GBK and binary in the texts of a token', () => withManners(
	['text label b2e2cad44b6579', 'text serial 0102ff', 'text manufacturer b7c9ccec', 'text model ff00fe'], async (scene, agent) => {
		const { tokens: [one] } = await agent.call('token.list');
		assert.deepEqual([one.label, one.serial, one.manufacturer, one.model], ['测试Key', '0102ff', '飞天', 'ff00fe']);
		assert.equal(one.token, `pkcs11:model=ff00fe;manufacturer=${encodeURIComponent('飞天')};serial=0102ff;token=${encodeURIComponent('测试Key')}`);
		assert.deepEqual((await agent.call('certificate.list', { token: one.token })).certificates.map((it) => it.token), [one.token]);
		await agent.call('pin.verify', { token: one.token });
		const window = decodeURIComponent(scene.pins.asked().find((line) => line.startsWith('SETDESC')));
		assert.ok(window.includes('测试Key') && window.includes('0102ff'), window);
		scene.pins.answer('000000');
		await refused(agent.call('pin.verify', { token: one.token }), 'pin.incorrect', { serial: '0102ff' });
		scene.pins.answer(scene.token.pin);
		await renew(scene, agent, { serial: '0102ff' });
	}));

for (const words of ['slots-wide', 'slots-wide change'])
	test(`M18: ${words}`, () => withManners([words], async (scene, agent) => {
		const { tokens: [{ token }] } = await agent.call('token.list');
		await agent.call('pin.verify', { token });
		await renew(scene, agent);
		assert.equal(scene.pins.count(), 1, 'the login lasts');
	}));

// openCryptoki's tokens all have serial number 123; the one that comes first in the list is not the order's.
test('M16: what this computer remembers of an order is on its key, not on one with the same serial number', () => withScene({ kind: SoftKey }, async (scene) => {
	const key = scene.token, order = 'M-16';
	await scene.daemon.stop();
	key.place('A', 'B');
	await key.run('--init-token', '--slot', '1', '--so-pin', key.soPin, '--label', 'Second');
	for (const token of ['A', 'B']) key.set({ serial: '123' }, token);
	key.place('B', 'A');
	await scene.daemon.again();
	const agent = await scene.connect();
	const old = await findCertificate(agent, scene.oldPem);
	const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'same' });
	assert.equal((await agent.call('renewal.inspect', { order })).next, 'install');
	const certificate = await scene.ca.issue(begun.csr);
	await agent.call('renewal.install', { order, certificate, chain: [scene.ca.rootPem] });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
	const { certificates } = await agent.call('certificate.list');
	assert.deepEqual(certificates.map((one) => one.token), [old.token]);
	await agent.close();
}));

// What a module keeps of CKA_ID and CKA_LABEL. The agent is started again between the steps, so that it has to find the pair; elsewhere: on a
// computer without its journal, by the public key that the hall has bound.
async function renewInSteps(scene, elsewhere) {
	const order = 'M-7', again = async () => {
		await scene.daemon.kill();
		if (elsewhere) rmSync(scene.daemon.settings.state, { recursive: true, force: true });
		await scene.daemon.again();
		return scene.connect();
	};
	let agent = await scene.connect();
	const old = await findCertificate(agent, scene.oldPem), before = (await scene.token.objects()).length;
	const { csr, publicKey } = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
	agent = await again();
	assert.equal((await agent.call('renewal.inspect', { order, publicKey })).stage, 'key');
	assert.equal((await agent.call('renewal.begin', { order, certificate: old.id, key: 'new', publicKey })).publicKey, publicKey, 'the same pair');
	assert.equal((await scene.token.objects()).length, before + 2, 'one pair');
	const certificate = await scene.ca.issue(csr);
	agent = await again();
	await agent.call('renewal.install', { order, certificate, chain: [], publicKey });
	agent = await again();
	assert.equal((await agent.call('renewal.inspect', { order, publicKey })).stage, 'installed');
	assert.deepEqual((await agent.call('renewal.complete', { order, publicKey })).retired, [old.id]);
	agent = await again();
	assert.equal((await agent.call('renewal.inspect', { order, publicKey })).stage, 'completed');
	assert.equal((await scene.token.objects()).length, before, 'the old pair is gone');
	const { certificates } = await agent.call('certificate.list');
	assert.deepEqual(certificates.map((one) => [one.id, one.hasPrivateKey]), [[certificateId(certificate), true]]);
}

for (const elsewhere of [false, true])
	for (const words of [['id cut'], ['id own'], ['id refuse'], ['id none'], ['id none', 'label none'], ['id own', 'label none'], ['id refuse', 'label none']])
		for (const keyType of words.length > 1 && words[0] !== 'id own' ? ['rsa2048'] : ['ec-p256', 'rsa2048'])
			test(`M7: ${words}, ${keyType}${elsewhere ? ', another computer' : ''}`, () => withManners(words, (scene) => renewInSteps(scene, elsewhere), { keyType }));

for (const elsewhere of [false, true])
	for (const words of [['label cut'], ['label fixed'], ['label kept'], ['label none']])
		test(`M8: ${words}${elsewhere ? ', another computer' : ''}`, () => withManners(words, (scene) => renewInSteps(scene, elsewhere)));

for (const words of [['id cut'], ['id own', 'label none']])
	test(`M7: ${words}: cancelled, nothing is left`, () => withManners(words, async (scene, agent) => {
		const before = await scene.token.objects();
		const { publicKey } = await agent.call('renewal.begin', { order: 'M-8', certificate: certificateId(scene.oldPem), key: 'new' });
		await agent.call('renewal.cancel', { order: 'M-8', publicKey });
		assert.deepEqual(await scene.token.objects(), before);
	}));

// An EC private key does not tell its public key: without a mark nothing would find it again.
for (const words of [['id none', 'label none'], ['id refuse', 'label none']])
	test(`M7: ${words}, ec-p256: refused, and nothing is left`, () => withManners(words, async (scene, agent) => {
		const before = await scene.token.objects();
		await refused(agent.call('renewal.begin', { order: 'M-9', certificate: certificateId(scene.oldPem), key: 'new' }), 'token.unsupported');
		assert.deepEqual(await scene.token.objects(), before);
	}));
