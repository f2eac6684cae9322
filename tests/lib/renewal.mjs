// A renewal as a page does it, step by step, against the agent and the hall; every step is reported and checked.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readJws } from './client.mjs';
import { pemToDer, sha256 } from './token.mjs';
import { verifyCertificate, verifyRequest } from './witness.mjs';
import { sleep } from './process.mjs';

// The certificate of the scene as the agent lists it.
export async function findCertificate(agent, pem) {
	const { certificates } = await agent.call('certificate.list');
	return certificates.find((one) => one.id === sha256(pemToDer(pem)));
}

export function checkProof(proof, { order, origin, serial, csr, certificate }) {
	const jws = readJws(proof);
	assert.ok(jws.valid, 'proof verifies with the certificate in x5c');
	assert.equal(sha256(jws.certificate.raw), sha256(pemToDer(certificate)));
	assert.equal(jws.header.typ, 'JWT');
	assert.deepEqual({ ...jws.payload, iat: 0 }, { order, csrSha256: sha256(pemToDer(csr)), origin, tokenSerial: serial, iat: 0 });
	assert.ok(Math.abs(jws.payload.iat - Date.now() / 1000) < 120);
	return jws;
}

export function checkReceipt(receipt, { order, origin, serial, certificate }) {
	const jws = readJws(receipt);
	assert.ok(jws.valid, 'receipt verifies with the certificate in x5c');
	assert.deepEqual({ ...jws.payload, iat: 0 },
		{ order, certificateSha256: sha256(pemToDer(certificate)), tokenSerial: serial, origin, iat: 0 });
	assert.equal(sha256(jws.certificate.raw), sha256(pemToDer(certificate)));
	return jws;
}

// Waits while the CA works (制证中).
export async function untilIssued(hall, order) {
	for (let i = 0; i < 100; i++) {
		if (['ISSUED', 'INSTALLED', 'MANUAL'].includes(order.state)) return order;
		await sleep(200);
		({ order } = await hall.get(`/api/orders/${order.id}`));
	}
	throw new Error(`order ${order.id} stays ${order.state}`);
}

// From an order in any state before PAID to PAID.
export async function payOrder(hall, order, { serial, company, mode = 'now' }) {
	if (order.state === 'NEW') ({ order } = await hall.post(`/api/orders/${order.id}/bind`, { tokenSerial: serial }));
	if (order.state === 'BOUND')
		({ order } = await hall.post(`/api/orders/${order.id}/confirm`, { company: company.name, creditCode: company.creditCode, contact: company.contact }));
	if (['CONFIRMED', 'PAYING'].includes(order.state)) ({ order } = await hall.post(`/api/orders/${order.id}/payment`));
	if (order.state === 'PAYING') {
		await hall.pay(order.payment, mode);
		({ order } = await hall.get(`/api/orders/${order.id}`));
	}
	return order;
}

// The whole of it. report(text, facts) is called after every step that went well.
export async function renew(scene, { agent, hall, key = 'new', keyType, dual = false, report = () => {} }) {
	const { serial } = scene.token, { origin } = scene;
	report('agent.hello', `agent ${agent.hello.version}, page ${agent.hello.origin}`);

	const { items } = await agent.call('environment.check');
	assert.deepEqual(items.filter((item) => item.state === 'fail'), []);
	report('environment.check', items.map((item) => `${item.id} ${item.state}`).join(', '));

	const { tokens } = await agent.call('token.list');
	const token = tokens.find((one) => one.serial === serial);
	assert.ok(token, 'the key is listed');
	report('token.list', `${token.label}, serial ${token.serial}, PIN ${token.pin}`);

	const old = await findCertificate(agent, scene.oldPem);
	assert.ok(old?.hasPrivateKey);
	report('certificate.list', `${old.subject}; serial ${old.serialNumber}; until ${old.notAfter}, ${old.renewal.daysLeft} days left, window ${old.renewal.state}`);

	let { order } = await hall.post('/api/orders', { certificate: old.pem });
	report('order', `${order.id} is ${order.state}, ${(order.price / 100).toFixed(2)} yuan`);

	await agent.call('pin.verify', { token: token.token });
	report('pin.verify', 'the key accepted the PIN');

	order = await payOrder(hall, order, { serial, company: scene.company });
	assert.equal(order.state, 'PAID');
	report('payment', `${order.id} is ${order.state}, payment ${order.payment?.id ?? ''}`);

	const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key, ...(keyType ? { keyType } : {}), ...(dual ? { dual } : {}) });
	const request = await verifyRequest(begun.csr);
	assert.ok(request.ok, request.text);
	checkProof(begun.proof, { order: order.id, origin, serial, csr: begun.csr, certificate: old.pem });
	report('renewal.begin', `key ${begun.publicKey.slice(0, 16)}…; openssl req -verify: OK; ${request.subject}`);
	if (dual) report('importAlgorithms', `the key can take an encryption key as ${begun.importAlgorithms.join(', ')}`);

	({ order } = await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof, ...(dual ? { importAlgorithms: begun.importAlgorithms } : {}) }));
	order = await untilIssued(hall, order);
	assert.equal(order.state, 'ISSUED');
	const issued = new X509Certificate(order.issued.certificate);
	const verdict = await verifyCertificate(scene, order.issued.certificate, { chain: order.issued.chain });
	assert.ok(verdict.ok, verdict.text);
	report('issue', `${order.id} is ${order.state}; serial ${issued.serialNumber.toLowerCase()} until ${issued.validTo}; openssl verify: OK`);
	const { encryption, chain } = order.issued;
	assert.equal(Boolean(encryption), dual);
	if (dual) {
		const { ok, text } = await verifyCertificate(scene, encryption.certificate, { chain });
		assert.ok(ok, text);
		report('encryption', `serial ${new X509Certificate(encryption.certificate).serialNumber.toLowerCase()}; openssl verify: OK; envelope ${encryption.format}`);
	}

	const { receipt } = await agent.call('renewal.install', { order: order.id, certificate: order.issued.certificate, chain, ...(dual ? { encryption } : {}) });
	checkReceipt(receipt, { order: order.id, origin, serial, certificate: order.issued.certificate });
	report('renewal.install', `written, read back, signed with${dual ? '; encryption key imported, decrypted with' : ''}; receipt verifies with the new key`);

	({ order } = await hall.post(`/api/orders/${order.id}/receipt`, { receipt }));
	assert.equal(order.state, 'INSTALLED');
	report('receipt', `${order.id} is ${order.state}`);

	const { retired } = await agent.call('renewal.complete', { order: order.id });
	report('renewal.complete', retired.length ? `old certificate ${retired.map((id) => id.slice(0, 16)).join(', ')}… taken off the key` : 'nothing retired');
	return { order, old, begun, receipt, retired, certificate: order.issued.certificate };
}
