// Three renewals, one after the other, on keys that keep less than they are told.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { days } from '../lib/ca.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { storeObjects } from '../lib/softkey-store.mjs';
import { certificateId } from '../lib/token.mjs';

const rows = [['id cut'], ['id own'], ['id refuse'], ['id none'], ['id none', 'label none'], ['id own', 'label none'], ['label fixed'], ['label kept'], ['label none']];

for (const words of rows)
	for (const keyType of ['ec-p256', 'rsa2048']) {
		if (keyType === 'ec-p256' && words.length > 1) continue; // below, and token.unsupported
		test(`${words}, ${keyType}: each renewal begins where the last one ended`, async () => {
			const scene = await makeSoftScene({ keyType });
			try {
				await scene.daemon.stop();
				scene.key.manners(...words);
				await scene.daemon.again();
				let old = scene.old, agent = await scene.connect();
				for (let i = 1; i <= 3; i++) {
					const order = `G-${i}`, step = (name, params) => agent.call(`renewal.${name}`, { order, ...params });
					const { csr, publicKey } = await step('begin', { certificate: old, key: 'new' });
					const certificate = await scene.ca.issue(csr, { notAfter: days(100 + 100 * i) });
					await step('install', { certificate, chain: [], publicKey });
					assert.deepEqual((await step('complete', { publicKey })).retired, [old], `generation ${i}`);
					old = certificateId(certificate);
					const { certificates } = await agent.call('certificate.list');
					assert.deepEqual(certificates.map((one) => one.hasPrivateKey), [true], `generation ${i}`);
					assert.equal((await step('inspect', { publicKey })).stage, 'completed', `generation ${i}`);
					if (i !== 2) continue;
					await scene.daemon.kill(); // the next one on another computer
					rmSync(scene.daemon.settings.state, { recursive: true, force: true });
					await scene.daemon.again();
					agent = await scene.connect();
				}
				const objects = storeObjects(scene.key);
				assert.equal(objects.length, 3, objects.map((one) => `${one.kind} ${one.id} ${one.label}`).join('; '));
			} finally { await scene.close(); }
		});
	}

test('id own, label none, ec-p256: a pair that could not be told from the old one is not made', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop();
		scene.key.manners('id own', 'label none');
		await scene.daemon.again();
		const agent = await scene.connect(), order = 'G-1';
		const { csr, publicKey } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const certificate = await scene.ca.issue(csr);
		await agent.call('renewal.install', { order, certificate, chain: [], publicKey });
		await agent.call('renewal.complete', { order, publicKey });
		const left = storeObjects(scene.key);
		assert.equal(left.length, 3);
		await refused(agent.call('renewal.begin', { order: 'G-2', certificate: certificateId(certificate), key: 'new' }), 'token.unsupported');
		assert.deepEqual(storeObjects(scene.key), left);
		await agent.call('renewal.begin', { order: 'G-2', certificate: certificateId(certificate), key: 'same' });
	} finally { await scene.close(); }
});
