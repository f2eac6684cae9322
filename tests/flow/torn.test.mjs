// A kill or a power cut in the middle of a write leaves half an object on the key. SoftHSM2 shows such files as objects that lack their last
// attributes, or say nothing at all: the list, the renewal and its cancelling go on beside them.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { makeRequest } from '../lib/ca.mjs';
import { enc, make, on } from '../lib/dual.mjs';
import { all } from '../lib/paths.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { cut, cuts, marks, objectFiles } from '../lib/softhsm-store.mjs';
import { storeObjects } from '../lib/softkey-store.mjs';
import { certificateId, makeKey, sha256 } from '../lib/token.mjs';
import { verifyRequest } from '../lib/witness.mjs';
import { markLabel } from '../lib/mark.mjs';

const order = 'TORN-1';

// The key with the old pair, another company's, and what the order has made so far; each cut starts from a copy.
async function stage(options, prepare, action) {
	const scene = Object.assign(await makeScene(options), { key: options.key ?? 'new' });
	try { await prepareStage(scene, prepare); await action(scene); } finally { await scene.close(); }
}

async function prepareStage(scene, prepare) {
	const other = await makeKey('ec-p256');
	await scene.token.importPair(other, { id: '77', label: 'other' });
	await scene.token.writeCertificate(await scene.ca.issue(await makeRequest(other, scene.folder, { name: '/C=CN/CN=other' })), { id: '77', label: 'other' });
	scene.old = certificateId(scene.oldPem);
	scene.foreign = objectFiles(scene.token);
	scene.before = scene.foreign.map((file) => sha256(readFileSync(file)));
	const agent = await scene.connect();
	const whole = await prepare(scene, agent);
	await agent.close();
	await scene.daemon.kill();
	scene.torn = objectFiles(scene.token).filter((file) => !whole.includes(file));
}

function copy(scene) {
	scene.copies = ['token', 'agent'].map((name) => ({ from: path.join(scene.folder, name), to: path.join(scene.folder, `${name}.copy`) }));
	for (const { from, to } of scene.copies) cpSync(from, to, { recursive: true });
}

function putBack(scene) {
	for (const { from, to } of scene.copies) { rmSync(from, { recursive: true }); cpSync(to, from, { recursive: true }); }
}

// The rest of the renewal, as a page does it that only knows the order.
async function goOn(scene, agent) {
	const { certificates } = await agent.call('certificate.list');
	assert.ok(certificates.some((one) => one.id === scene.old && one.hasPrivateKey), 'the old certificate is listed');
	let { pem } = scene, info = await agent.call('renewal.inspect', { order });
	if (['nothing', 'key'].includes(info.stage) && !(pem && info.publicKey === scene.publicKey)) {
		const begun = await agent.call('renewal.begin', { order, certificate: scene.old, key: scene.key });
		assert.ok((await verifyRequest(begun.csr)).ok, 'the request verifies');
		if (begun.publicKey !== scene.publicKey || !pem) pem = await scene.ca.issue(begun.csr);
	}
	await agent.call('renewal.install', { order, certificate: pem, chain: [] });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
	info = await agent.call('renewal.inspect', { order });
	assert.equal(info.stage, 'completed');
	return pem;
}

// What is left besides `made` objects: nothing but a torn one that carries no mark of the order. changed: how many of the old pair's went.
function judge(scene, { marked }, made, changed = 0) {
	const files = objectFiles(scene.token);
	const kept = scene.foreign.filter((one, i) => files.includes(one) && sha256(readFileSync(one)) === scene.before[i]);
	assert.equal(kept.length, scene.foreign.length - changed, 'what is not the order\'s stays as it was');
	const left = files.filter((one) => !scene.foreign.includes(one));
	assert.equal(left.length, made + (marked ? 0 : 1), `objects of the order: ${left.map((one) => path.basename(one)).join(' ')}`);
}

// every: in the short form only each of that number.
async function everyCut(scene, action, every = 2) {
	const lost = [];
	copy(scene);
	const points = scene.torn.flatMap((file, i) => cuts(file).map((length) => ({ i, file, length, marked: marks(file, length) })));
	for (const { i, file, length, marked } of points.filter((_, n) => all || n % every === 0)) {
		putBack(scene);
		cut(file, length);
		await scene.daemon.again();
		const agent = await scene.connect();
		await action(agent, { marked }).catch((error) => lost.push(`object ${i}, cut at ${length}: ${error.message}`));
		await agent.close();
		await scene.daemon.kill();
	}
	assert.deepEqual(lost, []);
}

async function everyEnd(options, prepare, made = 3, every = 2) {
	await stage(options, prepare, (scene) => everyCut(scene, async (agent, torn) => {
		await goOn(scene, agent);
		judge(scene, torn, made, scene.key === 'same' ? 1 : 3);
	}, every));
}

// Each returns the files that were written before the one that may be torn.
async function begin(scene, agent) {
	const begun = await agent.call('renewal.begin', { order, certificate: scene.old, key: scene.key });
	Object.assign(scene, begun);
	return scene.foreign;
}

async function install(scene, agent) {
	await begin(scene, agent);
	const whole = objectFiles(scene.token);
	scene.pem = await scene.ca.issue(scene.csr);
	await agent.call('renewal.install', { order, certificate: scene.pem, chain: [] });
	return whole;
}

