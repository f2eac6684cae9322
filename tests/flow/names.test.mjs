// Subjects as CAs have written them: another string type in the new certificate, GBK, more than anybody shows.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { makeRequest } from '../lib/ca.mjs';
import { makeName, renamed, subjectDer, tags } from '../lib/der.mjs';
import { run } from '../lib/process.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId } from '../lib/token.mjs';

const order = 'NAME-1';
const gbk = Buffer.from('c9bdcef7bdfad4bfcabec0fdb9abcbbe', 'hex'), text = '山西晋钥示例公司';
const one = (tag, value) => makeName(['C', tags.printable, 'CN'], ['CN', tag, value]);
const bmp = Buffer.from(text, 'utf16le').swap16();

async function staged(subject, action) {
	const scene = await makeSoftScene({ change: (pem, ca) => renamed(pem, ca, { subject }) });
	try {
		scene.later = await scene.ca.issue(await makeRequest(scene.pair, scene.folder));
		scene.agent = await scene.connect();
		scene.call = (method, params = {}) => scene.agent.call(method, { order, ...params });
		await action(scene);
		await scene.agent.close();
	} finally { await scene.close(); }
}

// From begin to complete; forget: complete comes from another computer, which knows no old certificate; legible: Node's crypto, which is OpenSSL, can
// read the new certificate.
async function renew(scene, subject, { key = 'new', forget = false, legible = true, issuer } = {}) {
	const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key });
	assert.deepEqual(subjectDer(csr), subjectDer(scene.oldPem), 'the request has the old subject, byte by byte');
	// openssl cannot read every request; the old certificate's fields do for the new one.
	const pem = renamed(scene.later, scene.ca, { subject, issuer, csr });
	const { receipt } = await scene.call('renewal.install', { certificate: pem, chain: [] });
	assert.ok(receipt);
	if (legible) checkReceipt(receipt, { order, origin: scene.origin, serial: scene.key.serial, certificate: pem });
	if (forget) {
		await scene.agent.close();
		await scene.daemon.stop();
		rmSync(scene.daemon.settings.state, { recursive: true });
		await scene.daemon.again();
		scene.agent = await scene.connect();
	}
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	const { certificates } = await scene.agent.call('certificate.list');
	assert.deepEqual(certificates.map((certificate) => certificate.id), [certificateId(pem)]);
	assert.equal(certificates[0].subject, `CN=${text},C=CN`);
	assert.equal((await scene.key.objects()).length, 3);
}

for (const [name, old, renewed] of [
	['T61String with UTF-8 to UTF8String', one(tags.t61, text), one(tags.utf8, text)],
	['T61String with GBK to UTF8String', one(tags.t61, gbk), one(tags.utf8, text)],
	['BMPString to UTF8String', one(tags.bmp, bmp), one(tags.utf8, text)],
	['UTF8String to T61String with UTF-8', one(tags.utf8, text), one(tags.t61, text)],
	['UTF8String with GBK to UTF8String', one(tags.utf8, gbk), one(tags.utf8, text)],
]) {
	test(`C1: ${name}: the old pair goes`, () => staged(old, (scene) => renew(scene, renewed)));
	test(`C1: ${name}: on another computer, too`, () => staged(old, (scene) => renew(scene, renewed, { forget: true })));
}

test('C1: key "same", and the CA is named in another string type', () => staged(one(tags.t61, text), (scene) =>
	renew(scene, one(tags.utf8, text), { key: 'same', issuer: makeName(['C', tags.utf8, 'cn'], ['O', tags.t61, '示例根CA'], ['CN', tags.bmp, Buffer.from('Example  Root CA', 'utf16le').swap16()]) })));

test('C1: another name is another name', () => staged(one(tags.t61, text), async (scene) => {
	const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key: 'new' });
	const pem = renamed(scene.later, scene.ca, { subject: one(tags.utf8, `${text}分公司`), csr });
	await unchanged(scene.key, async () => {
		const error = await refused(scene.call('renewal.install', { certificate: pem, chain: [] }), 'certificate.mismatch');
		assert.equal(error.data.what, 'subject');
	});
}));

test('C4: the same GBK in a UTF8String again', () => staged(one(tags.utf8, gbk), (scene) =>
	renew(scene, one(tags.utf8, gbk), { legible: false })));

test('C4: 70 RDNs and 5,000 bytes are shown shortened, and the request keeps them', () => {
	const long = makeName(['C', tags.printable, 'CN'], ...Array.from({ length: 70 }, (_, i) => ['OU', tags.utf8, `第${i}部门${'部'.repeat(20)}`]), ['CN', tags.utf8, text]);
	assert.ok(long.length > 4096);
	return staged(long, async (scene) => {
		const [certificate] = (await scene.agent.call('certificate.list')).certificates;
		assert.ok(certificate.subject.startsWith(`CN=${text},OU=第69部门`));
		assert.ok(certificate.subject.endsWith('…') && Buffer.byteLength(certificate.subject) <= 4096);
		assert.ok(!certificate.subject.includes('\ufffd'));
		const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key: 'new' });
		assert.deepEqual(subjectDer(csr), long);
		const { stdout, stderr } = await run('openssl', ['req', '-verify', '-noout'], { input: csr });
		assert.match(stdout + stderr, /verify OK/);
	});
});

test('C4: the request of a T61String with GBK is one that openssl loads', () => staged(one(tags.t61, gbk), async (scene) => {
	const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key: 'new' });
	assert.deepEqual(subjectDer(csr), one(tags.t61, gbk));
	const { stdout, stderr } = await run('openssl', ['req', '-verify', '-noout'], { input: csr });
	assert.match(stdout + stderr, /verify OK/);
}));
