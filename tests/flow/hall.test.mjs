// The service hall over HTTP, the agent played by keys in files: whole renewals, judged by openssl.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';
import { company } from '../lib/ca.mjs';
import { Stage, serialOf, spkiHash } from '../lib/softkey.mjs';
import { run, until } from '../lib/process.mjs';
import { verifyCertificate } from '../lib/witness.mjs';

const extension = async (pem, name) => (await run('openssl', ['x509', '-noout', '-ext', name], { input: pem })).stdout.split('\n').slice(1).join('\n').trim();
const text = async (pem) => (await run('openssl', ['x509', '-noout', '-text'], { input: pem })).stdout;

async function crl(clerk) {
	const answer = await clerk.client.fetch('/ca/crl.der');
	assert.equal(answer.headers.get('content-type'), 'application/pkix-crl');
	return Buffer.from(await answer.arrayBuffer());
}

// A year more, from the old end or from now.
function oneYearAfter(date) {
	const out = new Date(date);
	out.setUTCFullYear(out.getUTCFullYear() + 1);
	return out;
}

async function checkIssued(stage, clerk) {
	const { certificate: pem, chain } = clerk.order.issued;
	const old = new X509Certificate(clerk.old), fresh = new X509Certificate(pem);
	assert.equal(fresh.subject, old.subject);
	assert.ok(fresh.subject.includes(company.name));
	assert.equal(spkiHash(pem), clerk.order.publicKey);
	assert.equal(spkiHash(clerk.fresh), clerk.order.publicKey);
	for (const name of ['keyUsage', 'extendedKeyUsage']) assert.equal(await extension(pem, name), await extension(clerk.old, name));
	assert.ok((await text(pem)).includes(company.creditCode), 'the credit code came along');
	assert.match(await extension(pem, 'crlDistributionPoints'), new RegExp(`URI:${stage.origin}/ca/crl.der`));
	assert.equal(new Date(fresh.validTo).getTime(), oneYearAfter(old.validTo).getTime());
	const list = await crl(clerk);
	const good = await verifyCertificate(stage, pem, { chain, crl: list });
	assert.ok(good.ok, good.text);
	const plain = await verifyCertificate(stage, pem, { chain });
	assert.ok(plain.ok, plain.text);
	const revoked = await verifyCertificate(stage, clerk.old, { chain, crl: list });
	assert.match(revoked.text, /certificate revoked/);
}

test('a renewal', { concurrency: false }, async (t) => {
	const stage = await Stage.make();
	t.after(() => stage.close());

	for (const keyType of ['rsa2048', 'ec-p256', 'ec-p384', 'ed25519'])
		await t.test(`with ${keyType}`, async () => {
			const clerk = await stage.clerk({ keyType });
			const states = [(await clerk.open()).state];
			assert.equal(clerk.status, 201);
			assert.equal(clerk.order.certificate.serialNumber, serialOf(clerk.old));
			assert.equal(clerk.order.certificate.company, company.name);
			assert.equal(clerk.order.certificate.creditCode, company.creditCode);
			for (const step of ['bind', 'confirm', 'payment']) states.push((await clerk[step]()).state);
			assert.equal(clerk.order.payment.state, 'open');
			await clerk.pay();
			states.push((await clerk.look()).state);
			assert.equal(clerk.order.payment.state, 'paid');
			await clerk.newKey();
			states.push((await clerk.sendKey()).state);
			assert.equal(clerk.order.keyType, keyType);
			assert.equal(clerk.order.key, 'new');
			await checkIssued(stage, clerk);
			states.push((await clerk.sendReceipt()).state);
			assert.deepEqual(states, ['NEW', 'BOUND', 'CONFIRMED', 'PAYING', 'PAID', 'ISSUED', 'INSTALLED']);
			assert.equal((await clerk.open()).state, 'INSTALLED', 'the old certificate finds its finished order');
		});

	await t.test('with the same key', async () => {
		const clerk = await stage.clerk();
		await clerk.paid();
		clerk.fresh = clerk.key;
		clerk.csr = await stage.request(clerk.key);
		assert.equal((await clerk.sendKey()).key, 'same');
		assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
	});

	await t.test('of an expired certificate runs a year from now', async () => {
		const clerk = await stage.clerk({ from: -400, to: -35 });
		await clerk.whole();
		const end = new Date(new X509Certificate(clerk.issued).validTo).getTime();
		assert.ok(Math.abs(end - oneYearAfter(new Date()).getTime()) < 120000);
	});

	await t.test('of the renewed certificate is for next year', async () => {
		const clerk = await stage.clerk();
		await clerk.whole();
		await assert.rejects(clerk.client.post('/api/orders', { certificate: clerk.issued }), { name: 'window.early' });
	});

	await t.test('comes back on another computer at every state', async () => {
		const clerk = await stage.clerk();
		await clerk.open();
		assert.match(clerk.order.id, /^[1-9]\d{11}$/, 'a number to be read over the phone');
		const again = async (state) => {
			const finder = clerk.elsewhere();
			const found = (await finder.client.post('/api/orders/find', { certificate: clerk.old })).order;
			assert.deepEqual([found.id, found.state, found.certificate], [clerk.order.id, state, clerk.order.certificate]);
			const other = clerk.elsewhere();
			assert.equal((await other.open()).id, clerk.order.id);
			assert.equal(other.status, 200);
			assert.equal(other.order.state, state);
			return other;
		};
		await again('NEW');
		await clerk.bind();
		await again('BOUND');
		await clerk.confirm();
		const other = await again('CONFIRMED');
		assert.deepEqual(other.order.contact, { name: '王***', phone: '138****8000', email: 'c***' });
		assert.deepEqual(clerk.order.contact, company.contact);
		await clerk.payment();
		await again('PAYING');
		await clerk.pay();
		await again('PAID');
		await clerk.newKey();
		await clerk.sendKey();
		const late = await again('ISSUED');
		assert.equal(late.issued, clerk.issued);
		late.fresh = clerk.fresh;
		assert.equal((await late.sendReceipt()).state, 'INSTALLED');
		const { orders } = await late.client.get('/api/orders');
		assert.deepEqual(orders.map((one) => one.id), [clerk.order.id]);
		assert.deepEqual((await stage.hall.client().get('/api/orders')).orders, []);
	});

	await t.test('is found by its new certificate too', async () => {
		const clerk = await stage.clerk();
		await clerk.paid();
		await clerk.newKey();
		await clerk.sendKey();
		const { order } = await stage.hall.client().post('/api/orders', { certificate: clerk.issued });
		assert.equal(order.id, clerk.order.id);
	});
});

