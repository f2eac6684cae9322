// What real keys want of PIN, login, signing and key generation: the cases M4 to M6, M9, M19, M20 and C5.
import assert from 'node:assert/strict';
import test from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { children, alive, untilDead } from '../lib/processes.mjs';
import { sleep } from '../lib/process.mjs';
import { triesLeft } from '../lib/softkey-store.mjs';

const TO_BE_CHANGED = 0x80000, SO_FLAGS = 0x800000 | 0x400000 | 0x200000 | 0x100000;

// lines: of the token file, see tests/softkey/README.md.
async function withKey(lines, options, action) {
	const scene = await makeSoftScene(options);
	try {
		scene.key.set(lines);
		const agent = await scene.connect({ locale: 'en' });
		const { tokens: [token] } = await agent.call('token.list');
		await action(scene, agent, token);
		await agent.close();
	} finally { await scene.close(); }
}

const row = async (agent, id) => (await agent.call('environment.check')).items.find((item) => item.id === id);
const begin = (scene, agent, order, more) => agent.call('renewal.begin', { order, certificate: scene.old, key: 'new', ...more });

async function renew(scene, agent, order, more) {
	const { csr } = await begin(scene, agent, order, more);
	await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
	const { retired } = await agent.call('renewal.complete', { order });
	assert.deepEqual(retired, [scene.old]);
	scene.key.set({ curve: 'oid', point: 'octet', 'always-authenticate': 0 });
	assert.equal((await scene.key.objects()).length, 3);
}

test('M5: a PIN that must be changed first, by its flag', () => withKey({ flags: TO_BE_CHANGED }, {}, async (scene, agent, token) => {
	assert.equal(token.pin, 'expired');
	const item = await row(agent, 'pin');
	assert.deepEqual([item.state, item.code, item.remedy.kind], ['fail', 'pin.expired', 'change']);
	await unchanged(scene.key, () => refused(begin(scene, agent, 'M5-1'), 'pin.expired', { retry: 'user' }));
	assert.equal(scene.pins.count(), 0, 'no PIN was asked for');
	scene.pins.answer('123456', '654321', '654321');
	await agent.call('pin.change', { token: token.token });
	scene.key.pin = '654321';
	assert.equal((await row(agent, 'pin')).state, 'ok');
	await renew(scene, agent, 'M5-1');
}));

test('M5: a PIN that has expired, by the result of C_Login', () => withKey({ expired: 1 }, {}, async (scene, agent, token) => {
	await refused(begin(scene, agent, 'M5-2'), 'pin.expired', { call: 'C_Login', value: 'CKR_PIN_EXPIRED' });
	assert.equal((await agent.call('token.list')).tokens[0].pin, 'expired', 'it is remembered');
	assert.equal((await row(agent, 'pin')).code, 'pin.expired');
	scene.pins.answer('123456', '654321', '654321');
	await agent.call('pin.change', { token: token.token });
	scene.key.pin = '654321';
	assert.equal((await agent.call('token.list')).tokens[0].pin, 'ok');
	await renew(scene, agent, 'M5-2');
}));

test('M5: the SO\'s flags say nothing of the PIN', () => withKey({ flags: SO_FLAGS }, {}, async (scene, agent, token) => {
	assert.equal(token.pin, 'ok');
	assert.equal((await row(agent, 'pin')).state, 'ok');
	await agent.call('pin.verify', { token: token.token });
}));

test('the PIN is changed by a user who is logged in, and nobody is after it', () => withKey({}, { pins: ['123456', '654321', '654321'] }, async (scene, agent, token) => {
	const calls = await scene.key.calls(() => agent.call('pin.change', { token: token.token }));
	assert.deepEqual(calls.filter((call) => /C_(Login|Logout|SetPIN)/.test(call)), ['C_Login', 'C_SetPIN', 'C_Logout']);
}));

