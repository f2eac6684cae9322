// A renewal over real processes and sockets: agent, SoftHSM2, an openssl CA; judged by openssl and pkcs11-tool.
import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { days, makeRequest } from '../lib/ca.mjs';
import { all } from '../lib/paths.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId, makeKey, pemToDer } from '../lib/token.mjs';
import { subjectOf, verifyCertificate, verifyRequest } from '../lib/witness.mjs';
import { markId as mark } from '../lib/mark.mjs';

const kinds = (objects) => objects.map((text) => /^(Certificate|Private Key|Public Key)/.exec(text)?.[1] ?? text).sort();
const attribute = (object, name) => new RegExp(`^  ${name}:\\s+(.*)$`, 'm').exec(object)?.[1];

async function checkRequest(scene, begun, { order, key, old }) {
	const request = await verifyRequest(begun.csr);
	assert.ok(request.ok, request.text);
	assert.equal(request.subject, await subjectOf(old.pem));
	checkProof(begun.proof, { order, origin: scene.origin, serial: scene.token.serial, csr: begun.csr, certificate: old.pem });
	if (key === 'same') {
		const spki = new X509Certificate(old.pem).publicKey.export({ type: 'spki', format: 'der' });
		assert.equal(begun.publicKey, createHash('sha256').update(spki).digest('hex'));
	}
}

async function renewOnce(scene, { key, order = 'T-2026.0001', keyType }) {
	const agent = await scene.connect();
	const old = await findCertificate(agent, scene.oldPem);
	assert.equal(old.creditCode, scene.company.creditCode);
	assert.ok(old.subject.includes(scene.company.name), old.subject);
	const begun = await agent.call('renewal.begin', { order, certificate: old.id, key, ...(keyType ? { keyType } : {}) });
	await checkRequest(scene, begun, { order, key, old });
	const again = await agent.call('renewal.begin', { order, certificate: old.id, key, ...(keyType ? { keyType } : {}) });
	assert.equal(again.publicKey, begun.publicKey, 'begin again gives the same key');

	const pem = await scene.ca.issue(begun.csr);
	const verdict = await verifyCertificate(scene, pem);
	assert.ok(verdict.ok, verdict.text);
	const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
	checkReceipt(receipt, { order, origin: scene.origin, serial: scene.token.serial, certificate: pem });
	const second = await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
	checkReceipt(second.receipt, { order, origin: scene.origin, serial: scene.token.serial, certificate: pem });

	const inspected = await agent.call('renewal.inspect', { order });
	assert.equal(inspected.stage, 'installed');
	assert.equal(inspected.next, 'complete');
	const { retired } = await agent.call('renewal.complete', { order });
	const done = await agent.call('renewal.inspect', { order });
	assert.equal(done.stage, 'completed');
	assert.equal(done.next, 'none');
	const listed = (await agent.call('renewal.list')).renewals.filter((one) => one.order === order);
	assert.deepEqual(listed.map((one) => one.stage), ['completed'], 'a completed order stays listed');
	const steps = agent.notifications.filter((one) => one.method === 'renewal.progress');
	assert.ok(steps.length > 0, 'progress was told');
	for (const { params } of steps) assert.ok(params.order === order && params.step >= 1 && params.step <= params.of && params.text.length > 0);
	await agent.close();
	return { old, begun, pem, retired };
}

const left = { new: { pair: 3, certificate: 5, nothing: 6 }, same: { pair: 3, certificate: 3, nothing: 4 } };

async function renewal({ keyType, key, retire = 'pair' }) {
	const scene = await makeScene({ keyType, settings: { retire } });
	try {
		const { old, pem, retired } = await renewOnce(scene, { key });
		assert.deepEqual(retired, retire === 'nothing' ? [] : [old.id]);
		const objects = await scene.token.objects();
		assert.equal(objects.length, left[key][retire], objects.join('\n'));
		const serial = new X509Certificate(pem).serialNumber;
		const mine = objects.find((text) => text.startsWith('Certificate') && attribute(text, 'serial') === serial);
		assert.ok(mine, 'pkcs11-tool shows the new certificate with its serial number');
		const id = attribute(mine, 'ID');
		if (key === 'new') assert.equal(id, mark('T-2026.0001'));
		else assert.equal(id, '01');
		assert.equal(attribute(mine, 'label'), scene.company.name);
		if (key === 'new') assert.equal(certificateId(await scene.token.readCertificate(id)), certificateId(pem));
		assert.ok(await scene.token.signs(id, pem, keyType), 'pkcs11-tool signs with the new pair, openssl verifies with the new certificate');
	} finally {
		await scene.close();
	}
}

