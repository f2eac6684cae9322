// The new certificate is on the key when its private key is lost, before the hall has the receipt: begin makes another key, and
// nothing is deleted that still works.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { parseObject, storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { certificateId } from '../lib/token.mjs';
import { markLabel } from '../lib/mark.mjs';

const order = 'LOST-1';

async function staged(action) {
	const scene = await makeSoftScene();
	Object.assign(scene, {
		agent: await scene.connect(),
		call: (method, params = {}) => scene.agent.call(method, { order, ...params }),
		begin: async (key = 'new') => {
			const begun = await scene.call('renewal.begin', { certificate: scene.old, key });
			scene.pem = await scene.ca.issue(begun.csr);
			return begun.publicKey;
		},
		async install() {
			const { receipt } = await scene.call('renewal.install', { certificate: scene.pem, chain: [] });
			checkReceipt(receipt, { order, origin: scene.origin, serial: scene.key.serial, certificate: scene.pem });
		},
		lose(kind) {
			const folder = path.join(scene.key.store, 'tokens/A');
			for (const name of readdirSync(folder).filter((one) => one.endsWith('.object'))) {
				const object = parseObject(readFileSync(path.join(folder, name)));
				if (object.kind === kind && object.label === markLabel(order)) rmSync(path.join(folder, name));
			}
		},
	});
	try { await action(scene); await scene.agent.close(); } finally { await scene.close(); }
}

const marked = (scene) => storeObjects(scene.key).filter((one) => one.label === markLabel(order)).map((one) => one.kind).sort();

test('begin takes the certificate without key off and makes another key', () => staged(async (scene) => {
	const first = await scene.begin();
	await scene.install();
	const lost = certificateId(scene.pem);
	scene.lose('private');
	await refused(scene.install(), 'renewal.state');
	const second = await scene.begin();
	assert.notEqual(second, first);
	assert.deepEqual(marked(scene), ['private', 'public']);
	await scene.install();
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	const objects = storeObjects(scene.key);
	assert.deepEqual(usableCertificates(objects), [certificateId(scene.pem)]);
	assert.ok(!objects.some((one) => one.sha256 === lost));
}));

test('a certificate whose key works stays, whatever begin is asked for', () => staged(async (scene) => {
	await scene.begin();
	await scene.install();
	for (const key of ['new', 'same'])
		await refused(scene.begin(key), 'renewal.state');
	assert.deepEqual(marked(scene), ['certificate', 'private', 'public']);
}));

test('with the same key the certificate has the old key: a new one is not made for it', () => staged(async (scene) => {
	await scene.begin('same');
	await scene.install();
	await refused(scene.begin('new'), 'renewal.state');
	assert.deepEqual(marked(scene), ['certificate']);
	assert.ok(usableCertificates(storeObjects(scene.key)).includes(certificateId(scene.pem)));
}));
