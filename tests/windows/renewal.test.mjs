// A renewal over the Windows programs under wine, asked by the same client as on Linux.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Client } from '../lib/client.mjs';
import { sleep, until } from '../lib/process.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeScene, origin, processors } from './scene.mjs';

for (const processor of processors) test(`the Windows programs under wine, a library for ${processor}`, { timeout: 300000 }, async (t) => {
	const scene = await makeScene(processor);
	t.after(() => scene.abandon());

	await t.test('who is no process of this user is refused', async () => {
		const client = await Client.open(scene.port, { origin });
		assert.deepEqual(await client.closed, { code: 4403, reason: 'other user' });
	});

	await t.test('a check', async () => {
		const agent = await scene.connect();
		assert.equal(agent.hello.protocol, 1);
		const { items } = await agent.call('environment.check');
		const state = (id) => items.find((one) => one.id === id)?.state;
		assert.equal(state('driver'), 'ok', JSON.stringify(items, null, 1));
		assert.equal(state('key'), 'ok');
		await agent.close();
	});

	await t.test('a renewal', async () => {
		const agent = await scene.connect(), order = 'W-2026.0001';
		const old = await findCertificate(agent, scene.oldPem), { tokens } = await agent.call('token.list');
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		checkProof(begun.proof, { order, origin, serial: tokens[0].serial, csr: begun.csr, certificate: scene.oldPem });
		const pem = await scene.ca.issue(begun.csr);
		const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
		checkReceipt(receipt, { order, origin, serial: tokens[0].serial, certificate: pem });
		assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
		assert.ok((await findCertificate(agent, pem)).hasPrivateKey);
		assert.match(readFileSync(scene.at('pin window/asked'), 'utf8'), /^GETPIN$/m);
		await agent.close();
	});

	await t.test('no other process of the user reads the memory of a token host', async () => {
		assert.equal((await scene.run('peek.exe', 'keyhall-token.exe')).stdout.trim(), '0 of 1');
		assert.equal((await scene.run('peek.exe', 'keyhalld.exe')).stdout.trim(), '1 of 1', 'as it may of others');
	});

	await t.test('without a page, Windows tells of a key that goes and comes', async () => {
		const background = await scene.connect({ background: true });
		const told = (count) => background.notifications.filter((one) => one.method === 'token.changed').at(-1)?.params.tokens.length === count;
		await background.call('token.list');
		scene.plug('- -');
		await sleep(3000);
		assert.ok(!told(0), 'nobody looks');
		assert.equal((await scene.run('plug.exe')).status, 0);
		await until(() => told(0), 'the key to go');
		scene.plug('A -');
		await scene.run('plug.exe');
		await until(() => told(1), 'the key to come');
		await background.close();
	});

	await t.test('it ends when it is asked to', async () => {
		assert.equal((await scene.close()).code, 0, scene.daemon.output());
	});
});