test('M6: a key that nothing can be written to', () => withKey({ 'read-only': 1 }, {}, async (scene, agent, token) => {
	assert.equal(token.readonly, true);
	const item = await row(agent, 'key');
	assert.deepEqual([item.state, item.code], ['fail', 'token.readonly']);
	await agent.call('pin.verify', { token: token.token });
	assert.equal(scene.pins.count(), 1);
	await unchanged(scene.key, () => refused(begin(scene, agent, 'M6-1'), 'token.readonly'));
	const other = await scene.connect();
	await refused(begin(scene, other, 'M6-2'), 'token.readonly', { serial: scene.key.serial });
	assert.equal(scene.pins.count(), 1, 'no PIN was asked for');
	await other.close();
}));

test('M6: it became so after the key pair was made', () => withKey({}, {}, async (scene, agent) => {
	const { csr } = await begin(scene, agent, 'M6-3');
	const certificate = await scene.ca.issue(csr);
	scene.key.set({ 'read-only': 1 });
	await unchanged(scene.key, () => refused(agent.call('renewal.install', { order: 'M6-3', certificate, chain: [] }), 'token.readonly'));
	await refused(agent.call('renewal.cancel', { order: 'M6-3' }), 'token.readonly');
	scene.key.set({ 'read-only': 0 });
	await agent.call('renewal.install', { order: 'M6-3', certificate, chain: [] });
	await agent.call('renewal.complete', { order: 'M6-3' });
}));

test('M20: the window says the length, and that is no try', () => withKey({ 'min-pin': 6 }, { pins: ['1234', '12345', '123456'] }, async (scene, agent, token) => {
	const calls = await scene.key.calls(() => agent.call('pin.verify', { token: token.token }));
	assert.equal(calls.filter((call) => call === 'C_Login').length, 1);
	assert.equal(scene.pins.count(), 3);
	assert.equal(scene.pins.asked().filter((line) => line.startsWith('SETERROR') && line.includes('6')).length, 2);
	assert.equal((await agent.call('token.list')).tokens[0].pin, 'ok');
}));

test('M20: no window comes again for ever', () => withKey({ 'min-pin': 8 }, { pins: ['123456'] }, async (scene, agent, token) => {
	const calls = await scene.key.calls(() => refused(agent.call('pin.verify', { token: token.token }), 'pin.cancelled'));
	assert.ok(!calls.includes('C_Login'));
	assert.equal(scene.pins.count(), 3);
}));

test('M20: a clerk who gives up', () => withKey({ 'min-pin': 8 }, { pins: ['123456', 'cancel'] }, async (scene, agent, token) => {
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.cancelled');
	assert.equal(scene.pins.count(), 2);
}));

for (const keyType of ['ec-p256', 'rsa2048'])
	for (const key of ['new', 'same'])
		test(`M4: keys that want the PIN for each use: ${keyType}, renewed with the ${key} key`, () => withKey({ 'always-authenticate': 1 }, { keyType }, async (scene, agent) => {
			await renew(scene, agent, 'M4-1', { key });
			assert.equal(scene.pins.count(), 1, 'the clerk is asked once');
		}));

test('M4: a key that does not say that it wants the PIN for each use', () => withKey({ 'always-authenticate': 2 }, {}, async (scene, agent) => {
	await renew(scene, agent, 'M4-2');
	assert.equal(scene.pins.count(), 2, 'the second login holds the PIN');
}));

test('M4: the PIN is changed elsewhere while it is held', () => withKey({ 'always-authenticate': 1 }, {}, async (scene, agent) => {
	const { csr } = await begin(scene, agent, 'M4-3');
	const certificate = await scene.ca.issue(csr);
	await scene.key.user('--change-pin', '--new-pin', '654321');
	scene.key.pin = '654321';
	const install = () => agent.call('renewal.install', { order: 'M4-3', certificate, chain: [] });
	const calls = await scene.key.calls(() => refused(install(), 'pin.incorrect'));
	assert.equal(calls.filter((call) => call === 'C_Login').length, 1, 'a PIN that was refused is not sent again');
	scene.pins.answer('654321');
	await install();
	await agent.call('renewal.complete', { order: 'M4-3' });
}));