for (const keyType of ['rsa2048', 'ec-p256', 'ec-p384', 'ed25519', ...(all ? ['rsa3072', 'rsa4096'] : [])])
	for (const key of ['new', 'same'])
		test(`renews ${keyType} with the ${key} key`, () => renewal({ keyType, key }));

for (const retire of ['certificate', 'nothing'])
	for (const key of ['new', 'same'])
		test(`retires ${retire} of an EC pair after renewal with the ${key} key`, () => renewal({ keyType: 'ec-p256', key, retire }));

test('another key type than the old one', async () => {
	const scene = await makeScene({ keyType: 'rsa2048' });
	try {
		const { pem } = await renewOnce(scene, { key: 'new', keyType: 'ec-p256' });
		assert.equal(new X509Certificate(pem).publicKey.asymmetricKeyType, 'ec');
		assert.deepEqual(kinds(await scene.token.objects()), ['Certificate', 'Private Key', 'Public Key']);
	} finally { await scene.close(); }
});

test('an order can be cancelled while only its key is there, and no longer', async () => {
	const scene = await makeScene({ keyType: 'ec-p256' });
	try {
		const agent = await scene.connect();
		const before = await scene.token.objects();
		const old = await findCertificate(agent, scene.oldPem);
		await agent.call('renewal.begin', { order: 'C-1', certificate: old.id, key: 'new' });
		assert.equal((await scene.token.objects()).length, 5);
		await agent.call('renewal.cancel', { order: 'C-1' });
		assert.deepEqual(await scene.token.objects(), before);
		const begun = await agent.call('renewal.begin', { order: 'C-2', certificate: old.id, key: 'new' });
		const pem = await scene.ca.issue(begun.csr);
		await agent.call('renewal.install', { order: 'C-2', certificate: pem, chain: [] });
		const installed = await scene.token.objects();
		await assert.rejects(agent.call('renewal.cancel', { order: 'C-2' }), (error) => error.rpc === 'renewal.state');
		assert.deepEqual(await scene.token.objects(), installed);
		await agent.close();
	} finally { await scene.close(); }
});

test('the agent killed between the steps goes on, also with its state gone', async () => {
	const scene = await makeScene({ keyType: 'ec-p256' });
	try {
		const order = 'K-1';
		let agent = await scene.connect();
		const old = await findCertificate(agent, scene.oldPem);
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		await scene.daemon.kill();
		rmSync(scene.daemon.settings.state, { recursive: true, force: true });
		await scene.daemon.again();
		agent = await scene.connect();
		const again = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		assert.equal(again.publicKey, begun.publicKey);
		const pem = await scene.ca.issue(again.csr);
		await agent.call('renewal.install', { order, certificate: pem, chain: [] });
		await scene.daemon.kill();
		rmSync(scene.daemon.settings.state, { recursive: true, force: true });
		await scene.daemon.again();
		agent = await scene.connect();
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'installed');
		await agent.call('renewal.complete', { order });
		assert.deepEqual(kinds(await scene.token.objects()), ['Certificate', 'Private Key', 'Public Key']);
		await agent.close();
	} finally { await scene.close(); }
});

test('what another program writes shows in the next list', async () => {
	const scene = await makeScene({ keyType: 'ec-p256' });
	try {
		const agent = await scene.connect();
		assert.equal((await agent.call('certificate.list')).certificates.length, 1);
		assert.equal((await agent.call('certificate.list')).certificates.length, 1);
		const key = await makeKey('ec-p256');
		const pem = await scene.ca.issue(await makeRequest(key, scene.folder), { notAfter: days(300) });
		await scene.token.importPair(key, { id: '02', label: 'second' });
		await scene.token.writeCertificate(pem, { id: '02', label: 'second' });
		const { certificates } = await agent.call('certificate.list');
		assert.deepEqual(certificates.map((one) => one.id).sort(), [certificateId(pem), certificateId(scene.oldPem)].sort());
		const early = certificates.find((one) => one.id === certificateId(pem));
		assert.equal(early.renewal.state, 'early');
		assert.equal(pemToDer(early.pem).equals(pemToDer(pem)), true);
		await agent.close();
	} finally { await scene.close(); }
});
