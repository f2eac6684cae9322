// What a key tells of itself at the hall: its serial, which may be none or no ASCII, and the mark of an order.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Stage, makeJws } from '../lib/softkey.mjs';
import { sha256 } from '../lib/token.mjs';

let stage;
test.before(async () => { stage = await Stage.make(); });
test.after(() => stage.close());

const refused = async (promise, name, what) => {
	const error = await promise.then(() => assert.fail(`expected ${name}`), (cause) => cause);
	assert.deepEqual([error.name, error.error.what], [name, what], error.message);
};
const withSerial = async (serial) => Object.assign(await stage.clerk(), { serial });

test('M16: a token without a serial renews; certificate and key decide alone', async () => {
	const clerk = await withSerial('');
	assert.equal((await clerk.paid()).state, 'PAID');
	assert.equal(clerk.order.tokenSerial, undefined);
	await clerk.newKey();
	const stranger = await stage.clerk();
	await refused(clerk.sendKey(makeJws(stranger.key, stranger.old, clerk.proofClaims())), 'proof.invalid', 'x5c');
	await refused(clerk.sendKey(makeJws(stranger.key, clerk.old, clerk.proofClaims())), 'proof.invalid', 'signature');
	await clerk.sendKey();
	await refused(clerk.sendReceipt(makeJws(clerk.key, clerk.issued, clerk.receiptClaims())), 'receipt.invalid', 'signature');
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

test('M16: bound without a serial, proved with one: bound to that one from then on', async () => {
	const clerk = await withSerial('');
	await clerk.paid();
	await clerk.newKey();
	clerk.serial = 'SOFT0002';
	assert.equal((await clerk.sendKey()).tokenSerial, 'SOFT0002');
	for (const tokenSerial of ['', 'SOFT0003']) await refused(clerk.sendReceipt(clerk.receipt({ tokenSerial })), 'receipt.invalid', 'tokenSerial');
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

test('M16: what was bound with a serial stays bound to it', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	assert.equal((await clerk.act('bind', { tokenSerial: '' })).tokenSerial, clerk.serial);
	await clerk.newKey();
	await refused(clerk.sendKey(clerk.proof({ tokenSerial: '' })), 'proof.invalid', 'tokenSerial');
	await clerk.sendKey();
	assert.equal((await clerk.act('bind', { tokenSerial: '' })).tokenSerial, clerk.serial);
	await refused(clerk.sendReceipt(clerk.receipt({ tokenSerial: '' })), 'receipt.invalid', 'tokenSerial');
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
});

test('M17: serials are UTF-8, up to 64 characters', async () => {
	for (const serial of ['证'.repeat(64), '序列号😀-\u00e9']) {
		const clerk = await withSerial(serial);
		assert.equal((await clerk.whole()).state, 'INSTALLED');
		assert.equal(clerk.order.tokenSerial, serial);
	}
	const clerk = await withSerial('');
	await clerk.paid();
	await clerk.newKey();
	await refused(clerk.sendKey(clerk.proof({ tokenSerial: '证'.repeat(65) })), 'proof.invalid', 'tokenSerial');
});

test('an order is found by its mark, which is all that a key tells; by nothing near it', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	const { id, mark } = clerk.order, client = stage.hall.client();
	assert.equal(mark, `kh:${sha256(`keyhall:${id}`).slice(0, 24)}`);
	assert.equal((await client.get(`/api/orders/${encodeURIComponent(mark)}`)).order.id, id);
	for (const near of [mark.slice(3), mark.slice(0, -1), `${mark}0`, 'kh:']) {
		const error = await client.get(`/api/orders/${encodeURIComponent(near)}`).then(() => assert.fail(near), (cause) => cause);
		assert.equal(error.name, 'order.absent', near);
	}
	const error = await client.post(`/api/orders/${encodeURIComponent(mark)}/cancel`).then(() => assert.fail('cancelled'), (cause) => cause);
	assert.equal(error.name, 'order.foreign');
});
