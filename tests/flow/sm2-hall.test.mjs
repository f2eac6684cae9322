// A whole SM2 renewal with the hall and its SM2 CA, as a page does it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renew } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';

for (const [vendor, caType] of [['sansec', 'sm2'], ['tass', undefined]])
	test(`${vendor}, ${caType ?? 'the usual'} CA`, async () => {
		const scene = await makeScene({ hall: true, keyType: 'sm2', kind: SoftKey, vendor, caType });
		try {
			const agent = await scene.connect();
			const { old, retired, begun } = await renew(scene, { agent, hall: scene.hall.client() });
			assert.deepEqual(retired, [old.id]);
			assert.match(begun.csr, /BEGIN CERTIFICATE REQUEST/);
			const { certificates } = await agent.call('certificate.list');
			assert.deepEqual(certificates.map((one) => [one.keyType, one.hasPrivateKey]), [['sm2', true]]);
		} finally { await scene.close(); }
	});
