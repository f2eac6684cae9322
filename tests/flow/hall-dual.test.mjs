// Two certificates: the hall's key centre, its envelopes opened with the signing key in a file, and what must not be given out.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openEnvelope } from '../lib/envelope.mjs';
import { all, program } from '../lib/paths.mjs';
import { freePort, run } from '../lib/process.mjs';
import { Stage } from '../lib/softkey.mjs';
import { describe, verifyCertificate, verifySm2 } from '../lib/witness.mjs';

async function makeStage(t, { args = [], ...options } = {}) {
	const stage = await Stage.make({ args: ['--dual', '--ca-retry-seconds', '0', ...args], ...options });
	t.after(() => stage.close());
	return stage;
}

const sql = async (stage, name, text) => (await run('sqlite3', ['-cmd', '.timeout 5000', path.join(stage.state, name), text])).stdout.trim();
const formats = { rsa2048: 'rsa-aes-kw', rsa3072: 'rsa-aes-kw', sm2: 'sm2-enveloped-key' };
const spkiOf = async (pem) => {
	const key = (await run('openssl', ['x509', '-noout', '-pubkey'], { input: pem })).stdout;
	return (await run('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: key })).bytes;
};
const field = async (pem, ...options) => (await run('openssl', ['x509', '-noout', ...options], { input: pem })).stdout;
const send = (clerk, algorithms) => clerk.act('key', { csr: clerk.csr, proof: clerk.proof(), importAlgorithms: algorithms });
const refusal = (promise) => promise.then(() => assert.fail('it was taken'), (cause) => cause);
// Certificates of the order that are not revoked: "signing encryption".
const valid = async (stage, clerk) => (await sql(stage, 'ca/ca.db',
	`SELECT count(*) FILTER (WHERE request NOT LIKE '%:encrypt'), count(*) FILTER (WHERE request LIKE '%:encrypt') FROM certificate WHERE request LIKE '${clerk.order.id}:%' AND revoked IS NULL`)).replace('|', ' ');
const pairs = (stage, clerk) => sql(stage, 'kmc/kmc.db', `SELECT count(*) FROM pair WHERE order_id='${clerk.order.id}'`).then(Number);

async function checkEncryption(stage, clerk, padding) {
	const { certificate, encryption, chain } = clerk.order.issued;
	assert.equal(encryption.format, formats[clerk.order.keyType]);
	assert.deepEqual(Object.keys(encryption).sort(), ['certificate', 'envelope', 'format']);
	const opened = await openEnvelope(clerk.fresh, encryption, padding);
	assert.deepEqual(opened.spki, await spkiOf(encryption.certificate), 'the private key is the certificate\'s');
	for (const option of [['-subject'], ['-issuer'], ['-dates']])
		assert.equal(await field(encryption.certificate, ...option), await field(certificate, ...option), option[0]);
	assert.notDeepEqual(opened.spki, await spkiOf(certificate));
	const text = await describe(encryption.certificate), rest = clerk.order.keyType === 'sm2' ? ', Key Agreement' : '';
	assert.match(text, new RegExp(`Key Usage: critical\\s+Key Encipherment, Data Encipherment${rest}\\n`));
	assert.match(text, /1\.2\.156\.10260\.4\.1\.4/);
	const verdict = stage.sm2 ? await verifySm2(stage, encryption.certificate, chain) : await verifyCertificate(stage, encryption.certificate, { chain });
	assert.ok(verdict.ok, verdict.text);
	return opened;
}

for (const [keyType, padding] of [['rsa2048', 'sha1'], ['rsa2048', 'sha256'], ['rsa2048', 'pkcs1'], ['sm2', 'sha1'], ...(all ? [['rsa3072', 'sha1']] : [])])
	test(`two certificates, ${keyType}, ${padding}`, async (t) => {
		const stage = await makeStage(t, { args: ['--kmc-oaep', padding], caKey: keyType === 'sm2' ? 'sm2' : undefined });
		stage.sm2 = keyType === 'sm2';
		const clerk = await stage.clerk({ keyType });
		assert.equal((await clerk.client.get('/api/hall')).dual, true);
		await clerk.paid();
		await clerk.newKey();
		assert.equal((await send(clerk, ['rsa-aes-kw', 'sm2-enveloped-key'])).state, 'ISSUED');
		const first = await checkEncryption(stage, clerk, padding), { issued } = clerk.order;
		assert.deepEqual((await clerk.look()).issued, issued, 'the same until the receipt');
		assert.deepEqual((await send(clerk, undefined)).issued, issued, 'the same key, the same certificates');

		const again = await clerk.act('envelope');
		assert.notEqual(again.issued.encryption.envelope, issued.encryption.envelope);
		assert.equal(again.issued.encryption.certificate, issued.encryption.certificate);
		const second = await checkEncryption(stage, clerk, padding);
		assert.deepEqual(second.spki, first.spki, 'the archived key');
		assert.notDeepEqual(second.session, first.session);
		assert.deepEqual([await valid(stage, clerk), await pairs(stage, clerk)], ['1 1', 1]);
		assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
		assert.equal((await refusal(clerk.act('envelope'))).name, 'order.state');
		assert.equal(await sql(stage, 'hall.db', `SELECT count(*) FROM audit WHERE order_id='${clerk.order.id}' AND event='envelope'`), '1');
		assert.equal(await sql(stage, 'kmc/kmc.db', 'SELECT count(*) FROM delivery'), '2');
	});

test('what the key can take decides before anything is issued', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	for (const algorithms of [[], ['rsa-aes-kw'], ['something-new']]) {
		const error = await refusal(send(clerk, algorithms));
		assert.deepEqual([error.name, error.status], ['key.import', 422]);
	}
	for (const algorithms of ['sm2-enveloped-key', {}, [1], [''], Array(17).fill('x'), ['x'.repeat(65)]])
		assert.deepEqual([(await refusal(send(clerk, algorithms))).error.field], ['importAlgorithms']);
	assert.equal((await clerk.look()).state, 'PAID');
	assert.equal(await sql(stage, 'ca/ca.db', 'SELECT count(*) FROM certificate WHERE request IS NOT NULL'), '0');
	assert.equal(await pairs(stage, clerk), 0);
	assert.equal((await send(clerk, ['sm2-enveloped-key'])).state, 'ISSUED');

	for (const keyType of ['ec-p256', 'ed25519']) {
		const single = await stage.clerk({ keyType });
		await single.paid();
		await single.newKey();
		await send(single, []);
		assert.equal(single.order.issued.encryption, undefined, `${keyType} has no format`);
		assert.equal((await refusal(single.act('envelope'))).name, 'encryption.absent');
		assert.equal((await single.sendReceipt()).state, 'INSTALLED');
	}
});

test('--allow-single: such a key gets its signing certificate', async (t) => {
	const stage = await makeStage(t, { args: ['--allow-single'] });
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	await send(clerk, ['rsa-aes-kw']);
	assert.deepEqual([clerk.order.state, clerk.order.issued.encryption, await pairs(stage, clerk)], ['ISSUED', undefined, 0]);
	await clerk.newKey();
	await send(clerk, ['sm2-enveloped-key']);
	await checkEncryption(stage, clerk);
});

test('a hall of one certificate', async (t) => {
	const stage = await Stage.make();
	t.after(() => stage.close());
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	assert.equal((await send(clerk, [])).issued.encryption, undefined);
	assert.equal((await refusal(clerk.act('envelope'))).name, 'encryption.absent');
	assert.equal((await clerk.client.get('/api/hall')).dual, false);
	assert.ok(!existsSync(path.join(stage.state, 'kmc')));
});

test('a re-issue takes both certificates back', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	const first = await clerk.newKey(), csr = clerk.csr;
	await send(clerk);
	const before = await checkEncryption(stage, clerk), old = clerk.order.issued;
	await clerk.newKey();
	await send(clerk);
	const after = await checkEncryption(stage, clerk);
	assert.notDeepEqual(after.spki, before.spki);
	assert.deepEqual([await valid(stage, clerk), await pairs(stage, clerk)], ['1 1', 2]);
	const crl = Buffer.from(await (await clerk.client.fetch('/ca/crl.der')).arrayBuffer()), { chain } = old;
	for (const pem of [old.certificate, old.encryption.certificate])
		assert.match((await verifyCertificate(stage, pem, { chain, crl })).text, /certificate revoked/);
	assert.ok((await verifyCertificate(stage, clerk.order.issued.encryption.certificate, { chain, crl })).ok);

	// The first key comes back: its pair is the archived one, its certificates are new.
	Object.assign(clerk, { fresh: first, csr, iat: clerk.iat + 60 });
	await send(clerk);
	assert.deepEqual((await checkEncryption(stage, clerk)).spki, before.spki);
	assert.notEqual(clerk.order.issued.encryption.certificate, old.encryption.certificate);
	assert.deepEqual([await valid(stage, clerk), await pairs(stage, clerk)], ['1 1', 2]);
	// To a family without a format: the encryption certificate goes, too.
	await clerk.newKey('ec-p256');
	await send(clerk);
	assert.deepEqual([clerk.order.issued.encryption, await valid(stage, clerk)], [undefined, '1 0']);
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

test('another browser, another order, too many', async (t) => {
	const stage = await makeStage(t, { args: ['--envelopes', '2'] });
	const clerk = await stage.clerk({ keyType: 'sm2' }), stranger = clerk.elsewhere();
	await clerk.paid();
	assert.equal((await refusal(clerk.act('envelope'))).name, 'order.state');
	await clerk.newKey();
	await send(clerk);
	stranger.order = clerk.order;
	assert.equal((await stranger.look()).issued, undefined, 'shown to those who have shown the certificate');
	stranger.order = clerk.order;
	assert.equal((await refusal(stranger.act('envelope'))).name, 'order.foreign');
	await stranger.open();
	assert.deepEqual(stranger.order.issued, clerk.order.issued);
	assert.equal((await refusal(clerk.client.post(`/api/orders/${clerk.order.id}/envelope`, { order: 'x' }))).name, 'input.invalid');
	await clerk.act('envelope');
	await stranger.act('envelope');
	const { envelope } = stranger.order.issued.encryption;
	const error = await refusal(clerk.act('envelope'));
	assert.deepEqual([error.name, error.status], ['order.envelopes', 409]);
	assert.equal((await clerk.look()).issued.encryption.envelope, envelope);
	await clerk.newKey();
	await send(clerk);
	assert.equal((await clerk.act('envelope')).state, 'ISSUED', 'counted for each key');
});

test('the key centre is away; the hall crashes between the steps', async (t) => {
	const stage = await makeStage(t);
	const down = path.join(stage.state, 'kmc-down');
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	writeFileSync(down, '');
	await send(clerk);
	assert.deepEqual([clerk.order.state, clerk.order.problem.name], ['APPLIED', 'ca.unavailable']);
	assert.equal(await valid(stage, clerk), '0 0', 'no signing certificate without the second one');
	rmSync(down);
	assert.equal((await clerk.look()).state, 'ISSUED');
	const { issued } = clerk.order;
	writeFileSync(down, '');
	assert.equal((await refusal(clerk.act('envelope'))).name, 'ca.unavailable');
	rmSync(down);

	for (const cut of ['', 'DELETE FROM certificate WHERE request LIKE \'%:encrypt\'']) {
		await stage.hall.kill();
		await sql(stage, 'hall.db', `UPDATE orders SET state='APPLIED', issued_id=NULL, issued_pem=NULL, issued_serial=NULL, encryption_pem=NULL, encryption_serial=NULL,
			envelope=NULL, next_try=0 WHERE id='${clerk.order.id}'`);
		if (cut) await sql(stage, 'ca/ca.db', cut);
		await stage.hall.again();
		assert.equal(await sql(stage, 'hall.db', `SELECT state FROM orders WHERE id='${clerk.order.id}'`), 'ISSUED');
		await clerk.look();
		assert.equal(clerk.order.issued.certificate, issued.certificate);
		assert.equal(clerk.order.issued.encryption.certificate === issued.encryption.certificate, cut === '');
		await checkEncryption(stage, clerk);
		assert.deepEqual([await valid(stage, clerk), await pairs(stage, clerk)], ['1 1', 1]);
	}
	// Without --dual an order that was begun with it goes on.
	await stage.hall.stop();
	stage.hall.args = stage.hall.args.filter((arg) => arg !== '--dual');
	await stage.hall.again();
	await clerk.act('envelope');
	await checkEncryption(stage, clerk);
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

test('the archive: nothing readable, no other key for it', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk({ keyType: 'sm2' });
	await clerk.paid();
	await clerk.newKey();
	await send(clerk);
	const { pem } = await openEnvelope(clerk.fresh, clerk.order.issued.encryption);
	const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
	const number = der.subarray(der.indexOf(Buffer.from('0420', 'hex')) + 2).subarray(0, 32);
	assert.match(readFileSync(`/proc/${stage.hall.service.child.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m, 'no core dump');
	await stage.hall.stop();
	for (const name of ['kmc/kmc.db', 'hall.db', 'ca/ca.db']) {
		const content = readFileSync(path.join(stage.state, name));
		for (const form of [number, number.toString('hex'), number.toString('base64').slice(4, 36)])
			assert.ok(!content.includes(form), name);
		assert.equal(statSync(path.join(stage.state, name)).mode & 0o077, 0, name);
	}
	const key = path.join(stage.state, 'kmc/kmc.key');
	assert.equal(statSync(key).mode & 0o077, 0);
	renameSync(key, `${key}.away`);
	const end = await run('timeout', ['20', program.hall, '--state', stage.state, '--dual', '--port', `${await freePort()}`], { status: 1 });
	assert.match(end.stderr, /its archive is there/);
	assert.ok(!existsSync(key));
	renameSync(`${key}.away`, key);
	await stage.hall.again();
	await clerk.act('envelope');
	await checkEncryption(stage, clerk);
});
