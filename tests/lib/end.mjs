// How a renewal has to end, by the files of the hall, its CA, its bank and the key: they agree, paid once, one certificate.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { run, until } from './process.mjs';
import { storeObjects, usableCertificates } from './softkey-store.mjs';
import { certificateId } from './token.mjs';

const sql = async (state, name, text) => (await run('sqlite3', ['-cmd', '.timeout 5000', path.join(state, name), text])).stdout.trim();
const serialOf = (pem) => new X509Certificate(pem).serialNumber.toLowerCase();

// The books of a hall on one order. valid, encryption: its signing and encryption certificates that are not revoked.
export async function readBooks(state, order, oldPem) {
	const one = `request LIKE '${order}:%'`;
	const [orders, money, issued, valid, encryption, revoked] = await Promise.all([
		sql(state, 'hall.db', `SELECT state, reissues, issued_id FROM orders WHERE id='${order}'`),
		sql(state, 'bank.db', `SELECT count(*), count(refunded) FROM payment WHERE order_id='${order}' AND paid IS NOT NULL`),
		sql(state, 'ca/ca.db', `SELECT count(*) FROM certificate WHERE ${one} AND request NOT LIKE '%:encrypt'`),
		sql(state, 'ca/ca.db', `SELECT id FROM certificate WHERE ${one} AND request NOT LIKE '%:encrypt' AND revoked IS NULL`),
		sql(state, 'ca/ca.db', `SELECT id FROM certificate WHERE ${one} AND request LIKE '%:encrypt' AND revoked IS NULL`),
		sql(state, 'ca/ca.db', `SELECT count(*) FROM certificate WHERE serial='${serialOf(oldPem)}' AND revoked IS NOT NULL`),
	]);
	const [orderState, reissues, certificate] = orders.split('|'), [paid, refunded] = money.split('|').map(Number);
	return { state: orderState, reissues: Number(reissues), certificate, paid, refunded, issued: Number(issued),
		valid: valid.split('\n').filter(Boolean), encryption: encryption.split('\n').filter(Boolean), oldRevoked: revoked === '1' };
}

// scene: {hall, token (SoftKey), oldPem}; keysLost: how many keys of the order were really lost; foreign: prints of objects
// that are none of the order's business; dual: with an encryption pair.
export async function checkEnd(scene, order, { keysLost = 0, foreign = [], dual = false } = {}) {
	const read = () => readBooks(scene.hall.state, order, scene.oldPem);
	// The old one is revoked by an errand, which may be a moment later.
	await until(async () => (await read()).oldRevoked, 'the old certificate to be revoked', 5000).catch(() => {});
	const books = await read();
	const objects = storeObjects(scene.token).filter((one) => !foreign.includes(one.print));
	const { state, reissues, paid, refunded, issued, oldRevoked } = books, pairs = dual ? 2 : 1;
	assert.deepEqual({ state, reissues, paid, refunded, issued, oldRevoked },
		{ state: 'INSTALLED', reissues: keysLost, paid: 1, refunded: 0, issued: 1 + keysLost, oldRevoked: true });
	assert.deepEqual(books.valid, [books.certificate], 'one certificate is good, and it is the order\'s');
	assert.equal(books.encryption.length, pairs - 1, 'one encryption certificate is good, with two certificates');
	assert.deepEqual(objects.map((one) => one.kind).sort(), ['certificate', 'private', 'public'].flatMap((kind) => Array(pairs).fill(kind)),
		JSON.stringify(objects.map(({ kind, id, label }) => ({ kind, id, label }))));
	assert.equal(new Set(objects.map((one) => one.id)).size, pairs);
	assert.ok(objects.every((one) => one.kind === 'private' || !one.label.startsWith('kh:')), 'the marks are gone');
	assert.deepEqual(usableCertificates(objects).sort(), [books.certificate, ...books.encryption].sort(), 'the key holds the certificates of the hall, and their keys');
	assert.notEqual(books.certificate, certificateId(scene.oldPem));
	return books;
}