test('a pair, one of its keys torn', () => everyEnd({ keyType: 'ec-p256' }, begin));
test('an RSA pair, one of its keys torn', () => everyEnd({ keyType: 'rsa2048' }, begin, 3, 4));
test('a pair and its certificate, which is torn', () => everyEnd({ keyType: 'ec-p256' }, install));
test('the certificate of the same key, torn', () => everyEnd({ keyType: 'ec-p256', key: 'same' }, install, 1));

test('a pair, one of its keys torn, is given up', () => stage({ keyType: 'ec-p256' }, begin, (scene) => everyCut(scene, async (agent, torn) => {
	await agent.call('renewal.cancel', { order });
	judge(scene, torn, 0);
})));

on('an encryption pair, one of its keys or its certificate torn', {}, async (dual) => {
	const { scene } = dual;
	await dual.begin(order);
	await dual.install(order);
	const whole = objectFiles(dual.token), encryption = await make(dual);
	await dual.install(order, encryption);
	await scene.daemon.kill();
	scene.torn = objectFiles(dual.token).filter((file) => !whole.includes(file));
	await everyCut(scene, async (agent, { marked }) => {
		await agent.call('renewal.install', { order, certificate: dual.pem, chain: [], encryption });
		const left = objectFiles(dual.token).filter((file) => !whole.includes(file));
		assert.equal(left.length, 3 + (marked ? 0 : 1), 'the pair and its certificate');
		assert.ok(await dual.works(order, encryption.certificate), 'the imported key works');
		assert.equal((await dual.labels(enc(order))).length, 3);
		dual.foreignUntouched();
	}, 4);
});

test('a key that does not sign is given up once in a call, and only when the old one signs', async () => {
	const scene = await makeSoftScene();
	const begin = async (...faults) => {
		await scene.daemon.kill();
		scene.key.fault(...faults);
		await scene.daemon.again();
		return (await scene.connect()).call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	};
	try {
		const { publicKey } = await begin();
		await refused(begin('C_SignInit 0 error 0x30'), 'token.failed', { call: 'C_SignInit' });
		await refused(begin('C_SignInit 0 error 0x70'), 'token.unsupported');
		assert.equal((await begin('C_SignInit 1 error 0x30')).publicKey, publicKey, 'one error is passed over');
		assert.equal((await begin()).publicKey, publicKey);
		// The third one is the old key's.
		const fails = (...calls) => calls.map((n) => `C_SignInit ${n} error 0x30`);
		const other = await begin(...fails(1, 2));
		assert.notEqual(other.publicKey, publicKey, 'a key that fails while the old one signs');
		await refused(begin(...fails(1, 2, 4, 5)), 'token.failed', { call: 'C_SignInit' });
		assert.equal(storeObjects(scene.key).filter((one) => one.label === markLabel(order)).length, 0, 'the one that was made in its place is gone');
		assert.ok((await verifyRequest((await begin()).csr)).ok, 'the next call goes on');
		assert.equal(storeObjects(scene.key).filter((one) => one.label === markLabel(order)).length, 2);
	} finally { await scene.close(); }
});

// Writing a label is a write, too, which may tear what it writes: the private key's is not written again, and the others come last.
for (const [key, order] of [['new', ['sign', 'delete', 'delete', 'delete', 'label', 'label']], ['same', ['sign', 'delete', 'label']]])
	test(`the order of completing with the ${key} key`, async () => {
		const scene = await makeSoftScene();
		try {
			const agent = await scene.connect();
			const { csr } = await agent.call('renewal.begin', { order: 'O-1', certificate: scene.old, key });
			await agent.call('renewal.install', { order: 'O-1', certificate: await scene.ca.issue(csr), chain: [] });
			const calls = await scene.key.calls(() => agent.call('renewal.complete', { order: 'O-1' }));
			const names = { C_SetAttributeValue: 'label', C_Sign: 'sign', C_DestroyObject: 'delete' };
			const last = calls.filter((name) => names[name]).map((name) => names[name]).slice(-order.length);
			assert.deepEqual(last, order);
		} finally { await scene.close(); }
	});

test('half an object that the token never gives up is in nobody\'s way', async () => {
	const scene = await makeSoftScene();
	try {
		scene.key.fault('C_GenerateKeyPair 1 tear 30');
		let agent = await (await scene.daemon.kill(), await scene.daemon.again(), scene.connect());
		await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' }).catch(() => {});
		await scene.daemon.kill();
		assert.equal((await scene.key.objects()).filter((text) => text.includes(markLabel(order))).length, 1, 'half a key');
		scene.key.fault('C_DestroyObject 0 error 0x5');
		await scene.daemon.again();
		agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
	} finally { await scene.close(); }
});

test('the public key is gone before the renewal is completed: it is written again', async () => {
	const scene = await makeSoftScene();
	try {
		let agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const certificate = await scene.ca.issue(csr);
		await agent.call('renewal.install', { order, certificate, chain: [] });
		await scene.daemon.kill();
		await scene.key.user('--delete-object', '--type', 'pubkey', '--label', markLabel(order));
		await scene.daemon.again();
		agent = await scene.connect();
		await agent.call('renewal.complete', { order });
		assert.deepEqual((await scene.key.objects()).map((text) => text.split(/;| Object/)[0]), ['Certificate', 'Private Key', 'Public Key']);
		await scene.daemon.kill();
		await scene.daemon.again();
		const { certificates } = await (await scene.connect()).call('certificate.list');
		assert.deepEqual(certificates.map((one) => [one.id, one.hasPrivateKey]), [[certificateId(certificate), true]], 'without a login, too');
	} finally { await scene.close(); }
});
