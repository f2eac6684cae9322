// The PIN and the key in the hand of a clerk: wrong, cancelled, a window that hangs; a key that is pulled out; two pages at once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';

async function staged(options, action) {
	const scene = await makeScene({ keyType: 'ec-p256', ...options });
	try {
		const agent = await scene.connect();
		const { tokens: [token] } = await agent.call('token.list');
		await action(scene, agent, token, await findCertificate(agent, scene.oldPem));
	} finally { await scene.close(); }
}

test('a wrong PIN is told with what is left, and is not sent twice', () => staged({ pins: ['00000000', '00000000', '12345678'] }, async (scene, agent, token) => {
	const error = await refused(agent.call('pin.verify', { token: token.token }), 'pin.incorrect');
	assert.ok(['many', 'low', 'last'].includes(error.data.left));
	assert.equal((await agent.call('token.list')).tokens[0].pin, 'low');
	await agent.call('pin.verify', { token: token.token });
	assert.ok(scene.pins.asked().some((line) => line.includes('与上次输错的相同')), 'the known wrong PIN was met in the window');
	assert.equal(scene.pins.count(), 3);
}));

test('a cancelled window', () => staged({ pins: ['cancel'] }, async (scene, agent, token, old) => {
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.cancelled');
	await refused(agent.call('renewal.begin', { order: 'P-1', certificate: old.id, key: 'new' }), 'pin.cancelled');
	assert.equal((await scene.token.objects()).length, 3);
}));

test('no window to be had', () => staged({ settings: { pinentry: '/nonexistent/pinentry' } }, async (scene, agent, token) => {
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.unavailable');
}));

test('a window that dies', () => staged({ pins: ['close'] }, async (scene, agent, token) => {
	await assert.rejects(agent.call('pin.verify', { token: token.token }), (error) => ['pin.cancelled', 'pin.unavailable'].includes(error.rpc));
	assert.equal((await agent.call('token.list')).tokens.length, 1);
}));

test('the window names page, purpose, company, key and serial; the PIN stays in no log', () => staged({}, async (scene, agent, token, old) => {
	await agent.call('renewal.begin', { order: 'P-2', certificate: old.id, key: 'new' });
	const asked = scene.pins.asked().join('\n');
	for (const part of [scene.origin, 'P-2', scene.company.name, '测试Key', token.serial.slice(-6), '生成新密钥']) assert.ok(asked.includes(part), `${part} in\n${asked}`);
	assert.ok(!scene.daemon.service.output().includes('12345678'));
	const report = JSON.stringify(await agent.call('diagnostics.report'));
	assert.ok(!report.includes('12345678') && !report.includes(scene.company.name));
}));

test('one login serves the steps of one page, and no other page', () => staged({}, async (scene, agent, token, old) => {
	await agent.call('pin.verify', { token: token.token });
	const { csr } = await agent.call('renewal.begin', { order: 'P-3', certificate: old.id, key: 'new' });
	await agent.call('renewal.install', { order: 'P-3', certificate: await scene.ca.issue(csr), chain: [] });
	assert.equal(scene.pins.count(), 1);
	const other = await scene.connect();
	await other.call('renewal.begin', { order: 'P-4', certificate: old.id, key: 'new' });
	assert.equal(scene.pins.count(), 2);
	await agent.call('pin.verify', { token: token.token });
	assert.equal(scene.pins.count(), 3, 'verify always asks');
}));

test('two pages: the second is told busy, others are served meanwhile, and the page that leaves closes its window', () => staged({ pins: ['hang', '12345678'] }, async (scene, agent, token, old) => {
	const waiting = agent.call('pin.verify', { token: token.token }).catch((error) => error);
	await scene.pins.untilAsked(1);
	const other = await scene.connect();
	await refused(other.call('renewal.begin', { order: 'P-5', certificate: old.id, key: 'new' }), 'agent.busy');
	assert.equal((await other.call('environment.check')).items.length > 0, true);
	await agent.close();
	await waiting;
	for (let i = 0; ; i++) {
		try { await other.call('pin.verify', { token: token.token }); break; } catch (error) { if (i > 50 || error.rpc !== 'agent.busy') throw error; await new Promise((r) => setTimeout(r, 100)); }
	}
}));

test('the PIN is changed', () => staged({ pins: ['12345678', '87651234', '87651234'] }, async (scene, agent, token) => {
	await agent.call('pin.change', { token: token.token });
	scene.pins.answer('12345678');
	await refused(agent.call('pin.verify', { token: token.token }), 'pin.incorrect');
	scene.pins.answer('87651234');
	await agent.call('pin.verify', { token: token.token });
	scene.token.pin = '87651234';
	assert.equal((await scene.token.objects()).length, 3);
}));

test('the key is pulled out and put back between the steps', () => staged({}, async (scene, agent, token, old) => {
	const begun = await agent.call('renewal.begin', { order: 'P-6', certificate: old.id, key: 'new' });
	const certificate = await scene.ca.issue(begun.csr);
	scene.token.pull();
	await assert.rejects(agent.call('renewal.install', { order: 'P-6', certificate, chain: [] }),
		(error) => ['token.absent', 'token.removed', 'renewal.state', 'certificate.absent'].includes(error.rpc));
	assert.deepEqual((await agent.call('token.list')).tokens, []);
	scene.token.putBack();
	assert.equal((await agent.call('token.list')).tokens.length, 1);
	await agent.call('renewal.install', { order: 'P-6', certificate, chain: [] });
	await agent.call('renewal.complete', { order: 'P-6' });
	assert.equal((await scene.token.objects()).length, 3);
}));
