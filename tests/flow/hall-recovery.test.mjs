// What goes wrong between page, hall, bank and CA, and must come out well: paid once, one certificate, one order.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { program } from '../lib/paths.mjs';
import { run, sleep, until } from '../lib/process.mjs';
import { Stage, serialOf } from '../lib/softkey.mjs';
import { verifyCertificate } from '../lib/witness.mjs';

const stages = [];
async function makeStage(t, args = []) {
	const stage = await Stage.make({ args });
	stages.push(stage);
	t.after(() => stage.close());
	return stage;
}

const sql = async (stage, name, text) => (await run('sqlite3', ['-cmd', '.timeout 5000', path.join(stage.state, name), text])).stdout.trim();
const crl = async (clerk) => Buffer.from(await (await clerk.client.fetch('/ca/crl.der')).arrayBuffer());
const bankState = async (clerk, payment) => (await clerk.client.get(`/bank/api/${payment}`)).payment.state;
const moves = (stage, clerk, event) => sql(stage, 'hall.db', `SELECT count(*) FROM audit WHERE order_id='${clerk.order.id}' AND event='${event}' AND old_state<>new_state`).then(Number);
const issuedCount = (stage, clerk) => sql(stage, 'ca/ca.db', `SELECT count(*) FROM certificate WHERE request LIKE '${clerk.order.id}:%'`).then(Number);

async function isRevoked(stage, clerk, pem) {
	const verdict = await verifyCertificate(stage, pem, { chain: clerk.order.issued.chain, crl: await crl(clerk) });
	if (!verdict.ok) assert.match(verdict.text, /certificate revoked/);
	return !verdict.ok;
}

async function untilState(clerk, state) {
	await until(async () => (await clerk.look()).state === state, `order ${state}`);
}

// Both answers of one request sent many times at once.
const atOnce = (action, times = 8) => Promise.all(Array.from({ length: times }, action));

test('double clicks and two tabs', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk(), other = clerk.elsewhere();
	await clerk.client.get('/api/hall');
	const opened = await atOnce(() => clerk.client.post('/api/orders', { certificate: clerk.old }));
	assert.equal(new Set(opened.map(({ order }) => order.id)).size, 1);
	await Promise.all([clerk.open(), other.open()]);
	assert.equal(clerk.order.id, other.order.id);
	await atOnce(() => clerk.bind());
	await atOnce(() => clerk.confirm());
	const payments = await Promise.all([...Array(4).keys()].map((i) => (i % 2 ? clerk : other).payment()));
	assert.equal(new Set(payments.map((order) => order.payment.id)).size, 1);
	await atOnce(() => clerk.pay('now'));
	await atOnce(() => clerk.look());
	assert.equal(clerk.order.state, 'PAID');
	await clerk.newKey();
	const proof = clerk.proof();
	const keys = await atOnce(() => clerk.sendKey(proof));
	assert.equal(new Set(keys.map((order) => order.issued.certificate)).size, 1);
	assert.equal(await issuedCount(stage, clerk), 1);
	const receipt = clerk.receipt();
	for (const order of await atOnce(() => clerk.sendReceipt(receipt))) assert.equal(order.state, 'INSTALLED');
	for (const event of ['money', 'key', 'issue', 'receipt']) assert.equal(await moves(stage, clerk, event), 1, event);
});

