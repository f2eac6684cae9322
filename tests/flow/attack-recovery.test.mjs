// What recovery may not be talked into: by a page or a hall that mixes things up, by a token with a will of its own.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { days, makeRequest } from '../lib/ca.mjs';
import { enc, files, mark, on } from '../lib/dual.mjs';
import { encryptionOf, makeEncryption, makePair, wrapRsa } from '../lib/kmc.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { parseObject, storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { markLabel } from '../lib/mark.mjs';

const order = 'ATTACK-1';

// action gets the scene with call(method, params) and install(csr): issued and installed.
const staged = (title, options, action) => test(title, async () => {
	const scene = await makeSoftScene(options);
	try {
		let agent = await scene.connect();
		scene.call = (method, params = {}) => agent.call(method, { order, ...params });
		scene.restart = async (...faults) => {
			await agent.close();
			await scene.daemon.stop();
			scene.key.fault(...faults);
			await scene.daemon.again();
			agent = await scene.connect();
		};
		scene.begin = (more = {}) => scene.call('renewal.begin', { certificate: scene.old, key: 'new', ...more });
		scene.install = async (csr) => {
			scene.pem = await scene.ca.issue(csr);
			return scene.call('renewal.install', { certificate: scene.pem, chain: [] });
		};
		await action(scene);
		await agent.close();
	} finally { await scene.close(); }
});

for (const [keyType, usage, stays] of [['ec-p256', 'both', true], ['rsa2048', 'enciphering', true], ['ec-p256', 'enciphering', false], ['rsa2048', 'unsaid', false]])
	staged(`an old pair that deciphers, too, stays: ${keyType}, ${usage}: ${stays}`, { keyType, usage }, async (scene) => {
		await scene.install((await scene.begin()).csr);
		assert.deepEqual((await scene.call('renewal.complete')).retired, stays ? [] : [scene.old]);
		assert.deepEqual(usableCertificates(storeObjects(scene.key)).sort(), [...stays ? [scene.old] : [], certificateId(scene.pem)].sort());
		assert.equal((await scene.call('renewal.inspect')).stage, 'completed');
	});

staged('a token that gives up nothing does not keep the order open', { faults: ['C_DestroyObject 0 error 0x1b'] }, async (scene) => {
	await scene.install((await scene.begin()).csr);
	assert.deepEqual((await scene.call('renewal.complete')).retired, []);
	assert.equal((await scene.call('renewal.inspect')).stage, 'completed');
	assert.equal(storeObjects(scene.key).length, 6);
});

staged('an order does not change the certificate it renews', {}, async (scene) => {
	const seat = await makeKey('ec-p256'), pem = await scene.ca.issue(await makeRequest(seat, scene.folder), { notBefore: days(-345), notAfter: days(25) });
	await scene.key.importPair(seat, { id: '02', label: 'another seat' });
	await scene.key.writeCertificate(pem, { id: '02', label: 'another seat' });
	const { csr } = await scene.begin();
	await refused(scene.begin({ certificate: certificateId(pem) }), 'renewal.state');
	await scene.install(csr);
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old], 'and not the seat that it was asked for in between');
});

staged('an order that has made a key does not go over to the old one', {}, async (scene) => {
	const { csr } = await scene.begin();
	await refused(scene.begin({ key: 'same' }), 'renewal.state');
	await scene.install(csr);
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	assert.equal(storeObjects(scene.key).length, 3);
});

staged('the new certificate without its keys, here and on another computer', {}, async (scene) => {
	for (const elsewhere of [false, true]) {
		const { csr, publicKey } = await scene.begin();
		await scene.install(csr);
		for (const file of Object.keys(files(scene.key)).map((name) => path.join(scene.key.store, name))) {
			const { kind, label } = parseObject(readFileSync(file));
			if (kind !== 'certificate' && label === markLabel(order)) rmSync(file);
		}
		if (elsewhere) rmSync(scene.daemon.settings.state, { recursive: true });
		await scene.restart();
		await refused(scene.call('renewal.install', { certificate: scene.pem, chain: [] }), 'certificate.no_key');
		assert.notEqual((await scene.begin()).publicKey, publicKey);
		await scene.call('renewal.cancel');
	}
	assert.deepEqual(usableCertificates(storeObjects(scene.key)), [scene.old]);
	assert.equal(storeObjects(scene.key).length, 3);
});

on('an encryption key of last year stays, also without its certificate and when its order is named again', { kind: SoftKey }, async (dual) => {
	const last = await makePair(dual.ca, dual.folder, { which: 'other' });
	await dual.token.importPair(last.key, { id: enc(order), label: dual.scene.company.name });
	const before = files(dual.token);
	await dual.begin(order);
	await refused(dual.install(order, await makeEncryption(dual.ca, dual.folder, dual.pem)), 'renewal.state');
	for (const [name, hash] of Object.entries(before)) assert.equal(files(dual.token)[name], hash);
	assert.ok(await dual.token.signs(mark(order), dual.pem, 'rsa2048'));
});

on('nor does it go with the cancelled order', { kind: SoftKey }, async (dual) => {
	const last = await makePair(dual.ca, dual.folder, { which: 'other' });
	await dual.token.importPair(last.key, { id: enc(order), label: dual.scene.company.name });
	const before = files(dual.token);
	await dual.begin(order);
	await dual.agent.call('renewal.cancel', { order });
	assert.deepEqual(files(dual.token), before);
});

staged('a private key that does not show for a moment is not lost', {}, async (scene) => {
	const again = () => scene.call('renewal.install', { certificate: scene.pem, chain: [] });
	await scene.install((await scene.begin()).csr);
	const before = files(scene.key);
	const calls = await scene.key.calls(async () => { await scene.restart(); await again(); });
	for (let n = 1; n <= calls.filter((call) => call.startsWith('C_GetAttributeValue')).length; n++) {
		await scene.restart(`C_GetAttributeValue ${n} error 0x82`);
		await again().catch(() => {});
		await refused(scene.begin(), 'renewal.state');
		assert.deepEqual(files(scene.key), before, `after reading ${n}`);
	}
});

// 1: the signing certificate, 2 and 3: the public key, with all and with little.
for (const [what, times] of [['certain attributes of public keys', 1], ['public keys', 2]])
	on(`an encryption pair on a token that refuses ${what}`, { kind: SoftKey }, async (dual) => {
		await dual.begin(order);
		const pair = await makePair(dual.ca, dual.folder);
		dual.token.fault(...[2, 3].slice(0, times).map((n) => `C_CreateObject ${n} error 0xd1`));
		await dual.restart();
		await dual.install(order, encryptionOf(pair, wrapRsa(dual.pem, pair.key)));
		assert.ok(await dual.works(order, pair.certificate));
		assert.equal((await dual.labels(enc(order))).length, 4 - times);
		assert.deepEqual((await dual.agent.call('renewal.complete', { order })).retired, [dual.old.id]);
	});

on('a decryption that fails once is no proof of another key', { kind: SoftKey }, async (dual) => {
	await dual.begin(order);
	const pair = await makePair(dual.ca, dual.folder);
	dual.token.fault('C_Decrypt 1 after error 0x70');
	await dual.restart();
	await dual.install(order, encryptionOf(pair, wrapRsa(dual.pem, pair.key)));
	assert.ok(await dual.works(order, pair.certificate));
});
