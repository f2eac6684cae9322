// What the hall must refuse, and that a refusal changes nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Authority, company } from '../lib/ca.mjs';
import { Stage, makeJws, now } from '../lib/softkey.mjs';
import { run } from '../lib/process.mjs';
import { makeKey, pemToDer, sha256 } from '../lib/token.mjs';

let stage;
test.before(async () => { stage = await Stage.make(); });
test.after(() => stage.close());

const json = { 'content-type': 'application/json' };

async function refused(promise, name, more = {}) {
	const error = await promise.then(() => assert.fail(`expected ${name}`), (cause) => cause);
	assert.equal(error.name, name, error.message);
	assert.ok(error.error.message.zh.length > 3 && error.error.message.en.length > 3);
	assert.ok(!/[{}]/.test(error.error.message.zh + error.error.message.en), 'no placeholder is left');
	for (const [key, value] of Object.entries(more)) assert.deepEqual(error.error[key], value, key);
	return error;
}

// The order is the same afterwards, but for the time of the look.
async function unchanged(clerk, action) {
	const before = await clerk.look();
	await action();
	assert.deepEqual(await clerk.look(), before);
}

const dump = async () => (await run('sqlite3', [path.join(stage.state, 'hall.db'), 'SELECT * FROM orders; SELECT * FROM audit; SELECT * FROM payment;'])).stdout;

test('bad bodies are input.invalid with the field', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	const order = `/api/orders/${clerk.order.id}`;
	const contact = company.contact;
	const confirmation = { company: company.name, creditCode: company.creditCode, contact };
	const rows = [
		['/api/orders', '{', 'body'],
		['/api/orders', '[]', 'body'],
		['/api/orders', '"text"', 'body'],
		['/api/orders', '', 'body'],
		['/api/orders', '{"certificate":"a","certificate":"b"}', 'body'],
		['/api/orders', '{"certificate":"\\u0000"}', 'body'],
		['/api/orders', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'body'],
		['/api/orders', '['.repeat(100000), 'body'],
		['/api/orders', {}, 'certificate'],
		['/api/orders', { certificate: 5 }, 'certificate'],
		['/api/orders', { certificate: '' }, 'certificate'],
		['/api/orders', { certificate: 'garbage' }, 'certificate'],
		['/api/orders', { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'certificate'],
		['/api/orders', { certificate: clerk.old + clerk.old }, 'certificate'],
		['/api/orders', { certificate: clerk.old.slice(0, -60) }, 'certificate'],
		['/api/orders', { certificate: clerk.key }, 'certificate'],
		['/api/orders', { certificate: 'A'.repeat(20000) }, 'certificate'],
		['/api/orders', { certificate: clerk.old, keyType: 'rsa512' }, 'keyType'],
		['/api/orders', { certificate: clerk.old, more: 1 }, 'more'],
		[`${order}/bind`, {}, 'tokenSerial'],
		[`${order}/bind`, { tokenSerial: 'a\nb' }, 'tokenSerial'],
		[`${order}/bind`, { tokenSerial: 'x'.repeat(65) }, 'tokenSerial'],
		[`${order}/bind`, { tokenSerial: '证'.repeat(65) }, 'tokenSerial'],
		[`${order}/bind`, { tokenSerial: '证\u007f' }, 'tokenSerial'],
		[`${order}/confirm`, { ...confirmation, company: '' }, 'company'],
		[`${order}/confirm`, { ...confirmation, company: 'x'.repeat(601) }, 'company'],
		[`${order}/confirm`, { ...confirmation, creditCode: '1234' }, 'creditCode'],
		[`${order}/confirm`, { ...confirmation, creditCode: '91140100MA0000009Z' }, 'creditCode'],
		[`${order}/confirm`, { ...confirmation, contact: 'me' }, 'contact'],
		[`${order}/confirm`, { ...confirmation, contact: { ...contact, phone: 'call me' } }, 'contact.phone'],
		[`${order}/confirm`, { ...confirmation, contact: { ...contact, email: 'nowhere' } }, 'contact.email'],
		[`${order}/confirm`, { ...confirmation, contact: { ...contact, fax: '1' } }, 'contact.fax'],
		[`${order}/confirm`, { ...confirmation, contact: { name: 'x' } }, 'contact.phone'],
		[`${order}/payment`, { amount: 1 }, 'amount'],
	];
	const before = await dump();
	for (const [where, body, field] of rows) {
		const raw = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
		const answer = await clerk.client.fetch(where, { method: 'POST', body: raw, headers: json });
		const { error } = await answer.json();
		assert.equal(answer.status, 400, `${where} ${raw.slice(0, 80)}`);
		assert.equal(error.name, 'input.invalid');
		assert.equal(error.field, field, `${where} ${raw.slice(0, 80)}`);
	}
	assert.equal(await dump(), before);
});

