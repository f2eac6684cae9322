// A renewal that was broken off in the middle, and its going on.
import assert from 'node:assert/strict';
import path from 'node:path';
import { checkReceipt } from './renewal.mjs';
import { makeSoftScene } from './soft-scene.mjs';

export const order = 'J-1';

// Ends in the middle: the key pair is made and the certificate issued, the daemon killed with its log not yet in the database.
export async function middle(action, { key = 'new', ...options } = {}) {
	const scene = await makeSoftScene(options);
	try {
		const agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key });
		scene.pem = await scene.ca.issue(csr);
		await scene.daemon.kill();
		scene.state = scene.daemon.settings.state;
		scene.file = (name) => path.join(scene.state, name);
		await action(scene);
	} finally { await scene.close(); }
}

export async function goOn(scene, { begin = true } = {}) {
	await scene.daemon.again();
	const agent = await scene.connect();
	const { next } = await agent.call('renewal.inspect', { order });
	assert.ok(['begin', 'install'].includes(next), next);
	if (begin) await agent.call('renewal.begin', { order, certificate: scene.old, key: scene.choice ?? 'new' });
	const { receipt } = await agent.call('renewal.install', { order, certificate: scene.pem, chain: [] });
	checkReceipt(receipt, { order, origin: scene.origin, serial: scene.key.serial, certificate: scene.pem });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
	assert.equal((await agent.call('environment.check')).items.find((one) => one.id === 'key').state, 'ok');
	return agent;
}

export const journalState = async (agent) => (await agent.call('environment.check')).items.find((one) => one.id === 'state').state;
