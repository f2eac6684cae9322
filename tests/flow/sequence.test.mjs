// Orders of calls.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { markLabel } from '../lib/mark.mjs';
import { days, makeRequest } from '../lib/ca.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { parseObject, storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { sleep } from '../lib/process.mjs';

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try { await action(scene); } finally { await scene.close(); }
}
const quiet = (promise) => promise.then((value) => value, (error) => error);

test('begun with the same key, cancelled, begun with a new one', () => withScene({}, async (scene) => {
	const agent = await scene.connect(), order = 'S-1';
	await agent.call('renewal.begin', { order, certificate: scene.old, key: 'same' });
	await agent.call('renewal.cancel', { order });
	await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	await agent.call('renewal.cancel', { order });
	assert.equal(storeObjects(scene.key).length, 3);
}));

// Two seats of one company. The first order is cut after its old pair has gone, before its label; then the second seat is renewed, for a shorter time.
test('what another order has made since is not what a cut order replaces', () => withScene({ to: 20 }, async (scene) => {
	const pair = await makeKey('ec-p256'), pem = await scene.ca.issue(await makeRequest(pair, scene.folder), { notBefore: days(-300), notAfter: days(25) });
	let agent = await scene.connect();
	const renew = async (order, certificate, from, to) => {
		const { csr } = await agent.call('renewal.begin', { order, certificate, key: 'new' });
		const issued = await scene.ca.issue(csr, { notBefore: days(from), notAfter: days(to) });
		await agent.call('renewal.install', { order, certificate: issued, chain: [] });
		return issued;
	};
	await renew('S-3', scene.old, -2, 400); // a quick machine does all of this in one second
	await scene.daemon.kill();
	scene.key.fault('C_SetAttributeValue 1 exit 7');
	await scene.daemon.again();
	agent = await scene.connect();
	await quiet(agent.call('renewal.complete', { order: 'S-3' }));
	assert.ok(!storeObjects(scene.key).some((one) => one.sha256 === scene.old), 'the old one is gone');
	await scene.daemon.kill();
	scene.key.fault();
	await scene.key.importPair(pair, { id: '55', label: '二号' });
	await scene.key.writeCertificate(pem, { id: '55', label: '二号' });
	await scene.daemon.again();
	agent = await scene.connect();
	const second = await renew('S-4', certificateId(pem), -1, 390);
	assert.deepEqual((await agent.call('renewal.complete', { order: 'S-4' })).retired, [certificateId(pem)]);
	await scene.daemon.kill();
	rmSync(scene.daemon.settings.state, { recursive: true, force: true });
	await scene.daemon.again();
	agent = await scene.connect();
	const { retired } = await agent.call('renewal.complete', { order: 'S-3' });
	assert.ok(usableCertificates(storeObjects(scene.key)).includes(certificateId(second)), `the second seat's new pair is gone: ${retired}`);
}));

test('a page that leaves while its login is made again in another process', () => withScene({}, async (scene) => {
	await scene.daemon.stop();
	scene.key.manners('initialize crash');
	await scene.daemon.again();
	const first = await scene.connect(), second = await scene.connect();
	const { tokens: [{ token }] } = await first.call('token.list');
	for (const wait of [0, 5, 20, 60, 150, 400]) {
		scene.key.pull();
		assert.deepEqual((await second.call('token.list')).tokens, []);
		scene.key.putBack();
		const page = await scene.connect();
		const verified = quiet(page.call('pin.verify', { token }));
		await sleep(wait);
		await page.close();
		await verified;
		assert.equal((await second.call('token.list')).tokens.length, 1);
		const answer = await quiet(second.call('pin.verify', { token }));
		if (answer instanceof Error) await sleep(1500);
		assert.deepEqual(await second.call('pin.verify', { token }), {});
	}
}));

