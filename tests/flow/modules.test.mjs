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
import { until } from '../lib/process.mjs';

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
