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