test('pages, SDK and files of the CA are served', async (t) => {
	const stage = await Stage.make({ args: ['--agent-port', '18400'] });
	t.after(() => stage.close());
	const client = stage.hall.client();
	const hall = await client.get('/api/hall');
	assert.deepEqual(hall.agent.ports, [18400]);
	assert.deepEqual(hall.window, { before: '1 month', after: '1 year' });
	const types = { '/': 'text/html', '/renew': 'text/html', '/style.css': 'text/css', '/sdk/keyhall.js': 'text/javascript', '/ca/root.pem': 'application/x-pem-file' };
	for (const [where, type] of Object.entries(types)) {
		const answer = await client.fetch(where);
		assert.equal(answer.status, 200, where);
		assert.ok(answer.headers.get('content-type').startsWith(type), where);
		assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
		assert.match(answer.headers.get('content-security-policy'), /^default-src 'self'; connect-src 'self' ws:\/\/127\.0\.0\.1:\*/);
	}
	const first = await client.fetch('/');
	assert.equal((await client.fetch('/', { headers: { 'if-none-match': first.headers.get('etag') } })).status, 304);
	for (const where of ['/../meson.build', '/%2e%2e/meson.build', '/.hidden', '/sdk/../../LICENSE', '/nothing', '/api/nothing', '//etc/passwd'])
		assert.equal((await client.fetch(where)).status, 404, where);
	const cookie = (await stage.hall.client().fetch('/api/hall')).headers.get('set-cookie');
	assert.match(cookie, /^hall=[0-9a-f]{32}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('https with the certificate of its own root', async (t) => {
	const stage = await Stage.make({ https: true });
	t.after(() => stage.close());
	await until(() => /TLS root .*tls\/root\.pem/.test(stage.hall.service.output()), 'the path of the TLS root');
	const ca = readFileSync(path.join(stage.state, 'tls/root.pem'));
	const fetchWith = (options) => new Promise((resolve, reject) => {
		const request = https.request({ host: 'localhost', port: stage.hall.port, family: 4, ...options }, (response) => {
			let body = '';
			response.on('data', (part) => { body += part; });
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
		});
		request.on('error', reject);
		request.end(options.body);
	});
	const answer = await fetchWith({ ca, path: '/api/hall' });
	assert.equal(answer.status, 200);
	assert.match(answer.headers['set-cookie'][0], /; Secure; HttpOnly/);
	await assert.rejects(fetchWith({ path: '/api/hall' }), /self-signed|unable to/i);

	// The notice goes over https too: pay, and only look at the hall's records.
	const headers = { 'content-type': 'application/json', cookie: answer.headers['set-cookie'][0].split(';')[0] };
	const post = async (where, body) => JSON.parse((await fetchWith({ ca, method: 'POST', path: where, headers, body: JSON.stringify(body) })).body);
	const clerk = await stage.clerk();
	let { order } = await post('/api/orders', { certificate: clerk.old });
	await post(`/api/orders/${order.id}/confirm`, { company: company.name, creditCode: company.creditCode, contact: company.contact });
	({ order } = await post(`/api/orders/${order.id}/payment`, {}));
	assert.match(order.payment.url, /^https:\/\/localhost/);
	await post(new URL(order.payment.url).pathname, { mode: 'now' });
	const audit = async () => (await run('sqlite3', [path.join(stage.state, 'hall.db'), `SELECT new_state FROM audit WHERE order_id='${order.id}' AND actor='bank'`])).stdout.trim();
	await until(async () => await audit() === 'PAID', 'the notice');
});
