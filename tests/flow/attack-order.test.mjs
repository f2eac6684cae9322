// Orders that are mixed up: by a page, or by a hall.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { days, makeRequest } from '../lib/ca.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';

let scene, agent, old, issued;
before(async () => {
	scene = await makeScene({ keyType: 'ec-p256' });
	agent = await scene.connect();
	({ certificates: [old] } = await agent.call('certificate.list'));
	const { csr } = await agent.call('renewal.begin', { order: 'MIX-1', certificate: old.id, key: 'new' });
	await agent.call('renewal.begin', { order: 'MIX-2', certificate: old.id, key: 'new' });
	issued = await scene.ca.issue(csr, { notBefore: days(0), notAfter: days(365) });
});
after(async () => { await agent.close(); await scene.close(); });

const install = (order, certificate = issued) => agent.call('renewal.install', { order, certificate, chain: [] });

test('the certificate of one order is not installed for another that has a key', () =>
	unchanged(scene.token, () => refused(install('MIX-2'), 'certificate.mismatch', { what: 'spki' })));

test('nor for one that nobody knows', () =>
	unchanged(scene.token, () => refused(install('MIX-3'), 'renewal.state')));

test('the same key cannot be of another type', () =>
	refused(agent.call('renewal.begin', { order: 'MIX-4', certificate: old.id, key: 'same', keyType: 'rsa4096' }), 'request.invalid', { field: 'keyType' }));

test('the same key and its own type', async () => {
	assert.match((await agent.call('renewal.begin', { order: 'MIX-5', certificate: old.id, key: 'same', keyType: 'ec-p256' })).csr, /^-----BEGIN/);
});

test('cancelling one order leaves the other', async () => {
	await agent.call('renewal.cancel', { order: 'MIX-2' });
	assert.equal((await agent.call('renewal.inspect', { order: 'MIX-1' })).stage, 'key');
	assert.match((await install('MIX-1')).receipt, /^ey/);
	await refused(agent.call('renewal.cancel', { order: 'MIX-1' }), 'renewal.state');
	assert.deepEqual((await agent.call('renewal.complete', { order: 'MIX-1' })).retired, [old.id]);
});

for (const [usage, id] of [['encrypt', '51'], ['authority', '52']])
	test(`a certificate of usage ${usage} is not renewed, its key signs nothing`, async () => {
		const folder = path.join(scene.folder, usage), key = await makeKey('ec-p256');
		mkdirSync(folder);
		const pem = await scene.ca.issue(await makeRequest(key, folder), { usage, notAfter: days(30) });
		await scene.token.importPair(key, { id, label: usage });
		await scene.token.writeCertificate(pem, { id, label: usage });
		await agent.call('certificate.list');
		await refused(agent.call('renewal.begin', { order: `MIX-${usage}`, certificate: certificateId(pem), key: 'same' }), 'request.invalid', { field: 'certificate' });
	});