// Held, and changed by another program.
const changed = (lines, action) => withKey({ 'always-authenticate': 1 }, {}, async (scene, agent, { token }) => {
	await agent.call('pin.verify', { token });
	await scene.key.user('--change-pin', '--new-pin', '654321');
	scene.key.set(lines);
	await action(scene, agent);
});

test('M4: a held PIN that was refused is known to be wrong', () => changed({}, async (scene, agent) => {
	const full = triesLeft(scene.key);
	await refused(begin(scene, agent, 'M4-4'), 'pin.incorrect');
	assert.equal(triesLeft(scene.key), full - 1);
	scene.pins.answer('123456', '654321');
	await begin(scene, agent, 'M4-4');
	assert.equal(triesLeft(scene.key), full, 'it was not sent once more');
}));

test('M4: the refusal says how many tries are left, of which key and in which call', () => changed({ left: 3 }, (scene, agent) =>
	refused(begin(scene, agent, 'M4-5'), 'pin.incorrect', { left: 'low', call: 'C_Login', serial: scene.key.serial })));

test('M4: a held PIN is not the last try', () => changed({ left: 1 }, async (scene, agent) => {
	scene.pins.answer('cancel');
	await refused(begin(scene, agent, 'M4-6'), 'pin.cancelled');
	assert.equal(triesLeft(scene.key), 1, 'nobody said yes to it');
}));

for (const [keyType, lines] of [
	['ec-p256', { curve: 'name' }], ['ec-p384', { curve: 'name', point: 'short' }], ['ec-p256', { curve: 'explicit', point: 'raw' }],
	['ec-p256', { point: 'bits' }], ['ec-p384', { point: 'raw' }],
])
	test(`M9: ${keyType}, ${JSON.stringify(lines)}`, () => withKey(lines, { keyType }, async (scene, agent) => {
		assert.equal((await agent.call('certificate.list')).certificates[0].hasPrivateKey, true);
		await renew(scene, agent, 'M9-1');
	}));

for (const lines of [{ curve: 'name', point: 'raw' }, { point: 'bits' }])
	test(`M9: ed25519, ${JSON.stringify(lines)}`, () => withKey(lines, {}, (scene, agent) => renew(scene, agent, 'M9-1', { keyType: 'ed25519' })));

test('M9: a pair whose public key the token does not show is taken away again', () => withKey({ point: 'none' }, {}, async (scene, agent) => {
	scene.key.set({ point: 'octet' });
	const before = await scene.key.objects();
	scene.key.set({ point: 'none' });
	await refused(begin(scene, agent, 'M9-2'), 'token.unsupported');
	scene.key.set({ point: 'octet' });
	assert.deepEqual(await scene.key.objects(), before);
}));

for (const form of ['compressed', 'explicit'])
	for (const key of ['new', 'same'])
		test(`C5: a certificate whose key is ${form}, renewed with the ${key} key`, () => withKey({}, { form }, async (scene, agent) => {
			const { certificates: [old] } = await agent.call('certificate.list');
			assert.equal(old.hasPrivateKey, true);
			assert.equal(old.keyType, 'ec-p256');
			await renew(scene, agent, 'C5-1', { key });
		}));

// 0x1041: CKM_ECDSA.
test('a pair that the token could not sign with is not made', () => withKey({}, {}, async (scene, first) => {
	await first.close();
	await scene.daemon.stop();
	scene.key.write('mechanisms', '0x1041 sign\n');
	await scene.daemon.again();
	const agent = await scene.connect();
	const calls = await scene.key.calls(() => unchanged(scene.key, () => refused(begin(scene, agent, 'M-16'), 'token.unsupported')));
	assert.ok(!calls.some((call) => call.startsWith('C_GenerateKeyPair')));
	await agent.close();
}));

