// A hostile page (an allowed origin; the clerk enters the PIN for the named order) names the public key of objects that its order never made.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import test from 'node:test';
import { days, makeRequest } from '../lib/ca.mjs';
import { markId } from '../lib/mark.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { certificateId, makeKey, sha256 } from '../lib/token.mjs';

const order = 'EVIL-1';
const hashOf = (pair) => sha256(createPublicKey(pair).export({ type: 'spki', format: 'der' }));

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try { await action(scene); } finally { await scene.close(); }
}

async function addPair(scene, { keyType, id, label, from = -10, to, usage }) {
	const pair = await makeKey(keyType), pem = await scene.ca.issue(await makeRequest(pair, scene.folder), { notBefore: days(from), notAfter: days(to), usage });
	await scene.key.importPair(pair, { id, label });
	await scene.key.writeCertificate(pem, { id, label });
	return { pair, pem, publicKey: hashOf(pair), id: certificateId(pem) };
}

// Everything of each object, in an order of its own.
const prints = (key) => storeObjects(key).map((one) => `${one.kind} ${one.id} ${one.label} ${one.print.slice(0, 12)}`).sort();

const quiet = (promise) => promise.then((value) => value, (error) => error);

for (const keyType of ['ec-p256', 'rsa2048'])
	test(`${keyType}: complete of an order that made nothing leaves a second seat's pair as it was`, () => withScene({ keyType, to: 200 }, async (scene) => {
		const other = await addPair(scene, { keyType, id: '55', label: '二号', to: 300 });
		const before = prints(scene.key), agent = await scene.connect();
		const result = await quiet(agent.call('renewal.complete', { order, publicKey: other.publicKey }));
		assert.deepEqual(prints(scene.key), before, JSON.stringify(result));
	}));

test('rsa2048: the encryption pair named as the new one does not retire the only signing pair', () => withScene({ keyType: 'rsa2048', to: 200 }, async (scene) => {
	const enc = await addPair(scene, { keyType: 'rsa2048', id: '55', label: '加密', to: 201, usage: 'encrypt' });
	const before = prints(scene.key), agent = await scene.connect();
	const result = await quiet(agent.call('renewal.complete', { order, publicKey: enc.publicKey }));
	const after = storeObjects(scene.key);
	assert.ok(usableCertificates(after).includes(scene.old), `the signing pair is gone: ${JSON.stringify(result)}`);
	assert.deepEqual(prints(scene.key), before);
}));

test('rsa2048: a private key alone is not made the order\'s by install, and not deleted by cancel', () => withScene({ keyType: 'ec-p256' }, async (scene) => {
	const pair = await makeKey('rsa2048'), publicKey = hashOf(pair);
	await scene.key.importPair(pair, { id: '77', label: 'old encryption key' });
	await scene.key.user('--delete-object', '--type', 'pubkey', '--id', '77');
	const before = prints(scene.key), agent = await scene.connect();
	const { tokens: [{ token }] } = await agent.call('token.list');
	await agent.call('pin.verify', { token });
	const installed = await quiet(agent.call('renewal.install', { order, certificate: scene.oldPem, chain: [], publicKey }));
	const between = prints(scene.key);
	const cancelled = await quiet(agent.call('renewal.cancel', { order }));
	const after = storeObjects(scene.key);
	assert.ok(after.some((one) => one.kind === 'private' && one.id === '77'), `the private key is gone: ${installed}; ${JSON.stringify(cancelled)}`);
	assert.deepEqual(between, before, `install: ${installed}`);
	assert.deepEqual(prints(scene.key), before);
}));

for (const keyType of ['ec-p256', 'rsa2048'])
	test(`${keyType}: a foreign pair that is used keeps its label when the order is completed`, () => withScene({}, async (scene) => {
		const pair = await makeKey(keyType), publicKey = hashOf(pair);
		await scene.key.importPair(pair, { id: '77', label: 'ssh' });
		const foreign = () => storeObjects(scene.key).filter((one) => one.id === '77' && one.kind !== 'certificate');
		const before = foreign(), agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new', publicKey });
		await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [], publicKey });
		await agent.call('renewal.complete', { order, publicKey });
		assert.deepEqual(foreign(), before);
	}));

// A container driver keeps two bytes of a CKA_ID. An EC private key tells no public key; so the order is chosen so that its mark begins as the pair's CKA_ID.
test('ec-p256, CKA_ID cut to two bytes: cancel deletes no key but the order\'s', () => withScene({ keyType: 'ec-p256' }, async (scene) => {
	await scene.daemon.stop();
	const id = 'a1b2', pair = await makeKey('ec-p256');
	let n = 0;
	while (!markId(`E-${n}`).startsWith(id)) n++;
	const chosen = `E-${n}`;
	await scene.key.importPair(pair, { id, label: '企业' });
	const pem = await scene.ca.issue(await makeRequest(pair, scene.folder), { notBefore: days(-10), notAfter: days(30) });
	await scene.key.writeCertificate(pem, { id, label: '企业' });
	scene.key.manners('id cut');
	await scene.daemon.again();
	const before = prints(scene.key), agent = await scene.connect();
	await agent.call('renewal.begin', { order: chosen, certificate: scene.old, key: 'new' });
	const cancelled = await quiet(agent.call('renewal.cancel', { order: chosen }));
	const after = storeObjects(scene.key);
	assert.ok(after.some((one) => one.kind === 'private' && one.id === id && one.label === '企业'), `another pair's private key is gone: ${JSON.stringify(cancelled)}`);
	assert.deepEqual(prints(scene.key), before);
}));

// No attack: a module that gives all that it makes the same CKA_ID (the manner "id own").
test('ec-p256, the module\'s own CKA_ID for all: the second order, cancelled, leaves the pair of the first', () => withScene({ keyType: 'ec-p256' }, async (scene) => {
	await scene.daemon.stop();
	scene.key.manners('id own');
	await scene.daemon.again();
	const agent = await scene.connect();
	const { csr } = await agent.call('renewal.begin', { order: 'A-1', certificate: scene.old, key: 'new' });
	const pem = await scene.ca.issue(csr);
	await agent.call('renewal.install', { order: 'A-1', certificate: pem, chain: [] });
	await agent.call('renewal.complete', { order: 'A-1' });
	const before = prints(scene.key);
	const begun = await quiet(agent.call('renewal.begin', { order: 'A-2', certificate: certificateId(pem), key: 'new' }));
	const cancelled = await quiet(agent.call('renewal.cancel', { order: 'A-2' }));
	assert.deepEqual(prints(scene.key), before, `${JSON.stringify(begun).slice(0, 80)} ${JSON.stringify(cancelled)}`);
}));

// The journal remembers the old certificate of an order that was cancelled; what the page names then need not be younger, nor of that order.
for (const keyType of ['ec-p256', 'rsa2048'])
	test(`${keyType}: begun, cancelled, completed for an expired certificate: the valid one stays`, () => withScene({ keyType, to: 200 }, async (scene) => {
		const expired = await addPair(scene, { keyType, id: '55', label: '二号', from: -400, to: -5 });
		const before = prints(scene.key), agent = await scene.connect();
		await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		await agent.call('renewal.cancel', { order });
		const result = await quiet(agent.call('renewal.complete', { order, publicKey: expired.publicKey }));
		const after = storeObjects(scene.key);
		assert.ok(usableCertificates(after).includes(scene.old), `the only valid certificate is gone: ${JSON.stringify(result)}`);
		assert.deepEqual(prints(scene.key), before);
	}));
