// Agent and hall together, as a page would join them: the whole renewal, and what must not go through.
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeRequest } from '../lib/ca.mjs';
import { sleep } from '../lib/process.mjs';
import { findCertificate, payOrder, renew, untilIssued } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeKey } from '../lib/token.mjs';
import { verifyCertificate } from '../lib/witness.mjs';

async function staged(options, action) {
	const scene = await makeScene({ hall: true, ...options });
	try { await action(scene, await scene.connect(), scene.hall.client()); } finally { await scene.close(); }
}

async function untilPaid(scene, agent, hall) {
	const old = await findCertificate(agent, scene.oldPem);
	const { order } = await hall.post('/api/orders', { certificate: old.pem });
	return { old, order: await payOrder(hall, order, { serial: scene.token.serial, company: scene.company }) };
}

const crlOf = async (hall) => Buffer.from(await (await hall.fetch('/ca/crl.der')).arrayBuffer());

for (const [keyType, key] of [['rsa2048', 'new'], ['ec-p256', 'new'], ['ec-p384', 'new'], ['ed25519', 'new'], ['ec-p256', 'same']])
	test(`the whole renewal: ${keyType}, ${key} key`, () => staged({ keyType }, async (scene, agent, hall) => {
		const done = await renew(scene, { agent, hall, key });
		const crl = await crlOf(hall), chain = done.order.issued.chain;
		const fresh = await verifyCertificate(scene, done.certificate, { chain, crl });
		assert.ok(fresh.ok, fresh.text);
		assert.match((await verifyCertificate(scene, scene.oldPem, { chain, crl })).text, /certificate revoked/);
		assert.equal((await scene.token.objects()).length, 3);
		const again = await hall.post(`/api/orders/${done.order.id}/receipt`, { receipt: done.receipt });
		assert.equal(again.order.state, 'INSTALLED');
		const next = await findCertificate(agent, done.certificate);
		assert.equal(next.renewal.state, 'early');
	}));

test('the same request again gives the same certificate; another key is a re-issue', () => staged({ keyType: 'ec-p256' }, async (scene, agent, hall) => {
	const { old, order } = await untilPaid(scene, agent, hall);
	const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	const first = await untilIssued(hall, (await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof })).order);
	const second = await untilIssued(hall, (await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof })).order);
	assert.equal(second.issued.certificate, first.issued.certificate);
	await agent.call('renewal.cancel', { order: order.id });
	// The hall wants a proof that is younger by a whole second than the other key's.
	await sleep(1000);
	const other = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	assert.notEqual(other.publicKey, begun.publicKey);
	const third = await untilIssued(hall, (await hall.post(`/api/orders/${order.id}/key`, { csr: other.csr, proof: other.proof })).order);
	assert.notEqual(third.issued.certificate, first.issued.certificate);
	await assert.rejects(agent.call('renewal.install', { order: order.id, certificate: first.issued.certificate, chain: first.issued.chain }),
		(error) => error.rpc === 'certificate.mismatch' && error.data.what === 'spki');
	await agent.call('renewal.install', { order: order.id, certificate: third.issued.certificate, chain: third.issued.chain });
}));

test('the hall refuses proofs that are not this order\'s, by this key, for this request', () => staged({ keyType: 'ec-p256' }, async (scene, agent, hall) => {
	const { old, order } = await untilPaid(scene, agent, hall);
	const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	const elsewhere = await agent.call('renewal.begin', { order: 'another-order', certificate: old.id, key: 'new' });
	const stranger = await makeRequest(await makeKey('ec-p256'), scene.folder);
	const flip = (jws) => { const parts = jws.split('.'); parts[2] = (parts[2][0] === 'A' ? 'B' : 'A') + parts[2].slice(1); return parts.join('.'); };
	for (const body of [
		{ csr: begun.csr, proof: elsewhere.proof }, { csr: elsewhere.csr, proof: begun.proof }, { csr: stranger, proof: begun.proof },
		{ csr: begun.csr, proof: flip(begun.proof) }, { csr: begun.csr, proof: 'a.b.c' }, { csr: 'garbage', proof: begun.proof }, { csr: begun.csr }, {},
	])
		await assert.rejects(hall.post(`/api/orders/${order.id}/key`, body), (error) => error.status >= 400 && error.status < 500);
	assert.equal((await hall.get(`/api/orders/${order.id}`)).order.state, 'PAID');
	assert.equal((await verifyCertificate(scene, scene.oldPem, { chain: scene.chain, crl: await crlOf(hall) })).ok, true, 'the old one is not revoked');
	await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof });
}));

test('no key before it is paid', () => staged({ keyType: 'ec-p256' }, async (scene, agent, hall) => {
	const old = await findCertificate(agent, scene.oldPem);
	const { order } = await hall.post('/api/orders', { certificate: old.pem });
	const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	await assert.rejects(hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof }), (error) => error.status >= 400);
}));

test('hall and agent killed at every step: the renewal goes on', () => staged({ keyType: 'ec-p256' }, async (scene, first, hall) => {
	let agent = first;
	const crash = async () => {
		await Promise.all([scene.daemon.kill(), scene.hall.kill()]);
		await Promise.all([scene.daemon.again(), scene.hall.again()]);
		agent = await scene.connect();
	};
	const { old, order } = await untilPaid(scene, agent, hall);
	await crash();
	let begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	await crash();
	begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof });
	await crash();
	const issued = await untilIssued(hall, (await hall.get(`/api/orders/${order.id}`)).order);
	const install = { order: order.id, certificate: issued.issued.certificate, chain: issued.issued.chain };
	await agent.call('renewal.install', install);
	await crash();
	const { receipt } = await agent.call('renewal.install', install);
	await hall.post(`/api/orders/${order.id}/receipt`, { receipt });
	await crash();
	await agent.call('renewal.complete', { order: order.id });
	assert.equal((await scene.token.objects()).length, 3);
}));