test('the bank: twice, silent, late, and a payment that expired', async (t) => {
	const stage = await makeStage(t, ['--payment-seconds', '3']);
	const paying = async () => {
		const clerk = await stage.clerk();
		await clerk.open();
		await clerk.confirm();
		await clerk.payment();
		return clerk;
	};

	const qr = await paying();
	const picture = await qr.client.fetch(qr.order.payment.qr);
	assert.equal(picture.headers.get('content-type'), 'image/svg+xml');
	assert.match(await picture.text(), /^<svg [^>]*viewBox="0 0 \d+ \d+".*<path fill="#000" d="M4 4h1v1h-1z/);

	const twice = await paying();
	await twice.pay('twice');
	await until(async () => await sql(stage, 'bank.db', 'SELECT count(*) FROM notice') === '0', 'both notices');
	assert.equal(await moves(stage, twice, 'money'), 1);
	assert.equal((await twice.look()).payment.state, 'paid');

	const silent = await paying();
	await silent.pay('silent');
	assert.equal((await silent.look()).state, 'PAID', 'the hall asked');

	const late = await paying();
	await late.pay('late', { seconds: 2 });
	assert.equal((await late.look()).state, 'PAYING');
	assert.equal(await bankState(late, late.order.payment.id), 'processing');
	await until(async () => await moves(stage, late, 'money') === 1, 'the late notice');
	assert.equal((await late.look()).state, 'PAID');

	const expired = await paying();
	const first = expired.order.payment;
	await until(async () => (await expired.look()).payment.state === 'expired', 'the end of the payment');
	await assert.rejects(expired.pay(), { name: 'payment.expired' });
	assert.equal((await expired.look()).state, 'PAYING');
	await expired.payment();
	assert.notEqual(expired.order.payment.id, first.id);
	await expired.pay();
	assert.equal((await expired.look()).state, 'PAID');
	assert.equal(await bankState(expired, first.id), 'closed');
});

test('paid twice and paid after a cancel: the money goes back', async (t) => {
	const stage = await makeStage(t, ['--payment-seconds', '2']);
	const both = await stage.clerk();
	await both.open();
	await both.confirm();
	const first = (await both.payment()).payment.id;
	await both.pay('late', { seconds: 4 });
	await until(async () => (await both.look()).payment.state === 'expired', 'the end of the payment');
	const second = (await both.payment()).payment.id;
	assert.notEqual(second, first);
	await both.pay();
	assert.equal((await both.look()).state, 'PAID');
	await until(async () => await bankState(both, first) === 'refunded', 'the refund');
	assert.equal((await both.look()).state, 'PAID');
	assert.deepEqual([both.order.payment.id, both.order.payment.state, await bankState(both, second)], [second, 'paid', 'paid']);

	const gone = await stage.clerk();
	await gone.open();
	await gone.confirm();
	await gone.payment();
	await gone.pay('late', { seconds: 1 });
	assert.equal((await gone.act('cancel')).state, 'CANCELLED');
	await untilState(gone, 'REFUND');
	assert.equal(gone.order.payment.state, 'refunded');

	const quick = await stage.clerk();
	await quick.open();
	await quick.confirm();
	await quick.payment();
	await quick.pay('silent');
	await assert.rejects(quick.act('cancel'), { name: 'order.state' });
	assert.equal((await quick.look()).state, 'PAID');
});

test('money after a cancel is found at the start, without a look', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk();
	await clerk.open();
	await clerk.confirm();
	await clerk.payment();
	await clerk.pay('late', { seconds: 1 });
	await clerk.act('cancel');
	await stage.hall.kill();
	await sql(stage, 'bank.db', 'DELETE FROM notice');
	await sleep(1200);
	await stage.hall.again();
	assert.equal(await sql(stage, 'hall.db', `SELECT orders.state, payment.state FROM orders JOIN payment ON order_id=orders.id WHERE orders.id='${clerk.order.id}'`), 'REFUND|refunded');
});

test('the CA is down, then back; or stays away until a person looks', async (t) => {
	const stage = await makeStage(t, ['--ca-retry-seconds', '0', '--ca-tries', '4']);
	const down = path.join(stage.state, 'ca-down');
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	writeFileSync(down, '');
	await clerk.sendKey();
	assert.equal(clerk.order.state, 'APPLIED');
	assert.equal(clerk.order.problem.name, 'ca.unavailable');
	assert.equal((await clerk.sendKey()).state, 'APPLIED');
	rmSync(down);
	await clerk.look();
	assert.equal(clerk.order.state, 'ISSUED');
	assert.equal(clerk.order.problem, undefined);
	assert.equal(await issuedCount(stage, clerk), 1);
	assert.ok(await isRevoked(stage, clerk, clerk.old));

	const waiting = await stage.clerk();
	await waiting.paid();
	await waiting.newKey();
	writeFileSync(down, '');
	await waiting.sendKey();
	await untilState(waiting, 'MANUAL');
	assert.equal(waiting.order.problem.name, 'ca.unavailable');
	assert.equal((await waiting.sendKey()).state, 'MANUAL');
	rmSync(down);
	assert.equal((await waiting.look()).state, 'MANUAL');
	await stage.hall.stop();
	assert.match((await run(program.hall, ['retry', '--state', stage.state, waiting.order.id])).stdout, /APPLIED/);
	await stage.hall.again();
	await untilState(waiting, 'ISSUED');
	assert.equal((await waiting.sendReceipt()).state, 'INSTALLED');

	// Down exactly between issue and revocation: the old one is revoked later.
	const torn = await stage.clerk();
	await torn.paid();
	await torn.newKey();
	await torn.sendKey();
	await sql(stage, 'hall.db', `UPDATE errand SET done=NULL WHERE order_id='${torn.order.id}'`);
	await sql(stage, 'ca/ca.db', `UPDATE certificate SET revoked=NULL WHERE serial='${serialOf(torn.old)}'`);
	await torn.look();
	assert.ok(await isRevoked(stage, torn, torn.old));
});

