// SM2 through the agent's public methods, and what the check and the report say of profiles.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { verifyRequest } from '../lib/witness.mjs';

const order = 'GM-1';
const driver = async (agent) => (await agent.call('environment.check')).items.find((item) => item.id === 'driver');
const staged = async (options, action) => {
	const scene = await makeSoftScene({ keyType: 'sm2', caType: 'sm2', ...options });
	try { await action(scene, await scene.connect()); } finally { await scene.close(); }
};

for (const [vendor, key] of [['sansec', 'new'], ['tass', 'new'], ['sansec', 'same']])
	test(`${vendor}, ${key} key: from the list to the old certificate's end`, () => staged({ vendor }, async (scene, agent) => {
		const old = await findCertificate(agent, scene.oldPem), { origin } = scene, { serial } = scene.key;
		assert.deepEqual([old.keyType, old.hasPrivateKey], ['sm2', true]);
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key });
		const verdict = await verifyRequest(begun.csr);
		assert.ok(verdict.ok, verdict.text);
		checkProof(begun.proof, { order, origin, serial, csr: begun.csr, certificate: scene.oldPem });
		const pem = await scene.ca.issue(begun.csr);
		const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [] });
		checkReceipt(receipt, { order, origin, serial, certificate: pem });
		assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
		const { certificates } = await agent.call('certificate.list');
		assert.deepEqual(certificates.map((one) => [one.id, one.keyType, one.hasPrivateKey]), [[certificateId(pem), 'sm2', true]]);
	}));

test('check and report name the profile', () => staged({ vendor: 'sansec' }, async (scene, agent) => {
	const item = await driver(agent);
	assert.deepEqual([item.state, item.code], ['ok', 'ok']);
	assert.match(item.text, /sansec/);
	const { modules } = await agent.call('diagnostics.report');
	assert.deepEqual(modules.map((one) => [one.profile, one.profileProblems]), [['sansec', undefined]]);
}));

test('a broken profile is told without its folder; without one SM2 is listed and not renewed', async () => {
	let folder;
	await staged({ vendor: 'sansec' }, async (scene, first) => {
		await first.close();
		folder = path.join(scene.folder, 'profiles');
		mkdirSync(folder);
		writeFileSync(path.join(folder, 'sansec.json'), '{"name":"sansec","match":[{"library":"nothing"}]}');
		writeFileSync(path.join(folder, 'other.json'), '{"name":"other","match":[{"library":"*"}],"sm2":{}}');
		await scene.daemon.stop();
		await scene.daemon.again({ profiles: folder });
		const agent = await scene.connect();
		const old = await findCertificate(agent, scene.oldPem);
		assert.deepEqual([old.keyType, old.hasPrivateKey], ['sm2', true]);
		const before = await scene.key.objects();
		for (const keyType of [undefined, 'sm2', 'ec-p256'])
			await refused(agent.call('renewal.begin', { order, certificate: old.id, key: 'new', ...(keyType ? { keyType } : {}) }), 'token.unsupported');
		assert.deepEqual(await scene.key.objects(), before);
		const item = await driver(agent);
		assert.deepEqual([item.state, item.code], ['warn', 'driver.profile']);
		assert.match(item.text, /other\.json: sm2\.keyType must be given once/);
		const { modules } = await agent.call('diagnostics.report');
		assert.deepEqual(modules.map((one) => one.profile), ['standard']);
		assert.deepEqual(modules[0].profileProblems.map((one) => one.includes(folder)), [false]);
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'nothing');
	});
});