test('a body over 256 KiB, no JSON type, another origin', async () => {
	const clerk = await stage.clerk();
	const before = await dump();
	const send = async (body, headers) => {
		const answer = await clerk.client.fetch('/api/orders', { method: 'POST', body, headers });
		return [answer.status, (await answer.json()).error];
	};
	const good = JSON.stringify({ certificate: clerk.old });
	assert.equal((await send(JSON.stringify({ certificate: clerk.old, pad: 'x'.repeat(256 * 1024) }), json))[1].field, 'body');
	assert.equal((await send(good, { 'content-type': 'text/plain' }))[1].field, 'Content-Type');
	assert.equal((await send(good, { 'content-type': 'application/x-www-form-urlencoded' }))[1].field, 'Content-Type');
	for (const origin of ['http://evil.example', 'null', `${stage.origin}.evil.example`, stage.origin.replace('localhost', '127.0.0.1')]) {
		const [status, error] = await send(good, { ...json, origin });
		assert.deepEqual([status, error.name], [403, 'origin.denied'], origin);
	}
	assert.equal(await dump(), before);
	assert.equal((await clerk.client.fetch('/api/orders', { method: 'PUT' })).status, 404);
});

test('certificates that cannot be renewed', async () => {
	const early = await stage.clerk({ to: 40 }), late = await stage.clerk({ from: -800, to: -400 });
	const error = await refused(early.client.post('/api/orders', { certificate: early.old }), 'window.early');
	assert.match(error.error.opens, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
	await refused(late.client.post('/api/orders', { certificate: late.old }), 'window.late');

	const other = await Authority.make(path.join(stage.folder, 'other-ca'));
	const foreign = await other.issue(await stage.request(early.key));
	await refused(early.client.post('/api/orders', { certificate: foreign }), 'certificate.foreign');
	await refused(early.client.post('/api/orders', { certificate: readFileSync(stage.root, 'utf8') }), 'certificate.foreign');

	const twice = await stage.clerk();
	await twice.paid();
	await twice.newKey();
	await twice.sendKey();
	const first = twice.issued;
	await twice.newKey();
	await twice.sendKey();
	await refused(twice.client.post('/api/orders', { certificate: first }), 'certificate.revoked');
});

test('PAID freezes the window, a payment outside of it is refused', async () => {
	const clerk = await stage.clerk({ from: -200, to: -365 + 20 });
	await clerk.paid();
	const slow = await stage.clerk({ from: -200, to: -365 + 20 });
	await slow.open();
	await slow.confirm();
	await stage.hall.stop();
	stage.hall.args.push('--time-offset', `${40 * 86400}`);
	await stage.hall.again();
	try {
		await refused(slow.payment(), 'window.late');
		assert.equal((await slow.look()).state, 'CONFIRMED');
		await clerk.newKey();
		const later = { iat: now() + 40 * 86400 };
		assert.equal((await clerk.sendKey(clerk.proof(later))).state, 'ISSUED');
		assert.equal((await clerk.sendReceipt(clerk.receipt(later))).state, 'INSTALLED');
	} finally {
		await stage.hall.stop();
		stage.hall.args.splice(-2);
		await stage.hall.again();
	}
});

test('an order of another browser', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	await clerk.confirm();
	const stranger = Object.assign(clerk.elsewhere());
	const seen = await stranger.look();
	assert.deepEqual([seen.state, seen.certificate], ['CONFIRMED', { id: clerk.order.certificate.id }], 'a number may be guessed: it does not tell whose');
	for (const name of ['company', 'creditCode', 'contact', 'payment', 'issued']) assert.equal(seen[name], undefined, name);
	for (const [what, body] of [['bind', { tokenSerial: 'X' }], ['payment', {}], ['cancel', {}],
		['confirm', { company: 'x', creditCode: company.creditCode, contact: company.contact }], ['key', { csr: 'x', proof: 'x' }], ['receipt', { receipt: 'x' }]])
		await refused(stranger.act(what, body), 'order.foreign');
	await stranger.open();
	await refused(stranger.act('cancel'), 'order.foreign');
	assert.equal((await clerk.act('cancel')).state, 'CANCELLED');
	assert.equal((await clerk.act('cancel')).state, 'CANCELLED');
	await refused(clerk.payment(), 'order.state', { state: 'CANCELLED' });
	const second = await clerk.open();
	assert.notEqual(second.id, stranger.order.id);
	await refused(clerk.client.get('/api/orders/nothing'), 'order.absent');
	await refused(clerk.client.get(`/api/orders/${'0'.repeat(32)}`), 'order.absent');
});

