// The token host on the test token: whole renewals, a PIN that locks, a key that is pulled, crashes, a power cut.
import assert from 'node:assert/strict';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { onHost, order, origin } from '../lib/host-stage.mjs';
import { canLook, findInMemory } from '../lib/memory.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { certificateId } from '../lib/token.mjs';

const staged = (keyType, action) => onHost({ keyType }, action);

for (const [keyType, newType] of [['ec-p256', 'ec-p256'], ['ec-p384', 'ec-p384'], ['rsa2048', 'rsa2048'], ['ec-p256', 'ed25519']])
	test(`a renewal from ${keyType} to ${newType}`, () => staged(keyType, async (it) => {
		const certificate = await it.ca.issue((await it.begin(newType)).csr);
		checkReceipt((await it.install(certificate)).receipt, { order, origin, serial: it.key.serial, certificate });
		assert.deepEqual(await it.call('pair.retire', { certificate: certificateId(certificate), retire: 'pair', oldCertificate: it.old }), { retired: [it.old] });
		assert.equal((await it.key.objects()).length, 3);
	}));

test('a PIN that is low, on its last try, locked, and unlocked by the SO', () => staged('ec-p256', async (it) => {
	const state = async () => (await it.host.call('token.list')).tokens[0].pin;
	it.key.set({ tries: 3, left: 3 });
	it.pins.answer('000001');
	await refused(it.login(), 'pin.incorrect');
	assert.equal(await state(), 'low');
	it.pins.answer('000002');
	await refused(it.login(), 'pin.incorrect');
	assert.equal(await state(), 'final');
	it.pins.answer('yes', '000003');
	await it.login().then(() => assert.fail('a wrong PIN was good'), (error) => assert.ok(['pin.incorrect', 'pin.locked'].includes(error.rpc), error.message));
	assert.equal(await state(), 'locked');
	it.pins.answer('123456');
	await refused(it.login(), 'pin.locked');
	await it.key.run('--login', '--login-type', 'so', '--so-pin', it.key.soPin, '--init-pin', '--new-pin', it.key.pin);
	assert.equal(await state(), 'ok');
	await it.login();
}));

test('M4: a PIN that is held goes with the login', () => staged('ec-p256', async (it) => {
	const pin = '73914682', held = () => findInMemory(it.host.child.pid, pin).length;
	await it.key.run('--login', '--login-type', 'so', '--so-pin', it.key.soPin, '--init-pin', '--new-pin', pin);
	it.key.pin = pin;
	it.pins.answer(pin);
	const login = async () => { await it.login(); if (canLook) assert.ok(held() > 0); };
	const gone = () => { if (canLook) assert.equal(held(), 0); };
	it.key.set({ 'always-authenticate': 1 });
	await login();
	await it.call('key.generate', { keyType: 'ec-p256' });
	await it.call('request.create', { certificate: it.old, key: 'new', origin });
	await it.host.call('token.logout', { session: 1 });
	gone();
	await login();
	it.key.place('-', '-');
	await it.host.call('token.list');
	gone();
	it.key.place('A', '-');
	await login();
	await it.key.user('--change-pin', '--new-pin', '12345678');
	await refused(it.call('request.create', { certificate: it.old, key: 'new', origin }), 'pin.incorrect');
	gone();
}));

test('the key is pulled in the middle and comes back in the other slot', () => staged('ec-p256', async (it) => {
	const { csr } = await it.begin();
	const certificate = await it.ca.issue(csr);
	await it.host.stop();
	it.key.fault('C_CreateObject 1 pull');
	await it.start();
	await it.install(certificate).then(() => assert.fail('written on a pulled key'), (error) => assert.match(error.rpc, /^token\.(removed|absent)$/));
	assert.deepEqual((await it.host.call('token.list')).tokens, []);
	it.key.place('-', 'A');
	checkReceipt((await it.install(certificate)).receipt, { order, origin, serial: it.key.serial, certificate });
}));

for (const fault of ['C_CreateObject 1 crash', 'C_CreateObject 1 after crash', 'C_CreateObject 1 cut', 'C_CreateObject 1 exit 3', 'C_Sign 1 crash'])
	test(`${fault}: the next token host goes on`, () => staged('ec-p256', async (it) => {
		const certificate = await it.ca.issue((await it.begin()).csr);
		await it.host.stop();
		it.key.fault(fault);
		await it.start();
		await assert.rejects(it.install(certificate), /the token host ended/);
		await it.start();
		checkReceipt((await it.install(certificate)).receipt, { order, origin, serial: it.key.serial, certificate });
		assert.equal((await it.key.objects()).length, 6);
	}));

test('a full key: token.full, and nothing half', () => staged('ec-p256', async (it) => {
	it.key.set({ capacity: 100 });
	await it.login();
	await refused(it.call('key.generate', { keyType: 'ec-p256' }), 'token.full');
	it.key.set({ capacity: 0 });
	assert.equal((await it.key.objects()).length, 3);
}));