// The hall has bound the old key's public key; the page hands it over, as it does with any order.
for (const elsewhere of [false, true])
	test(`key "same"${elsewhere ? ', another computer' : ''}: installed and completed with the public key that the hall has bound`, () => withScene({ keyType: 'rsa2048' }, async (scene) => {
		let agent = await scene.connect();
		const order = 'S-5', { csr, publicKey } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'same' });
		const away = async () => {
			if (!elsewhere) return;
			await scene.daemon.kill();
			rmSync(scene.daemon.settings.state, { recursive: true, force: true });
			await scene.daemon.again();
			agent = await scene.connect();
		};
		const certificate = await scene.ca.issue(csr);
		await away();
		await agent.call('renewal.inspect', { order, publicKey });
		await agent.call('renewal.install', { order, certificate, chain: [], publicKey });
		await away();
		assert.deepEqual((await agent.call('renewal.complete', { order, publicKey })).retired, [scene.old]);
		await away();
		assert.equal((await agent.call('renewal.inspect', { order, publicKey })).stage, 'completed');
	}));

// Another program writes the issued certificate once more, under a CKA_ID of its own.
for (const keyType of ['ec-p256', 'rsa2048'])
	test(`${keyType}: copies of the issued certificate do not stand in its place`, () => withScene({ keyType }, async (scene) => {
		const agent = await scene.connect(), order = 'S-6';
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const certificate = await scene.ca.issue(csr);
		await agent.call('renewal.install', { order, certificate, chain: [] });
		for (let i = 0; i < 12; i++) await scene.key.writeCertificate(certificate, { id: '09', label: `copy ${i}` });
		await scene.daemon.kill();
		await scene.daemon.again();
		await (await scene.connect()).call('renewal.complete', { order });
		assert.ok(usableCertificates(storeObjects(scene.key)).includes(certificateId(certificate)), 'by its CKA_ID other programs find the key of the new certificate');
	}));

// The pair of the order lost its private key (a cut, a tool); the module gives one CKA_ID for all.
test('ec-p256, the module\'s own CKA_ID for all: begin after the private key was lost leaves the old pair', () => withScene({}, async (scene) => {
	await scene.daemon.stop();
	scene.key.manners('id own');
	await scene.daemon.again();
	let agent = await scene.connect();
	const { csr } = await agent.call('renewal.begin', { order: 'A-1', certificate: scene.old, key: 'new' });
	const pem = await scene.ca.issue(csr), id = certificateId(pem);
	await agent.call('renewal.install', { order: 'A-1', certificate: pem, chain: [] });
	await agent.call('renewal.complete', { order: 'A-1' });
	await agent.call('renewal.begin', { order: 'A-2', certificate: id, key: 'new' });
	await scene.daemon.kill();
	const place = path.join(scene.key.store, 'tokens/A');
	for (const name of readdirSync(place).filter((one) => one.endsWith('.object'))) {
		const object = parseObject(readFileSync(path.join(place, name)));
		if (object.kind === 'private' && object.label === markLabel('A-2')) rmSync(path.join(place, name));
	}
	await scene.daemon.again();
	agent = await scene.connect();
	const result = await quiet(agent.call('renewal.begin', { order: 'A-2', certificate: id, key: 'new' }));
	assert.ok(usableCertificates(storeObjects(scene.key)).includes(id), `the only usable pair is gone: ${result.message ?? 'done'}`);
}));

// A renewal that begins when the old certificate ends, as CAs issue it.
for (const elsewhere of [false, true])
	test(`the old pair stays as long as the new certificate is not valid yet${elsewhere ? ', another computer' : ''}`, () => withScene({ to: 20 }, async (scene) => {
		let agent = await scene.connect();
		const order = 'S-7', { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr, { notBefore: days(20), notAfter: days(385) }), chain: [] });
		if (elsewhere) {
			await scene.daemon.kill();
			rmSync(scene.daemon.settings.state, { recursive: true, force: true });
			await scene.daemon.again();
			agent = await scene.connect();
		}
		const result = await quiet(agent.call('renewal.complete', { order }));
		const now = Date.now(), valid = storeObjects(scene.key).filter((one) => one.certificate && Date.parse(one.certificate.validFrom) <= now && Date.parse(one.certificate.validTo) > now).map((one) => one.sha256);
		assert.deepEqual(valid, [scene.old], `nothing on the key signs for twenty days: ${JSON.stringify(result.retired ?? result.message)}`);
	}));

// The hall decides how long: a shorter one replaces the old one all the same, when this computer has begun with it.
test('a new certificate that ends before the old one', () => withScene({ to: 200 }, async (scene) => {
	const agent = await scene.connect(), order = 'S-8';
	const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr, { notAfter: days(90) }), chain: [] });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
	assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
}));
