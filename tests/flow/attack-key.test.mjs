// A page names the public key of a pair that another program has put on the key, without a certificate: an SSH key, say.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { describeObjects, storeObjects } from '../lib/softkey-store.mjs';
import { makeKey, sha256 } from '../lib/token.mjs';

const id = '77', order = 'A-1';

async function withForeign(keyType, action) {
	const scene = await makeSoftScene();
	try {
		const pair = await makeKey(keyType);
		await scene.key.importPair(pair, { id, label: 'ssh' });
		const foreign = () => storeObjects(scene.key).filter((one) => one.id === id);
		await action({ scene, foreign, publicKey: sha256(createPublicKey(pair).export({ type: 'spki', format: 'der' })) });
	} finally { await scene.close(); }
}

for (const keyType of ['ec-p256', 'rsa2048'])
	test(`${keyType}: begun and cancelled, it is what it was`, () => withForeign(keyType, async ({ scene, foreign, publicKey }) => {
		const before = foreign(), agent = await scene.connect();
		await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new', publicKey });
		await agent.call('renewal.cancel', { order, publicKey });
		await agent.call('renewal.cancel', { order: 'A-2', publicKey });
		await agent.call('renewal.cancel', { order });
		assert.deepEqual(foreign(), before);
	}));

test('on a token that keeps no mark, an order is cancelled on another computer', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop();
		scene.key.write('manners', 'id own\nlabel none\n');
		await scene.daemon.again();
		const before = describeObjects(storeObjects(scene.key));
		const { publicKey } = await (await scene.connect()).call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		assert.equal(storeObjects(scene.key).length, 5);
		await scene.daemon.kill();
		rmSync(scene.daemon.settings.state, { recursive: true });
		await scene.daemon.again();
		await (await scene.connect()).call('renewal.cancel', { order, publicKey });
		assert.deepEqual(describeObjects(storeObjects(scene.key)), before);
	} finally { await scene.close(); }
});

test('it is not what the order has made', () => withForeign('ec-p256', async ({ scene, foreign, publicKey }) => {
	const before = foreign(), agent = await scene.connect();
	const begun = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new', publicKey });
	assert.notEqual(begun.publicKey, publicKey);
	await agent.call('renewal.cancel', { order, publicKey });
	assert.deepEqual(foreign(), before);
}));

test('a private key alone becomes no pair of the order', () => withForeign('rsa2048', async ({ scene, foreign, publicKey }) => {
	await scene.key.user('--delete-object', '--type', 'pubkey', '--id', id);
	const before = foreign(), agent = await scene.connect();
	assert.deepEqual(before.map((one) => one.kind), ['private']);
	const begun = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new', publicKey });
	assert.notEqual(begun.publicKey, publicKey);
	await agent.call('renewal.cancel', { order });
	await agent.call('renewal.cancel', { order, publicKey });
	assert.deepEqual(foreign(), before);
	assert.equal(describeObjects(storeObjects(scene.key)).length, 4);
}));
