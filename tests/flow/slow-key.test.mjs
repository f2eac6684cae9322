// Keys that are slow or hang, and drivers that do so when they are loaded: how long that lasts, what is said, what still works.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { run, sleep, temporaryFolder, until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try {
		const agent = await scene.connect({ locale: 'en' });
		await action(scene, agent);
		await agent.close();
	} finally { await scene.close(); }
}

async function timed(action) {
	const started = Date.now();
	await action();
	return Date.now() - started;
}

for (const [percent, least, most] of [[5, 400, 2000], [20, 1800, 5000]])
	test(`deadlines at ${percent} percent`, () => withScene({ settings: { deadlines: percent }, faults: ['C_GetSlotList 0 hang'] }, async (scene, agent) => {
		const took = await timed(() => refused(agent.call('token.list', { }), 'token.failed', { call: 'C_GetSlotList' }));
		assert.ok(took > least && took < most, `${took} ms`);
	}));

test('a slow key is no hung key', () => withScene({ settings: { deadlines: 10 }, faults: ['C_GetTokenInfo 1 delay 500'] }, async (scene, agent) => {
	assert.equal((await agent.call('token.list')).tokens.length, 1);
}));

// The second C_OpenSession is libp11's, which waits for ever when it fails.

async function installed(scene, agent, order) {
	const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	const pem = await scene.ca.issue(csr);
	await agent.call('renewal.install', { order, certificate: pem, chain: [] });
	return pem;
}

for (const fault of ['C_OpenSession 2 error 0xb1', 'C_OpenSession 2 crash', 'C_OpenSession 2 hang'])
	test(`the second reader, ${fault}: the renewal is completed without it`, () => withScene({ settings: { deadlines: 10 } }, async (scene, agent) => {
		await installed(scene, agent, 'R-1');
		await scene.daemon.stop();
		scene.key.fault(fault);
		await scene.daemon.again();
		const page = await scene.connect();
		assert.equal((await page.call('renewal.inspect', { order: 'R-1' })).next, 'complete');
		let retired;
		const took = await timed(async () => { ({ retired } = await page.call('renewal.complete', { order: 'R-1' })); });
		assert.equal(scene.key.read('faults').trim(), '', 'the fault was met');
		assert.deepEqual(retired, [scene.old]);
		assert.ok(took < 6000, `${took} ms`);
		const log = scene.daemon.service.output();
		assert.match(log, /no answer from the second reader/);
		assert.equal((await page.call('renewal.inspect', { order: 'R-1' })).stage, 'completed');
		await page.close();
	}));
