// No key is plugged in: every call that needs one says so, whatever this computer remembers, and the SDK's drive goes on when it is back.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { root } from '../lib/paths.mjs';
import { makeScene } from '../lib/scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';

const require = createRequire(import.meta.url);
const Socket = require('ws');
const Keyhall = require(path.join(root, 'protocol/js/keyhall.js'));
const order = 'N-1';

// A scene with an order that has a key; its certificate is issued.
async function staged(action) {
	const scene = await makeScene({ keyType: 'ec-p256', kind: SoftKey });
	try {
		const agent = await scene.connect(), old = certificateId(scene.oldPem);
		const begun = await agent.call('renewal.begin', { order, certificate: old, key: 'new' });
		await action({ scene, agent, old, begun, pem: await scene.ca.issue(begun.csr) });
	} finally { await scene.close(); }
}

async function asksForTheKey({ old, pem }, agent, data) {
	await refused(agent.call('renewal.begin', { order, certificate: old, key: 'new' }), 'token.absent');
	await refused(agent.call('renewal.install', { order, certificate: pem, chain: [] }), 'token.absent', data);
	await refused(agent.call('renewal.complete', { order }), 'token.absent', data);
	await refused(agent.call('renewal.cancel', { order }), 'token.absent', data);
	for (const method of ['pin.verify', 'pin.change']) await refused(agent.call(method, { token: 'pkcs11:serial=1' }), 'token.absent');
	assert.deepEqual(await agent.call('certificate.list'), { certificates: [] });
}

async function completes({ agent, pem, old }) {
	await agent.call('renewal.install', { order, certificate: pem, chain: [] });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old]);
}

test('pulled out this moment', () => staged(async (stage) => {
	stage.scene.token.pull();
	await asksForTheKey(stage, stage.agent, { serial: stage.scene.token.serial });
	stage.scene.token.putBack();
	await completes(stage);
}));

test('another key and then none: the call after the pull', () => staged(async (stage) => {
	const { agent, scene, old, pem } = stage;
	for (const [method, params] of [['begin', { certificate: old, key: 'new' }], ['install', { certificate: pem, chain: [] }], ['complete', {}], ['cancel', {}]]) {
		scene.token.putBack();
		assert.equal((await agent.call('token.list')).tokens.length, 1);
		scene.token.pull();
		await refused(agent.call(`renewal.${method}`, { order: `unknown-${method}`, ...params }), 'token.absent');
	}
}));

test('away since the start', () => staged(async (stage) => {
	const { scene } = stage;
	await scene.daemon.stop();
	scene.token.pull();
	await scene.daemon.again();
	const agent = await scene.connect();
	await asksForTheKey(stage, agent, { serial: scene.token.serial });
	scene.token.putBack();
	await completes({ ...stage, agent });
}));

test('on another computer', () => staged(async (stage) => {
	const { scene } = stage;
	await scene.daemon.stop();
	scene.token.pull();
	await scene.daemon.again({ state: path.join(scene.folder, 'another-computer') });
	const agent = await scene.connect();
	await asksForTheKey(stage, agent);
	assert.equal((await agent.call('renewal.inspect', { order })).stage, 'nothing');
	scene.token.putBack();
	await completes({ ...stage, agent });
}));

test('the key is there, but not the certificate or the order', () => staged(async ({ agent }) => {
	await refused(agent.call('renewal.begin', { order: 'N-2', certificate: '00'.repeat(32), key: 'new' }), 'certificate.absent');
	await refused(agent.call('renewal.complete', { order: 'N-2' }), 'renewal.state');
	assert.deepEqual(await agent.call('renewal.cancel', { order: 'N-2' }), {});
}));

test('drive stops for the clerk and goes on with the key, here and on another computer', () => staged(async ({ scene, old, begun, pem }) => {
	const steps = [];
	const issued = { certificate: pem, chain: [], publicKey: begun.publicKey, installed: false };
	const hall = { key: () => issued, issued: () => issued, receipt: () => { issued.installed = true; return {}; } };
	globalThis.WebSocket = class extends Socket { constructor(url, protocol) { super(url, protocol, { origin: scene.origin }); } };
	for (const state of [scene.daemon.settings.state, path.join(scene.folder, 'another-computer')]) {
		await scene.daemon.stop();
		scene.token.pull();
		await scene.daemon.again({ state });
		const client = new Keyhall.Client({ ports: [scene.daemon.port], locale: 'en' });
		const error = await client.drive(order, hall, { certificate: old, onstep: ({ step }) => steps.push(step) }).then(() => null, (cause) => cause);
		assert.deepEqual([error.name, error.data.retry], ['token.absent', 'user']);
		client.close();
	}
	// On the other computer the hall's public key is news: the key is looked through for it.
	assert.deepEqual(steps, ['inspect', 'install', 'inspect', 'inspect', 'begin']);
	scene.token.putBack();
	const client = new Keyhall.Client({ ports: [scene.daemon.port], locale: 'en' });
	assert.deepEqual((await client.drive(order, hall, { certificate: old })).retired, [old]);
	client.close();
}));
