// A module that keeps a picture of the token, by its profile: it is started again before what needs a fresh look (pkcs11/pin/fresh.h). What
// that is for, on OpenSC's cards: card-pkcs15.test.mjs. Here on softkey, where every call can be counted and fail.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { removeFolder } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { triesLeft } from '../lib/softkey-store.mjs';

const order = 'F-1';

async function onKey(options, action) {
	const profiles = mkdtempSync(path.join(os.tmpdir(), 'keyhall-'));
	writeFileSync(path.join(profiles, 'caches.json'), JSON.stringify({ name: 'caches', match: [{ library: 'softkey*' }], caches: true }));
	const scene = await makeSoftScene({ ...options, settings: { profiles } });
	try {
		if (options.manners) { await scene.daemon.stop(); scene.key.manners(...options.manners); await scene.daemon.again(); }
		const agent = await scene.connect();
		assert.equal((await agent.call('certificate.list')).certificates.length, 1);
		assert.equal((await agent.call('diagnostics.report')).modules[0].profile, 'caches');
		await action(scene, agent);
		await agent.close();
	} finally { await scene.close(); removeFolder(profiles); }
}

const begin = (scene, agent) => agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
const install = (agent, certificate) => agent.call('renewal.install', { order, certificate, chain: [] });

// Whether the last of these calls before the first of that one are in this order.
function comesAfter(calls, call, ...before) {
	const places = [...before.map((one) => calls.slice(0, calls.indexOf(call)).lastIndexOf(one)), calls.indexOf(call)];
	assert.ok(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1])), `${[...before, call]}: ${places}`);
}

for (const manners of [undefined, ['initialize 0x5']])
	test(`a renewal with one PIN window${manners ? `, on a module that starts once: ${manners}` : ''}`, () => onKey({ manners }, async (scene, agent) => {
		const { csr } = await begin(scene, agent);
		await install(agent, await scene.ca.issue(csr));
		const { retired } = await agent.call('renewal.complete', { order });
		assert.deepEqual(retired, [scene.old]);
		assert.equal((await scene.key.objects()).length, 3);
		assert.equal(scene.pins.count(), 1);
	}));

test('it is started again before a list, a login, and with the login before each write and proof', () => onKey({}, async (scene, agent) => {
	const list = await scene.key.calls(() => agent.call('certificate.list'));
	comesAfter(list, 'C_FindObjectsInit', 'C_Finalize', 'C_Initialize');
	let csr, certificate;
	const begun = await scene.key.calls(async () => { ({ csr } = await begin(scene, agent)); });
	comesAfter(begun, 'C_Login', 'C_Finalize', 'C_Initialize');
	comesAfter(begun, 'C_GenerateKeyPair', 'C_Finalize', 'C_Initialize', 'C_Login');
	assert.equal(begun.filter((call) => call === 'C_Login').length, 2);
	certificate = await scene.ca.issue(csr);
	const installed = await scene.key.calls(() => install(agent, certificate));
	comesAfter(installed, 'C_CreateObject', 'C_Finalize', 'C_Initialize', 'C_Login');
	const completed = await scene.key.calls(() => agent.call('renewal.complete', { order }));
	comesAfter(completed, 'C_DestroyObject', 'C_Finalize', 'C_Initialize', 'C_Login');
}));

test('a PIN that another program has changed is asked for again, at the cost of one try', () => onKey({}, async (scene, agent) => {
	const { csr } = await begin(scene, agent), full = triesLeft(scene.key);
	await scene.key.user('--change-pin', '--new-pin', '654321');
	scene.key.pin = '654321';
	scene.pins.answer('wait', '654321');
	const ended = scene.ca.issue(csr).then((pem) => install(agent, pem));
	await scene.pins.untilAsked(2);
	assert.equal(triesLeft(scene.key), full - 1);
	scene.pins.go();
	await ended;
	assert.equal(scene.pins.count(), 2);
}));

test('the PIN that is held is never the last try', () => onKey({}, async (scene, agent) => {
	const { csr } = await begin(scene, agent), certificate = await scene.ca.issue(csr);
	scene.key.set({ left: 1 });
	scene.pins.answer('cancel');
	await refused(install(agent, certificate), 'pin.cancelled');
	assert.equal(triesLeft(scene.key), 1);
}));