// CKR_MECHANISM_INVALID, CKR_KEY_FUNCTION_NOT_PERMITTED.
for (const fault of ['C_SignInit 1 error 0x70', 'C_SignInit 1 error 0x68'])
	test(`a pair that does not sign is taken away again: ${fault}`, () => withKey({}, {}, async (scene, first) => {
		await first.close();
		await scene.daemon.stop();
		scene.key.fault(fault);
		await scene.daemon.again();
		const agent = await scene.connect();
		await unchanged(scene.key, () => refused(begin(scene, agent, 'M-17'), 'token.unsupported', { call: 'C_SignInit' }));
		await renew(scene, agent, 'M-17');
		await agent.close();
	}));

// The write's session dies, and the module starts once.
test('M10: a login does not outlive the session of its page', () => withKey({}, {}, async (scene, first) => {
	await first.close();
	await scene.daemon.stop();
	scene.key.manners('initialize 0x5');
	scene.key.fault('C_GenerateKeyPair 1 error 0x32');
	await scene.daemon.again();
	const agent = await scene.connect();
	const calls = await scene.key.calls(() => refused(begin(scene, agent, 'M-10'), 'token.removed', { call: 'C_GenerateKeyPair' }));
	const after = calls.slice(calls.lastIndexOf('C_GenerateKeyPair') + 1);
	assert.deepEqual(after.filter((call) => /^C_(Logout|CloseAllSessions)$/.test(call)), ['C_Logout', 'C_CloseAllSessions']);
	await agent.close();
}));

// Another program logs the key out: whichever call meets it first.
for (const rule of ['C_GenerateKeyPair 1 logout', 'C_SignInit 1 error 0x101', 'C_SignInit 2 error 0x101', 'C_CreateObject 1 logout', 'C_DestroyObject 1 logout'])
	test(`the login is ended by another program: ${rule}`, () => withKey({}, { faults: [rule] }, async (scene, agent) => {
		await renew(scene, agent, 'E-1');
		assert.equal(scene.pins.count(), 2, 'one login more');
		assert.ok(scene.pins.asked().some((line) => line.startsWith('SETERROR Another program')), 'the window says why');
	}));

test('a login that another program has ended between two calls is not taken for one', () => withKey({}, { faults: ['C_GetSlotList 0 logout'] }, async (scene, agent) => {
	const { csr } = await begin(scene, agent, 'E-3');
	await agent.call('token.list');
	await agent.call('renewal.install', { order: 'E-3', certificate: await scene.ca.issue(csr), chain: [] });
	assert.equal(scene.pins.count(), 2);
}));

test('a login that is ended again and again is told, not asked for for ever', () => withKey({}, { faults: ['C_GenerateKeyPair 0 error 0x101'] }, async (scene, agent) => {
	await refused(begin(scene, agent, 'E-2'), 'pin.ended', { call: 'C_GenerateKeyPair', retry: 'user' });
	assert.equal(scene.pins.count(), 2);
}));

// The window goes with the key; put in again, the key is asked for anew.
for (const method of ['pin.verify', 'pin.change', 'renewal.begin'])
	test(`the key is pulled out while the PIN window of ${method} is open`, () => withKey({}, { pins: ['wait', '123456'] }, async (scene, agent, token) => {
		const call = () => (method === 'renewal.begin' ? begin(scene, agent, 'G-1') : agent.call(method, { token: token.token }));
		const ended = refused(call(), 'token.removed');
		await scene.pins.untilAsked(1);
		const windows = children(scene.daemon.service.pid).flatMap(children);
		assert.equal(windows.length, 1);
		await sleep(1200);
		assert.ok(alive(windows[0]), 'it stays while the key is there');
		scene.key.pull();
		await ended;
		await untilDead(windows);
		assert.equal(triesLeft(scene.key), 6);
		scene.key.putBack();
		scene.pins.answer('123456');
		await call();
	}));