test('an operator refunds a MANUAL order', async (t) => {
	const stage = await makeStage(t, ['--ca-retry-seconds', '0', '--ca-tries', '1']);
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	writeFileSync(path.join(stage.state, 'ca-down'), '');
	assert.equal((await clerk.sendKey()).state, 'MANUAL');
	await assert.rejects(run(program.hall, ['refund', '--state', stage.state, clerk.order.id]), /lock/);
	await stage.hall.stop();
	assert.match((await run(program.hall, ['refund', '--state', stage.state, clerk.order.id])).stdout, /REFUND/);
	await assert.rejects(run(program.hall, ['retry', '--state', stage.state, clerk.order.id]), /order\.state REFUND/);
	rmSync(path.join(stage.state, 'ca-down'));
	await stage.hall.again();
	assert.equal((await clerk.look()).payment.state, 'refunded');
	assert.notEqual((await clerk.open()).state, 'REFUND', 'the certificate may be renewed after all');
});

test('the pending key is lost: re-issue with a new key, three times', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk();
	await clerk.paid();
	const lost = [];
	for (let i = 0; i < 4; i++) {
		await clerk.newKey(i === 1 ? 'rsa2048' : 'ec-p256');
		assert.equal((await clerk.sendKey()).state, 'ISSUED');
		assert.equal(clerk.order.reissues, i);
		lost.push(clerk.issued);
	}
	await assert.rejects(async () => { await clerk.newKey(); await clerk.sendKey(); }, { name: 'order.reissues' });
	await clerk.look();
	const last = lost.pop();
	assert.equal(clerk.issued, last);
	for (const pem of [clerk.old, ...lost]) assert.ok(await isRevoked(stage, clerk, pem));
	assert.ok(!await isRevoked(stage, clerk, last));
});

