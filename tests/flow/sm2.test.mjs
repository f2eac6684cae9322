// SM2 through driver profiles: the token host on the test token with either vendor's numbers, judged by the openssl program.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { onHost, order, origin } from '../lib/host-stage.mjs';
import { run } from '../lib/process.mjs';
import { checkProof, checkReceipt } from '../lib/renewal.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { verifyRequest } from '../lib/witness.mjs';
import { markId } from '../lib/mark.mjs';

const mark = markId(order);

// A token with an SM2 pair and its certificate by an SM2 CA.
const staged = ({ vendor = 'sansec', caType = 'sm2', ...options }, action) => onHost({ keyType: 'sm2', vendor, caType, ...options }, action);

async function expectRequest(csr) {
	const verdict = await verifyRequest(csr);
	assert.ok(verdict.ok, verdict.text);
	const { stdout } = await run('openssl', ['req', '-noout', '-text'], { input: csr });
	assert.match(stdout, /Signature Algorithm: SM2-with-SM3/);
	assert.match(stdout, /ASN1 OID: SM2/);
	assert.equal((await run('openssl', ['req', '-verify', '-noout'], { input: csr, status: null })).stderr.includes('OK'), false, 'not with an empty ID');
}

async function renewal(it, { key = 'new' } = {}) {
	const [listed] = await it.list();
	assert.deepEqual([listed.id, listed.keyType, listed.hasPrivateKey, listed.usage], [it.old, 'sm2', true, 'sign']);
	const begun = await it.begin('sm2', key);
	await expectRequest(begun.csr);
	const proof = checkProof(begun.proof, { order, origin, serial: it.key.serial, csr: begun.csr, certificate: it.oldPem });
	assert.equal(proof.header.alg, 'SM2SM3');
	const pem = await it.ca.issue(begun.csr);
	const { receipt } = await it.install(pem, { key });
	assert.equal(it.proved.secondReader, it.host.about.secondReader ? 'failed' : 'absent');
	assert.equal(checkReceipt(receipt, { order, origin, serial: it.key.serial, certificate: pem }).header.alg, 'SM2SM3');
	const { retired } = await it.call('pair.retire', { certificate: certificateId(pem), oldCertificate: it.old, retire: 'pair' });
	assert.deepEqual(retired, [it.old]);
	const after = await it.list();
	assert.deepEqual(after.map((one) => [one.id, one.keyType, one.hasPrivateKey]), [[certificateId(pem), 'sm2', true]]);
	return { begun, pem };
}

for (const vendor of ['sansec', 'tass']) {
	test(`${vendor}: a renewal with the packaged profile`, () => staged({ vendor }, async (it) => {
		assert.equal(it.host.about.profile, vendor);
		assert.equal(it.host.about.profileProblems, undefined);
		const { begun } = await renewal(it);
		assert.equal(begun.publicKey, it.made);
	}));

	test(`${vendor}: with the same key`, () => staged({ vendor }, (it) => renewal(it, { key: 'same' })));

	test(`${vendor}: the public key comes back from the private one and the certificate`, () => staged({ vendor }, async (it) => {
		const { csr } = await it.begin();
		const pem = await it.ca.issue(csr), other = await it.ca.issue(await makeRequest(await makeKey('sm2'), it.folder));
		const objects = await it.key.objects();
		await it.host.stop();
		await it.key.user('--delete-object', '--type', 'pubkey', '--id', mark);
		assert.equal((await it.key.objects()).length, objects.length - 1);
		await it.start();
		await it.login();
		await refused(it.call('key.rebuild', { certificate: other }), 'certificate.mismatch', { what: 'spki' });
		assert.equal((await it.call('key.rebuild', { certificate: pem })).publicKey, it.made);
		await it.install(pem);
	}));
}

// Every way a token may sign, as deployers' profiles over the same token.
const base = { keyType: '0x80000004', pair: '0x80008001' };
const match = [{ manufacturer: '*like test' }];
for (const [vendor, mechanism, input, output, point] of [
	['sansec', '0x80008104', 'digest', 'der', 'octet'], ['sansec', '0x80008102', 'message', 'raw', 'octet'],
	['sansec', '0x80008103', 'message', 'der', 'octet'], ['tass', '0x80008100', 'message', 'raw', 'raw']])
	test(`${vendor}: ${mechanism} signs the ${input}, ${output}`, () => staged(
		{ vendor, profiles: { own: { name: 'own', match, sm2: { ...base, point, sign: { mechanism, input, output } } } } }, async (it) => {
			assert.equal(it.host.about.profile, 'own');
			await renewal(it);
		}));

test('a profile that is wrong about the token: no bad request leaves the host', () => staged(
	{ profiles: { own: { name: 'own', match, sm2: { ...base, sign: { mechanism: '0x80008100', input: 'message', output: 'raw' } } } } }, async (it) => {
		await refused(it.begin(), 'token.failed', { call: 'C_Sign' }); // it leaves Z out
		await it.call('pending.delete');
		assert.equal((await it.key.objects()).length, 3);
	}));