test('steps in the wrong order', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	await clerk.newKey();
	await unchanged(clerk, async () => {
		await refused(clerk.payment(), 'order.state', { state: 'NEW' });
		await refused(clerk.sendKey(), 'order.state');
		await refused(clerk.act('receipt', { receipt: 'x' }), 'order.state');
	});
	await clerk.paid();
	await unchanged(clerk, async () => {
		await refused(clerk.act('cancel'), 'order.state', { state: 'PAID' });
		await refused(clerk.confirm(), 'order.state');
		await refused(clerk.act('receipt', { receipt: 'x' }), 'order.state');
	});
});

const flip = (jws, part) => jws.split('.').map((text, i) => {
	if (i !== part) return text;
	const bytes = Buffer.from(text, 'base64url');
	bytes[bytes.length >> 1] ^= 1;
	return bytes.toString('base64url');
}).join('.');

const none = (jws) => {
	const [, claims] = jws.split('.');
	return `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')}.${claims}.`;
};

// [what is wrong, the bent JWS, `what` of the answer]; make(claims, header), signed by the right key.
function bentOnes(make, { hash, other }) {
	const good = make({});
	const x5c = [pemToDer(other).toString('base64')];
	return [
		['empty', '', undefined], ['garbage', 'x', 'format'], ['two parts', good.split('.').slice(0, 2).join('.'), 'format'],
		['a fourth part', `${good}.AAAA`, 'signature'], ['padding', `${good}=`, 'signature'],
		['header bent', flip(good, 0), ['header', 'x5c', 'alg', 'signature']], ['payload bent', flip(good, 1), 'signature'],
		['signature bent', flip(good, 2), 'signature'], ['no signature', good.replace(/[^.]*$/, ''), 'signature'], ['alg none', none(good), 'header'],
		['alg none with x5c', make({}, { alg: 'none' }), 'alg'], ['another alg', make({}, { alg: 'HS256' }), 'alg'],
		['x5c of another', make({}, { x5c }), 'x5c'], ['x5c empty', make({}, { x5c: [] }), 'x5c'], ['x5c a text', make({}, { x5c: 'a' }), 'x5c'],
		['typ', make({}, { typ: 'JOSE' }), 'header'], ['crit', make({}, { crit: ['exp'] }), 'header'], ['jwk', make({}, { jwk: {} }), 'header'],
		['another order', make({ order: 'ffffffffffffffffffffffffffffffff' }), 'order'], ['another hash', make({ [hash]: sha256('x') }), hash],
		['another origin', make({ origin: 'http://evil.example' }), 'origin'], ['another key', make({ tokenSerial: 'OTHER' }), 'tokenSerial'],
		['a key without a serial', make({ tokenSerial: '' }), 'tokenSerial'],
		['too old', make({ iat: now() - 700 }), 'iat'], ['from the future', make({ iat: now() + 700 }), 'iat'],
		['iat a text', make({ iat: `${now()}` }), 'payload'], ['iat a fraction', make({ iat: now() + 0.5 }), 'payload'],
		['a claim missing', make({ origin: undefined }), 'payload'], ['a claim more', make({ admin: true }), 'payload'],
	];
}

