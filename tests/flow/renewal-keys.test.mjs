// Two keys and keys that change places: never go on with another one than the order's.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { days, makeRequest } from '../lib/ca.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { Token, certificateId, makeKey } from '../lib/token.mjs';

// A second token of the same module, with a certificate of the same company.
async function addKey(scene, label) {
	const key = await makeKey('ec-p256');
	await scene.token.initialize(label);
	const second = Object.assign(Object.create(Token.prototype), scene.token, { label });
	second.serial = await second.findSerial(label);
	const place = path.join(scene.folder, 'second');
	mkdirSync(place, { recursive: true });
	second.pem = await scene.ca.issue(await makeRequest(key, place), { notAfter: days(20) });
	await second.importPair(key);
	await second.writeCertificate(second.pem);
	return second;
}

async function staged(action, options = {}) {
	const scene = await makeScene({ keyType: 'ec-p256', ...options });
	try {
		const second = await addKey(scene, 'second');
		await scene.daemon.stop();
		await scene.daemon.again();
		const agent = await scene.connect();
		const { tokens } = await agent.call('token.list');
		assert.deepEqual(tokens.map((one) => one.serial).sort(), [scene.token.serial, second.serial].sort());
		await action(scene, agent, second, await findCertificate(agent, scene.oldPem));
	} finally { await scene.close(); }
}

test('an order stays on the key it began on', () => staged(async (scene, agent, second, old) => {
	const begun = await agent.call('renewal.begin', { order: 'D-1', certificate: old.id, key: 'new' });
	await unchanged(second, () => refused(agent.call('renewal.begin', { order: 'D-1', certificate: certificateId(second.pem), key: 'new' }), 'order.mismatch', { serial: scene.token.serial }));
	const info = await agent.call('renewal.inspect', { order: 'D-1' });
	assert.equal(info.serial, scene.token.serial);
	const pem = await scene.ca.issue(begun.csr);
	await unchanged(second, async () => {
		await agent.call('renewal.install', { order: 'D-1', certificate: pem, chain: [] });
		assert.deepEqual((await agent.call('renewal.complete', { order: 'D-1' })).retired, [old.id]);
	});
}));

test('the same key: the certificate finds its key, also without the journal', () => staged(async (scene, agent, second) => {
	const begun = await agent.call('renewal.begin', { order: 'D-2', certificate: certificateId(second.pem), key: 'same' });
	const pem = await scene.ca.issue(begun.csr);
	await scene.daemon.stop();
	await scene.daemon.again({ state: path.join(scene.folder, 'another-computer') });
	const other = await scene.connect();
	assert.equal((await other.call('renewal.inspect', { order: 'D-2' })).stage, 'nothing');
	await unchanged(scene.token, () => other.call('renewal.install', { order: 'D-2', certificate: pem, chain: [] }));
	assert.equal((await other.call('renewal.inspect', { order: 'D-2' })).serial, second.serial);
	assert.deepEqual((await other.call('renewal.complete', { order: 'D-2' })).retired, [certificateId(second.pem)]);
	await other.close();
}));

test('the lists show both keys, the check asks to leave one', () => staged(async (scene, agent, second) => {
	const { certificates } = await agent.call('certificate.list');
	assert.equal(certificates.length, 2);
	const own = await agent.call('certificate.list', { token: `pkcs11:serial=${second.serial}` });
	assert.deepEqual(own.certificates.map((one) => one.id), [certificateId(second.pem)]);
	const { items } = await agent.call('environment.check');
	assert.equal(items.find((item) => item.id === 'key').code, 'key.several');
}));

test('one order on two keys at once: the second page is told busy', () => staged(async (scene, agent, second, old) => {
	const waiting = agent.call('renewal.begin', { order: 'D-3', certificate: old.id, key: 'new' }).catch((error) => error);
	await scene.pins.untilAsked(1);
	const other = await scene.connect();
	await refused(other.call('renewal.begin', { order: 'D-3', certificate: certificateId(second.pem), key: 'new' }), 'agent.busy');
	await refused(other.call('renewal.install', { order: 'D-3', certificate: scene.oldPem, chain: [] }), 'agent.busy');
	scene.pins.go();
	await waiting;
	await other.close();
}, { pins: ['wait', 'cancel'] }));

test('another page of the hall may watch', () => staged(async (scene, agent, second, old) => {
	const watcher = await scene.connect({ locale: 'en' }), stranger = await scene.connect({ origin: `http://127.0.0.1:${scene.daemon.port}` });
	await agent.call('renewal.begin', { order: 'D-4', certificate: old.id, key: 'new' });
	const seen = (one) => one.notifications.filter(({ method, params }) => method === 'renewal.progress' && params.order === 'D-4');
	await watcher.call('token.list');
	await stranger.call('token.list');
	assert.deepEqual(seen(watcher).map(({ params }) => params.step), seen(agent).map(({ params }) => params.step));
	assert.ok(seen(agent).length >= 3 && seen(watcher)[0].params.text !== seen(agent)[0].params.text);
	assert.equal(seen(stranger).length, 0);
}));

test('the order\'s key is away: its serial number is named', async () => {
	const scene = await makeScene({ keyType: 'ec-p256' });
	try {
		let agent = await scene.connect();
		const old = await findCertificate(agent, scene.oldPem);
		const begun = await agent.call('renewal.begin', { order: 'D-5', certificate: old.id, key: 'new' });
		const pem = await scene.ca.issue(begun.csr);
		await scene.daemon.stop();
		scene.token.pull();
		await scene.daemon.again();
		agent = await scene.connect();
		await refused(agent.call('renewal.install', { order: 'D-5', certificate: pem, chain: [] }), 'token.absent', { serial: scene.token.serial });
		const info = await agent.call('renewal.inspect', { order: 'D-5' });
		assert.deepEqual([info.stage, info.next, info.source, info.serial], ['key', 'install', 'journal', scene.token.serial]);
		scene.token.putBack();
		await agent.call('renewal.install', { order: 'D-5', certificate: pem, chain: [] });
		await agent.close();
	} finally { await scene.close(); }
});