test('the first key comes back after another took its place', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk();
	await clerk.paid();
	const first = await clerk.newKey(), csr = clerk.csr;
	await clerk.sendKey();
	const old = clerk.issued;
	await clerk.newKey();
	await clerk.sendKey();
	Object.assign(clerk, { fresh: first, csr, iat: clerk.iat + 60 });
	assert.equal((await clerk.sendKey()).state, 'ISSUED');
	assert.notEqual(clerk.issued, old);
	assert.ok(!await isRevoked(stage, clerk, clerk.issued));
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

// Sent when key 1 was made, doubled or delayed on the way, and there only after the hall had moved on to key 2.
test('a late message with an older key takes nothing away', async (t) => {
	const stage = await makeStage(t);
	for (const arrivedBefore of [true, false]) {
		const clerk = await stage.clerk();
		await clerk.paid();
		await clerk.newKey();
		const late = { csr: clerk.csr, proof: clerk.proof() };
		if (arrivedBefore) await clerk.act('key', late);
		await clerk.newKey();
		const current = { csr: clerk.csr, proof: clerk.proof() };
		await clerk.act('key', current);
		const { issued, reissues } = clerk.order;
		const error = await clerk.act('key', late).then(() => assert.fail('it was taken'), (cause) => cause);
		assert.deepEqual([error.name, error.status, error.error.what], ['proof.invalid', 422, 'iat']);
		assert.deepEqual((await clerk.act('key', current)).issued, issued, 'the current key again');
		assert.deepEqual([clerk.order.reissues, await isRevoked(stage, clerk, clerk.issued)], [reissues, false]);

		// The same second is not younger; and a newer proof of the current key ages the others.
		const seen = clerk.iat + 60;
		await clerk.sendKey(clerk.proof({ iat: seen }));
		await clerk.newKey();
		await assert.rejects(clerk.sendKey(clerk.proof({ iat: seen })), { name: 'proof.invalid' });
		assert.equal((await clerk.sendKey(clerk.proof({ iat: seen + 1 }))).state, 'ISSUED');
		assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
	}
});

test('another key while the CA is away: nothing the CA made stays unknown', async (t) => {
	const stage = await makeStage(t, ['--ca-retry-seconds', '0']);
	const down = path.join(stage.state, 'ca-down');
	const clerk = await stage.clerk();
	await clerk.paid();
	await clerk.newKey();
	writeFileSync(down, '');
	await clerk.sendKey();
	await clerk.newKey();
	await assert.rejects(clerk.sendKey(), { name: 'ca.unavailable', status: 503 });
	assert.equal((await clerk.look()).state, 'APPLIED');
	rmSync(down);
	assert.equal((await clerk.sendKey()).state, 'ISSUED');
	assert.equal(await issuedCount(stage, clerk), 2);
	const serials = (await sql(stage, 'ca/ca.db', `SELECT serial FROM certificate WHERE request LIKE '${clerk.order.id}:%' AND revoked IS NULL`)).split('\n');
	assert.deepEqual(serials, [serialOf(clerk.issued)]);
});

test('killed in every state', async (t) => {
	const stage = await makeStage(t, ['--ca-retry-seconds', '0']);
	const clerk = await stage.clerk();
	const crash = async (state) => {
		await stage.hall.kill();
		await stage.hall.again();
		const before = clerk.order;
		assert.equal((await clerk.look()).state, state);
		assert.equal(clerk.order.id, before.id);
		assert.equal(clerk.order.issued?.certificate, before.issued?.certificate);
	};
	await clerk.open();
	await crash('NEW');
	await clerk.bind();
	await crash('BOUND');
	await clerk.confirm();
	await crash('CONFIRMED');
	await clerk.payment();
	await crash('PAYING');
	// The notice is due after the restart; the bank has not forgotten it.
	await clerk.pay('late', { seconds: 2 });
	await stage.hall.kill();
	await sleep(2100);
	await stage.hall.again();
	await until(async () => await moves(stage, clerk, 'money') === 1, 'the notice after the restart');
	await crash('PAID');
	await clerk.newKey();
	writeFileSync(path.join(stage.state, 'ca-down'), '');
	await clerk.sendKey();
	await crash('APPLIED');
	rmSync(path.join(stage.state, 'ca-down'));
	await untilState(clerk, 'ISSUED');
	await crash('ISSUED');
	await clerk.sendReceipt();
	await crash('INSTALLED');
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED', 'the receipt again');
});

// The hall's record goes back to the moment before its last transaction, as after a crash there.
test('a crash between the CA and the record, at the record, before the revocation', async (t) => {
	const stage = await makeStage(t);
	for (const [state, forget] of [['APPLIED', ''], ['KEY_BOUND', ', attempts=0']]) {
		const clerk = await stage.clerk();
		await clerk.paid();
		await clerk.newKey();
		await clerk.sendKey();
		const issued = clerk.issued;
		await stage.hall.kill();
		await sql(stage, 'hall.db', `UPDATE orders SET state='${state}', issued_id=NULL, issued_pem=NULL, issued_serial=NULL, next_try=0${forget}
			WHERE id='${clerk.order.id}'; DELETE FROM errand WHERE order_id='${clerk.order.id}'`);
		await sql(stage, 'ca/ca.db', `UPDATE certificate SET revoked=NULL WHERE serial='${serialOf(clerk.old)}'`);
		await stage.hall.again();
		// Repaired at the start, before anybody looked.
		assert.equal(await sql(stage, 'hall.db', `SELECT state FROM orders WHERE id='${clerk.order.id}'`), 'ISSUED');
		await clerk.look();
		assert.equal(clerk.issued, issued, 'the same certificate');
		assert.ok(await isRevoked(stage, clerk, clerk.old));
		assert.equal(await issuedCount(stage, clerk), 1);
	}
	const clerk = await stage.clerk();
	await clerk.paid();
	await sql(stage, 'hall.db', `UPDATE payment SET state='open' WHERE order_id='${clerk.order.id}'; UPDATE orders SET state='PAYING' WHERE id='${clerk.order.id}'`);
	await stage.hall.kill();
	await stage.hall.again();
	assert.equal((await clerk.look()).state, 'PAID', 'the bank still knows');
});

test('a clean stop, and one hall a folder', async (t) => {
	const stage = await makeStage(t);
	const clerk = await stage.clerk();
	await clerk.open();
	const second = await run(program.hall, ['--state', stage.state, '--port', '0'], { status: null });
	assert.notEqual(second.status, 0);
	assert.match(second.stderr, /is another hall running there/);
	const end = await stage.hall.stop();
	assert.equal(end.code, 0);
	await stage.hall.again();
	assert.equal((await clerk.look()).state, 'NEW');
	const wrong = await run(program.hall, ['--state', stage.state, '--nonsense'], { status: null });
	assert.equal(wrong.status, 2);
	assert.match(wrong.stderr, /unknown option: --nonsense/);
});