async function refuseAll(clerk, rows, name, field, send) {
	await unchanged(clerk, async () => {
		for (const [about, jws, what] of rows) {
			const error = await send(jws).then(() => assert.fail(`${about} was taken`), (cause) => cause);
			if (what === undefined) { assert.deepEqual([error.name, error.error.field], ['input.invalid', field], about); continue; }
			assert.equal(error.name, name, `${about}: ${error.message}`);
			assert.ok([what].flat().includes(error.error.what), `${about}: ${error.error.what}`);
		}
	});
}

for (const keyType of ['rsa2048', 'ec-p256', 'ed25519', 'sm2'])
	test(`every bent proof and receipt, ${keyType}`, async () => {
		const clerk = await stage.clerk({ keyType }), neighbour = await stage.clerk({ keyType });
		await clerk.paid();
		await clerk.newKey();
		const makeProof = (more, header) => makeJws(clerk.key, clerk.old, clerk.proofClaims(more), header);
		const rows = bentOnes(makeProof, { hash: 'csrSha256', other: neighbour.old });
		rows.push(['signed by another', makeJws(neighbour.key, clerk.old, clerk.proofClaims()), 'signature']);
		rows.push(['payload an array', makeJws(clerk.key, clerk.old, '[]'), 'payload']);
		rows.push(['repeated claim', makeJws(clerk.key, clerk.old, JSON.stringify(clerk.proofClaims()).replace('{', '{"order":"x",')), 'payload']);
		await refuseAll(clerk, rows, 'proof.invalid', 'proof', (proof) => clerk.act('key', { csr: clerk.csr, proof }));
		const replayed = clerk.proof();
		await clerk.sendKey(replayed);

		const makeReceipt = (more, header) => makeJws(clerk.fresh, clerk.issued, clerk.receiptClaims(more), header);
		const receipts = bentOnes(makeReceipt, { hash: 'certificateSha256', other: clerk.old });
		receipts.push(['signed by the old key', makeJws(clerk.key, clerk.issued, clerk.receiptClaims()), ['signature', 'alg']]);
		receipts.push(['the proof as receipt', replayed, 'x5c']);
		await refuseAll(clerk, receipts, 'receipt.invalid', 'receipt', (receipt) => clerk.act('receipt', { receipt }));
		assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');

		await neighbour.paid();
		neighbour.csr = clerk.csr;
		await refused(neighbour.sendKey(replayed), 'proof.invalid', { what: 'x5c' });
	});

test('a proof is for one request only', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	const proof = clerk.proof();
	const other = await makeKey('ec-p256');
	await refused(clerk.act('key', { csr: await stage.request(other), proof }), 'proof.invalid', { what: 'csrSha256' });
});

test('bad requests for a certificate', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	const lines = clerk.csr.trim().split('\n');
	const bent = [...lines];
	bent[bent.length - 2] = bent.at(-2).replace(/^./, (c) => c === 'A' ? 'B' : 'A');
	const weak = (await run('openssl', ['genrsa', '1024'])).stdout, odd = (await run('openssl', ['ecparam', '-genkey', '-noout', '-name', 'secp256k1'])).stdout;
	for (const csr of ['garbage', clerk.old, bent.join('\n'), lines.slice(0, -1).join('\n'), clerk.csr + clerk.csr, await stage.request(weak), await stage.request(odd)])
		await unchanged(clerk, () => refused(clerk.act('key', { csr, proof: clerk.proof() }), 'input.invalid', { field: 'csr' }));
});

test('the name in a request is not believed', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	clerk.csr = await stage.request(clerk.fresh, { name: '/CN=Somebody Else' });
	await clerk.sendKey();
	assert.ok((await run('openssl', ['x509', '-noout', '-subject', '-nameopt', 'utf8'], { input: clerk.issued })).stdout.includes(company.name));
});

test('a notice that is not the bank\'s', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	await clerk.confirm();
	await clerk.payment();
	const body = JSON.stringify({ payment: clerk.order.payment.id, state: 'paid', time: '2026-01-01T00:00:00Z' });
	for (const signature of [undefined, '', '0'.repeat(64), 'x'])
		await unchanged(clerk, async () => {
			const answer = await clerk.client.fetch('/api/bank/notice', { method: 'POST', body, headers: { ...json, ...(signature === undefined ? {} : { 'x-bank-signature': signature }) } });
			assert.equal(answer.status, 403);
		});
});
