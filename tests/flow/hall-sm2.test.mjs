// SM2 keys and an SM2 CA: certificates, list, proofs and receipts with the distinguishing ID, judged by the openssl program.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { run } from '../lib/process.mjs';
import { Stage, makeJws } from '../lib/softkey.mjs';
import { distid } from '../lib/token.mjs';
import { describe, readSm2Crl, verifyCertificate, verifySm2 } from '../lib/witness.mjs';

async function makeStage(t, options) {
	const stage = await Stage.make(options);
	t.after(() => stage.close());
	return stage;
}

const serialOf = async (pem) => /serial=(\w+)/.exec((await run('openssl', ['x509', '-noout', '-serial'], { input: pem })).stdout)[1].toLowerCase();
const crl = async (clerk) => Buffer.from(await (await clerk.client.fetch('/ca/crl.der')).arrayBuffer());

test('an SM2 hall: a renewal from CSR to receipt', async (t) => {
	const stage = await makeStage(t, { caKey: 'sm2' });
	const clerk = await stage.clerk({ keyType: 'sm2' });
	assert.equal((await clerk.whole()).state, 'INSTALLED');
	assert.equal(clerk.order.keyType, 'sm2');
	const { chain } = clerk.order.issued;
	for (const pem of [clerk.old, clerk.issued]) {
		const verdict = await verifySm2(stage, pem, chain);
		assert.ok(verdict.ok, verdict.text);
		const text = await describe(pem);
		assert.match(text, /Signature Algorithm: SM2-with-SM3[\s\S]*ASN1 OID: SM2/);
		assert.match(text, /Digital Signature, Non Repudiation\n/);
	}
	const list = await readSm2Crl(stage, await crl(clerk), chain[0]);
	assert.deepEqual(list, { ok: true, revoked: [await serialOf(clerk.old)] });
	assert.match(await describe(readFileSync(path.join(stage.state, 'ca/root.pem'), 'utf8')), /ASN1 OID: SM2/);
});

test('an SM2 CA certifies RSA and EC keys, an EC CA certifies SM2 keys', async (t) => {
	const sm2 = await makeStage(t, { caKey: 'sm2' }), ec = await makeStage(t);
	for (const keyType of ['rsa2048', 'ec-p256', 'ed25519']) {
		const clerk = await sm2.clerk({ keyType });
		assert.equal((await clerk.whole()).state, 'INSTALLED', keyType);
		const verdict = await verifySm2(sm2, clerk.issued, clerk.order.issued.chain);
		assert.ok(verdict.ok, verdict.text);
	}
	const clerk = await ec.clerk({ keyType: 'sm2' });
	assert.equal((await clerk.whole()).state, 'INSTALLED');
	const verdict = await verifyCertificate(ec, clerk.issued, { chain: clerk.order.issued.chain, crl: await crl(clerk) });
	assert.ok(verdict.ok, verdict.text);
	// From a key of another type to SM2, and the other way.
	for (const [from, to] of [['rsa2048', 'sm2'], ['sm2', 'ec-p256']]) {
		const changing = await ec.clerk({ keyType: from });
		await changing.paid();
		await changing.newKey(to);
		await changing.sendKey();
		assert.equal((await changing.sendReceipt()).keyType, to);
	}
});

test('certify: usages of an SM2 key', async (t) => {
	const stage = await makeStage(t, { caKey: 'sm2' });
	const clerk = await stage.clerk({ keyType: 'sm2' });
	const csr = await stage.request(clerk.key, { code: null });
	const pem = await stage.ca.certify(csr, -1, 20, { usage: 'encrypt' });
	assert.match(await describe(pem), /Key Usage: critical\s+Key Encipherment, Data Encipherment, Key Agreement\n/);
	const both = await stage.ca.certify(csr, -1, 20, { usage: 'both' });
	assert.match(await describe(both), /Key Usage: critical\s+Digital Signature, Non Repudiation, Key Encipherment, Data Encipherment, Key Agreement\n/);
});

test('what is signed without the ID, over other bytes or as another algorithm is refused', async (t) => {
	const stage = await makeStage(t, { caKey: 'sm2' });
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	const refused = async (what, promise) => assert.equal((await promise.then(() => assert.fail('it was taken'), (cause) => cause)).error?.what, what);
	await refused('alg', clerk.sendKey(makeJws(clerk.key, clerk.old, clerk.proofClaims(), { alg: 'ES256' })));
	await refused('signature', clerk.sendKey(makeJws(clerk.fresh, clerk.old, clerk.proofClaims())));
	const good = clerk.proof();
	await refused('signature', clerk.sendKey(good.replace(/.{4}$/, 'AAAA')));
	await refused('signature', clerk.sendKey(good.replace(/\.[^.]*$/, `.${Buffer.alloc(64).toString('base64url')}`)));

	const key = stage.file('empty-id.pem', clerk.fresh);
	const empty = (await run('openssl', ['req', '-new', '-sm3', '-key', key, '-subj', '/CN=x'])).stdout;
	const { error } = await clerk.act('key', { csr: empty, proof: good }).then(() => assert.fail('it was taken'), (cause) => cause);
	assert.deepEqual([error.name, error.field], ['input.invalid', 'csr']);
	const right = (await run('openssl', ['req', '-new', '-sm3', '-sigopt', distid, '-key', key, '-subj', '/CN=x'])).stdout;
	clerk.csr = right;
	assert.equal((await clerk.sendKey()).state, 'ISSUED');
});