test('without a profile: listed, not renewed', () => staged({ vendor: 'sansec', profiles: { sansec: { name: 'sansec', match: [{ library: 'nothing' }] } } }, async (it) => {
	assert.equal(it.host.about.profile, 'standard');
	const [listed] = await it.list();
	assert.deepEqual([listed.id, listed.keyType], [it.old, 'sm2']);
	await it.login();
	await refused(it.call('key.generate', { keyType: 'sm2' }), 'token.unsupported');
	await refused(it.call('request.create', { certificate: it.old, key: 'same', origin }), 'token.unsupported');
	assert.deepEqual((await it.list()).map((one) => one.hasPrivateKey), [true]);
}));

// An RSA and an EC pair beside the SM2 one.
async function addOthers(it) {
	const pairs = {};
	for (const [id, keyType] of [['02', 'rsa2048'], ['03', 'ec-p256']]) {
		const pair = await makeKey(keyType);
		pairs[keyType] = await it.ca.issue(await makeRequest(pair, it.folder, { name: `/C=CN/CN=${keyType}` }), { notBefore: days(-345), notAfter: days(20) });
		await it.key.importPair(pair, { id });
		await it.key.writeCertificate(pairs[keyType], { id });
	}
	await it.login();
	assert.deepEqual((await it.list()).map((one) => `${one.keyType} ${one.hasPrivateKey}`).sort(), ['ec-p256 true', 'rsa2048 true', 'sm2 true']);
	return pairs;
}

async function renewOthers(it, pairs) {
	for (const [keyType, pem] of Object.entries(pairs)) {
		const old = certificateId(pem), mixed = `M-${keyType}`;
		await it.call('key.generate', { order: mixed, keyType });
		const { csr, proof } = await it.call('request.create', { order: mixed, certificate: old, key: 'new', origin });
		assert.ok((await verifyRequest(csr)).ok);
		checkProof(proof, { order: mixed, origin, serial: it.key.serial, csr, certificate: pem });
		const certificate = await it.ca.issue(csr), id = certificateId(certificate);
		await it.call('certificate.check', { order: mixed, certificate, chain: [], key: 'new', oldCertificate: old });
		await it.call('certificate.write', { order: mixed, certificate, key: 'new' });
		await it.call('certificate.prove', { order: mixed, certificate: id, secondReader: true });
		assert.deepEqual((await it.call('pair.retire', { order: mixed, certificate: id, oldCertificate: old, retire: 'pair' })).retired, [old]);
	}
}

test('RSA, EC and SM2 on one token', () => staged({ vendor: 'sansec' }, async (it) => {
	const pairs = await addOthers(it), all = it.list, before = await it.key.objects();
	it.list = async () => (await all()).filter((one) => one.keyType === 'sm2');
	await renewal(it);
	await renewOthers(it, pairs);
	assert.equal((await it.key.objects()).length, before.length);
}));

for (const vendor of ['sansec', 'tass'])
	test(`RSA and EC beside SM2 keys nobody knows: ${vendor}`, () => staged({ vendor, profiles: { [vendor]: { name: vendor, match: [{ library: 'nothing' }] } } }, async (it) => {
		assert.equal(it.host.about.profile, 'standard');
		const pairs = await addOthers(it), mine = async () => (await it.key.objects()).filter((text) => /ID: +01\b/.test(text)), before = await mine();
		await renewOthers(it, pairs);
		assert.deepEqual(await mine(), before);
	}));

test('another kind of key takes an SM2 certificate over', () => staged({ vendor: 'tass', caType: 'ec-p256' }, async (it) => {
	const begun = await it.begin('ec-p256');
	assert.ok((await verifyRequest(begun.csr)).ok);
	checkProof(begun.proof, { order, origin, serial: it.key.serial, csr: begun.csr, certificate: it.oldPem });
	await it.install(await it.ca.issue(begun.csr));
}));

// Root, intermediate, certificate: all SM2, each verified with the default ID; one that was signed with an empty ID is not trusted.
test('a chain of SM2 certificates', () => staged({ vendor: 'sansec' }, async (it) => {
	const { csr } = await it.begin();
	const under = path.join(it.folder, 'under');
	const name = '/C=CN/CN=SM2 issuing CA', middle = await Authority.make(under, { keyType: 'sm2', name });
	middle.become(await it.ca.issue(await middle.request(name), { usage: 'authority' }));
	const pem = await middle.issue(csr);
	await refused(it.install(pem), 'certificate.untrusted');
	await refused(it.install(await middle.issue(csr, { signing: [] }), { chain: [middle.rootPem] }), 'certificate.untrusted');
	await it.install(pem, { chain: [middle.rootPem, it.ca.rootPem] });
}));

test('a broken profile is told and does not keep the others from work', () => staged({ vendor: 'tass', profiles: { broken: '{"name":"x"', number: { name: 'n', match, rsa: { unwrap: '12' } } } }, async (it) => {
	assert.equal(it.host.about.profile, 'tass');
	assert.equal(it.host.about.profileProblems.length, 2);
	assert.match(it.host.about.profileProblems[0], /broken\.json: is no JSON object/);
	assert.match(it.host.about.profileProblems[1], /number\.json: rsa\.unwrap must be given once/);
	assert.match(it.host.log, /number\.json/);
	await renewal(it);
}));
