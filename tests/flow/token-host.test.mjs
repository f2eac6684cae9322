// The token host without a daemon: keys of every type, PIN, checks, idempotence, removal. Witnesses: openssl, pkcs11-tool.
import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { Authority, company, days, makeRequest } from '../lib/ca.mjs';
import { canLook, findInMemory } from '../lib/memory.mjs';
import { PinScript } from '../lib/pin.mjs';
import { checkProof, checkReceipt } from '../lib/renewal.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { TokenHost } from '../lib/token-host.mjs';
import { Token, certificateId, makeKey, pemToDer, sha256 } from '../lib/token.mjs';
import { subjectOf, verifyCertificate, verifyRequest } from '../lib/witness.mjs';
import { markId, markLabel } from '../lib/mark.mjs';

const origin = 'https://hall.example.cn';
const oids = ['1.2.156.10260.4.1.4', '1.2.86.11.7.4'];

// A token with an old certificate, a CA, and a token host with a scripted PIN window.
async function stage(options = {}) {
	const { keyType = 'ec-p256', pins, from = -345, to = 20, usage } = options;
	const folder = temporaryFolder();
	const place = (name) => { const one = path.join(folder, name); mkdirSync(one); return one; };
	const it = { folder, keyType, order: 'T-1.a_b' };
	it.token = await Token.make(place('token'), options);
	it.ca = await Authority.make(place('ca'));
	it.root = it.ca.root;
	it.oldKey = await makeKey(keyType);
	it.oldPem = await it.ca.issue(await makeRequest(it.oldKey, place('old')), { notBefore: days(from), notAfter: days(to), usage });
	await it.token.importPair(it.oldKey);
	await it.token.writeCertificate(it.oldPem);
	it.old = certificateId(it.oldPem);
	it.pins = new PinScript(folder, pins ?? it.token.pin);
	it.start = async (more = {}) => {
		it.host = await TokenHost.start({ module: it.token.module, env: { ...it.token.env, ...it.pins.env }, pinentry: it.pins.program,
			locale: 'zh-CN', anchors: [it.ca.root], creditCodeOids: oids, ...options.host, ...more });
		it.uri = (await it.host.call('token.list')).tokens[0]?.token;
		return it.host;
	};
	await it.start();
	it.prompt = (purpose = 'begin', session = 1) => ({ session, origin, locale: 'zh-CN', purpose, order: it.order });
	it.login = (purpose, session, verify) => it.host.call('token.login', { token: it.uri, prompt: it.prompt(purpose, session), ...(verify ? { verify } : {}) });
	it.call = (method, params) => it.host.call(method, { token: it.uri, order: it.order, ...params });
	it.begin = async (key = 'new', keyType_ = keyType) => {
		await it.login();
		if (key === 'new') await it.call('key.generate', { keyType: keyType_ });
		return it.call('request.create', { certificate: it.old, key, origin });
	};
	it.install = async (certificate, key = 'new', chain = [it.ca.rootPem]) => {
		const { certificate: id } = await it.call('certificate.check', { certificate, chain, key, oldCertificate: it.old });
		await it.call('certificate.write', { certificate, key });
		const proved = await it.call('certificate.prove', { certificate: id, secondReader: true });
		const { receipt } = await it.call('receipt.create', { certificate: id, origin });
		return { id, receipt, proved };
	};
	it.retire = (certificate, retire = 'pair', oldCertificate = it.old) =>
		it.call('pair.retire', { certificate: certificateId(certificate), retire, ...(oldCertificate ? { oldCertificate } : {}) });
	it.residue = async () => (await it.host.call('renewal.residue', { orders: [{ order: it.order }] })).residues;
	it.close = async () => {
		const end = await it.host.stop();
		removeFolder(folder);
		assert.deepEqual(end, { code: 0, signal: null }, it.host.log);
	};
	return it;
}

const staged = (name, options, body) => test(name, async () => {
	const it = await stage(options);
	try { await body(it); } catch (error) { error.message += `\n${it.host.log}`; throw error; } finally { await it.close(); }
});

for (const [keyType, key, newType] of [['rsa2048', 'new', 'rsa2048'], ['rsa2048', 'new', 'rsa3072'], ['ec-p256', 'new', 'ec-p256'],
	['ec-p384', 'new', 'ec-p384'], ['ed25519', 'new', 'ed25519'], ['rsa2048', 'new', 'ec-p256'], ['ec-p256', 'new', 'rsa4096'],
	['rsa2048', 'same', 'rsa2048'], ['ec-p384', 'same', 'ec-p384'], ['ed25519', 'same', 'ed25519']]) {
	staged(`${keyType} to ${key} ${newType}: from the request to the retired pair`, { keyType }, async (it) => {
		const begun = await it.begin(key, newType);
		const request = await verifyRequest(begun.csr);
		assert.ok(request.ok, request.text);
		assert.equal(request.subject, await subjectOf(it.oldPem));
		checkProof(begun.proof, { order: it.order, origin, serial: it.token.serial, csr: begun.csr, certificate: it.oldPem });
		assert.deepEqual(begun.importAlgorithms ?? [], newType.startsWith('rsa') ? ['rsa-aes-kw'] : []);
		const { stdout } = await run('openssl', ['req', '-noout', '-text'], { input: begun.csr });
		assert.match(stdout, /X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation/);

		const certificate = await it.ca.issue(begun.csr);
		const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
		assert.equal(begun.publicKey, sha256(spki));
		assert.ok((await verifyCertificate(it, certificate)).ok);
		const { receipt, proved, id } = await it.install(certificate, key);
		checkReceipt(receipt, { order: it.order, origin, serial: it.token.serial, certificate });
		assert.equal(id, certificateId(certificate));
		assert.equal(proved.secondReader, !it.host.about.secondReader ? 'absent' : newType === 'ed25519' ? 'failed' : 'agreed');
		const ckaId = key === 'new' ? markId(it.order) : '01';
		assert.ok(await it.token.signs(ckaId, certificate, newType));

		const [residue] = await it.residue();
		assert.deepEqual([residue.certificate, residue.privateKey, residue.publicKey, residue.completed, residue.oldCertificate],
			[id, key === 'new', key === 'new', false, it.old]);
		assert.deepEqual(await it.retire(certificate), { retired: [it.old] });
		const objects = await it.token.objects();
		assert.equal(objects.length, 3, objects.join('\n'));
		for (const object of objects) assert.match(object, new RegExp(`ID:\\s+${ckaId}`));
		assert.ok(objects.every((one) => key === 'same' || one.startsWith('Private') || one.includes(company.name)), objects.join('\n'));
		assert.match(objects.find((one) => one.startsWith('Certificate')), /subject:\s+DN: .*CN=/);
		assert.deepEqual(await it.retire(certificate), { retired: [] });
		if (key === 'new') assert.equal((await it.residue())[0].completed, true);
		const { certificates } = await it.host.call('certificate.list');
		assert.deepEqual(certificates.map((one) => [one.id, one.hasPrivateKey]), [[id, true]]);
	});
}

staged('certificate.list shows what openssl reads', { keyType: 'rsa2048' }, async (it) => {
	await it.token.writeCertificate(it.ca.rootPem, { id: '99', label: 'CA' });
	const { certificates } = await it.host.call('certificate.list', { token: it.uri });
	const one = certificates.find((certificate) => certificate.id === it.old);
	const facts = new X509Certificate(it.oldPem);
	assert.deepEqual(pemToDer(one.pem), pemToDer(it.oldPem));
	assert.equal(one.subject, `CN=${company.name},O=${company.name},L=太原市,ST=山西省,C=CN`);
	assert.equal(one.issuer, 'CN=Example Root CA,O=示例根CA,C=CN');
	assert.equal(one.serialNumber, facts.serialNumber.toLowerCase());
	assert.equal(Date.parse(one.notBefore), Date.parse(facts.validFrom));
	assert.equal(Date.parse(one.notAfter), Date.parse(facts.validTo));
	assert.deepEqual([one.usage, one.keyType, one.creditCode, one.hasPrivateKey], ['sign', 'rsa2048', company.creditCode, true]);
	const ca = certificates.find((certificate) => certificate.id === certificateId(it.ca.rootPem));
	assert.deepEqual([ca.hasPrivateKey, ca.keyType, ca.creditCode], [false, 'ec-p256', undefined]);
});

staged('a repeated list costs nothing and sees what another program writes and deletes', {}, async (it) => {
	const first = await it.host.call('certificate.list');
	const again = await it.host.call('certificate.list', { revision: first.revision });
	assert.deepEqual(again, { revision: first.revision, changed: false, certificates: [] });
	await it.token.writeCertificate(it.ca.rootPem, { id: '77', label: 'other' });
	const written = await it.host.call('certificate.list', { revision: first.revision });
	assert.equal(written.changed, true);
	assert.equal(written.certificates.length, 2);
	await it.token.tool(['--login', '--pin', it.token.pin, '--delete-object', '--type', 'cert', '--id', '77']);
	const deleted = await it.host.call('certificate.list', { revision: written.revision });
	assert.deepEqual(deleted.certificates.map((one) => one.id), [it.old]);
});

staged('every step may come again', {}, async (it) => {
	const first = await it.begin();
	const { publicKey } = await it.call('key.generate', { keyType: 'rsa2048' });
	assert.equal(publicKey, first.publicKey, 'the order has its key already');
	const second = await it.call('request.create', { certificate: it.old, key: 'new', origin });
	assert.equal(second.publicKey, first.publicKey);
	const certificate = await it.ca.issue(first.csr);
	await it.install(certificate);
	await unchanged(it.token, () => it.install(certificate));
	await it.retire(certificate);
	await unchanged(it.token, async () => { await it.install(certificate); await it.retire(certificate); });
	assert.equal(it.pins.count(), 1);
});

staged('another process goes on where the first one ended', {}, async (it) => {
	const begun = await it.begin();
	await it.host.stop();
	await it.start();
	const { residues } = await it.host.call('renewal.residue', { orders: [], others: true });
	assert.deepEqual(residues.map((one) => [one.mark, one.login, one.privateKey, one.publicKey, one.spki]),
		[[markLabel(it.order), false, false, true, begun.publicKey]]);
	await it.login('install');
	const certificate = await it.ca.issue(begun.csr);
	await it.install(certificate);
	await it.host.stop();
	await it.start();
	await it.login('complete');
	assert.deepEqual(await it.retire(certificate, 'pair', null), { retired: [it.old] });
});

staged('wrong certificates are refused with the reason, and nothing is written', {}, async (it) => {
	const begun = await it.begin();
	const check = (certificate, chain = [it.ca.rootPem], key = 'new') => it.call('certificate.check', { certificate, chain, key, oldCertificate: it.old });
	const otherCa = await Authority.make(path.join(it.folder, 'other'));
	const stranger = await makeRequest(await makeKey('ec-p256'), it.folder);
	const good = await it.ca.issue(begun.csr);
	await unchanged(it.token, async () => {
		await refused(check(await it.ca.issue(stranger)), 'certificate.mismatch', { what: 'spki' });
		await refused(check(it.oldPem), 'certificate.mismatch', { what: 'spki' });
		await refused(check(await it.ca.issue(begun.csr, { name: '/C=CN/O=Other/CN=Other' })), 'certificate.mismatch', { what: 'subject' });
		await refused(check(await it.ca.issue(begun.csr, { notBefore: days(-30), notAfter: days(-1) })), 'certificate.mismatch', { what: 'validity' });
		await refused(check(await it.ca.issue(begun.csr, { usage: 'encrypt' })), 'certificate.mismatch', { what: 'usage' });
		await refused(check(await otherCa.issue(begun.csr), [otherCa.rootPem]), 'certificate.untrusted');
		await refused(check('garbage'), 'request.invalid', { field: 'certificate' });
		await refused(check(`${good}${good}`), 'request.invalid', { field: 'certificate' });
		await refused(check(good.replace(/CERTIFICATE/g, 'X509 CRL')), 'request.invalid', { field: 'certificate' });
		await refused(check(good, ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']), 'request.invalid', { field: 'chain.0' });
		await refused(it.call('certificate.write', { certificate: await it.ca.issue(stranger), key: 'new' }), 'certificate.mismatch', { what: 'spki' });
		await refused(it.call('certificate.prove', { certificate: certificateId(good) }), 'certificate.absent');
	});
	await it.install(good);
});

staged('without anchors nothing is trusted', { host: { anchors: [] } }, async (it) => {
	const { csr } = await it.begin();
	await refused(it.call('certificate.check', { certificate: await it.ca.issue(csr), chain: [it.ca.rootPem], key: 'new' }), 'certificate.untrusted');
});

staged('with the old key the old certificate itself is refused', {}, async (it) => {
	await it.begin('same');
	const check = (certificate) => it.call('certificate.check', { certificate, chain: [], key: 'same', oldCertificate: it.old });
	await refused(check(it.oldPem), 'certificate.mismatch', { what: 'validity' });
});

staged('PIN: wrong, cancelled, and known to be wrong', { pins: ['00000000', 'cancel', '00000000', '12345678'] }, async (it) => {
	await refused(it.login(), 'pin.incorrect', { left: 'low', serial: it.token.serial });
	await refused(it.login(), 'pin.cancelled');
	await it.login();
	const asked = it.pins.asked();
	assert.equal(it.pins.count(), 4, 'the wrong PIN was not sent again: the window asked on');
	assert.ok(asked.some((line) => line.startsWith('SETERROR') && line.includes('该 PIN 码与上次输错的相同')));
	const description = asked.find((line) => line.startsWith('SETDESC'));
	for (const part of [new URL(origin).host, it.order, it.token.label, it.token.serial.slice(-6), '%0A']) assert.ok(description.includes(part), description);
	assert.ok(asked.includes('SETTITLE 数字证书控件'));
	assert.deepEqual(it.host.prompts(), [true, false, true, false, true, false]);
	assert.ok(!it.host.log.includes('12345678') && !it.host.log.includes('00000000'));
});

staged('PIN: too short or empty is asked again', { pins: ['1', '12345678'] }, async (it) => {
	await it.login();
	assert.equal(it.pins.count(), 2);
});

staged('a login belongs to its session', {}, async (it) => {
	await it.login('begin', 1);
	await it.login('begin', 1);
	assert.equal(it.pins.count(), 1);
	await it.login('begin', 2);
	assert.equal(it.pins.count(), 2, 'another session is asked');
	await it.login('verify', 2, true);
	assert.equal(it.pins.count(), 3, 'verify asks always');
	await it.host.call('token.logout', { session: 1 });
	await it.call('key.generate', { keyType: 'ec-p256' });
	await it.host.call('token.logout', { session: 2 });
	await refused(it.call('key.generate', { keyType: 'ec-p256' }), 'pin.ended', { value: 'CKR_USER_NOT_LOGGED_IN' });
});

staged('host.cancel closes the window; so does the end of stdin', { pins: ['hang'] }, async (it) => {
	const login = refused(it.login('begin', 7), 'pin.cancelled');
	await it.pins.untilAsked(1);
	it.host.notify('host.cancel', { session: 8 });
	it.host.notify('host.cancel', { session: 7 });
	await login;
	const another = it.login('begin', 7).catch(() => {});
	await it.pins.untilAsked(2);
	await it.host.stop();
	await another;
	await it.start();
});

staged('a PIN window that is missing or dies is pin.unavailable', {}, async (it) => {
	const configure = (pinentry) => it.host.call('host.configure', { pinentry, locale: 'en', anchors: [], creditCodeOids: [] });
	await configure('/nonexistent/pinentry');
	await refused(it.login(), 'pin.unavailable');
	await configure('/bin/true');
	await refused(it.login(), 'pin.unavailable');
});

// As root: what the process holds. As anybody else: that it lets nobody look.
staged('no PIN is left in memory after the login', { pin: '73914682' }, async (it) => {
	await it.login();
	const look = () => findInMemory(it.host.child.pid, '73914682');
	if (process.getuid() !== 0) assert.throws(look, { code: 'EACCES' });
	else if (canLook) assert.deepEqual(look(), []);
});

staged('the PIN is changed', { pins: ['12345678', '1111', '87654321', '99999999', '87654321', '87654321'] }, async (it) => {
	await it.host.call('pin.change', { token: it.uri, prompt: it.prompt('change') });
	it.pins.answer('87654321');
	await it.login('verify', 1, true);
	assert.ok(it.pins.asked().some((line) => line.startsWith('SETERROR') && line.includes('不一致')));
	it.token.pin = '87654321';
});

staged('pending objects are deleted, until a certificate is there', {}, async (it) => {
	const before = await it.token.objects();
	const { csr } = await it.begin();
	await it.call('pending.delete');
	assert.deepEqual(await it.token.objects(), before);
	assert.deepEqual(await it.residue(), []);
	await it.call('pending.delete');
	await refused(it.call('request.create', { certificate: it.old, key: 'new', origin }), 'renewal.state');
	const again = await it.begin();
	assert.notEqual(again.csr, csr);
	await it.install(await it.ca.issue(again.csr));
	await unchanged(it.token, () => refused(it.call('pending.delete'), 'renewal.state'));
});

staged('half a pair is completed or made again', { keyType: 'rsa2048' }, async (it) => {
	const { publicKey } = await it.begin();
	const remove = (type) => it.token.tool(['--login', '--pin', it.token.pin, '--delete-object', '--type', type, '--id', markId(it.order)]);
	await remove('pubkey');
	assert.deepEqual((await it.residue()).map((one) => [one.privateKey, one.publicKey, one.spki]), [[true, false, publicKey]]);
	assert.deepEqual(await it.call('key.rebuild'), { publicKey });
	await remove('privkey');
	await it.residue();
	const made = await it.call('key.generate', { keyType: 'rsa2048' });
	assert.notEqual(made.publicKey, publicKey);
	assert.equal((await it.token.objects()).length, 5);
});

staged('a lost EC public key comes back from the certificate that fits', {}, async (it) => {
	const { publicKey, csr } = await it.begin();
	const certificate = await it.ca.issue(csr);
	await it.token.tool(['--login', '--pin', it.token.pin, '--delete-object', '--type', 'pubkey', '--id', markId(it.order)]);
	await it.residue();
	await refused(it.call('key.rebuild'), 'token.unsupported');
	await refused(it.call('key.rebuild', { certificate: it.oldPem }), 'certificate.mismatch');
	assert.deepEqual(await it.call('key.rebuild', { certificate }), { publicKey });
	await it.install(certificate);
});

staged('retire: certificate only, nothing, encryption pair, not sure which', {}, async (it) => {
	const { csr } = await it.begin();
	const certificate = await it.ca.issue(csr);
	const encryption = await it.ca.issue(await makeRequest(await makeKey('ec-p256'), it.folder), { usage: 'encrypt', notAfter: days(10) });
	await it.token.writeCertificate(encryption, { id: '02', label: 'enc' });
	await it.install(certificate);
	assert.deepEqual(await it.retire(certificate, 'nothing'), { retired: [] });
	assert.deepEqual(await it.retire(certificate, 'pair', certificateId(encryption)), { retired: [] });
	const twin = await it.ca.issue(await makeRequest(await makeKey('ec-p256'), it.folder), { notAfter: days(15) });
	await it.token.writeCertificate(twin, { id: '03', label: 'twin' });
	assert.deepEqual(await it.retire(certificate, 'pair', null), { retired: [] }, 'two could be meant');
	assert.deepEqual(await it.retire(certificate, 'certificate'), { retired: [it.old] });
	assert.deepEqual(await it.retire(certificate, 'pair', null), { retired: [] }, 'finished: the twin is not taken for the old one');
	const objects = await it.token.objects();
	assert.equal(objects.filter((one) => /ID:\s+01$/m.test(one) && !one.startsWith('Certificate')).length, 2, 'the old keys stay');
});

staged('a pulled token is noticed, and found again', {}, async (it) => {
	await it.login();
	it.token.pull();
	await refused(it.call('key.generate', { keyType: 'ec-p256' }), 'token.removed');
	assert.deepEqual(await it.host.call('token.list'), { tokens: [] });
	assert.deepEqual((await it.host.call('certificate.list')).certificates, []);
	await refused(it.login(), 'token.absent');
	it.token.putBack();
	assert.equal((await it.host.call('token.list', { refresh: true })).tokens.length, 1);
	await refused(it.call('key.generate', { keyType: 'ec-p256' }), 'pin.ended', { value: 'CKR_USER_NOT_LOGGED_IN' });
	await it.begin();
});

staged('a token that comes in is found by its name', {}, async (it) => {
	it.token.pull();
	assert.deepEqual((await it.host.call('certificate.list')).certificates, []);
	it.token.putBack();
	const { certificates } = await it.host.call('certificate.list', { token: it.uri });
	assert.equal(certificates.length, 1);
});

staged('what cannot be done', {}, async (it) => {
	await it.login();
	await refused(it.call('key.generate', { keyType: 'sm2' }), 'token.unsupported');
	await refused(it.call('request.create', { certificate: 'ab'.repeat(32), key: 'new', origin }), 'certificate.absent');
	await it.token.writeCertificate(it.ca.rootPem, { id: '88', label: 'CA' });
	await refused(it.call('request.create', { certificate: certificateId(it.ca.rootPem), key: 'same', origin }), 'certificate.no_key');
	await refused(it.host.call('certificate.list', { token: 'pkcs11:serial=0000' }), 'token.absent');
	await refused(it.host.call('token.list', { more: 1 }), 'request.invalid', { field: 'more' });
	await refused(it.host.call('host.nothing'), 'request.invalid', { field: 'method' });
	await refused(it.call('encryption.import', { encryption: { certificate: it.oldPem, envelope: 'AAAA', format: 'rsa-aes-kw' }, chain: [] }), 'renewal.state');
});

test('a module that is missing or no module is driver.missing', async () => {
	const folder = temporaryFolder(), file = path.join(folder, 'module.so');
	writeFileSync(file, 'no library');
	for (const module of [file, path.join(folder, 'nothing.so')])
		await refused(TokenHost.start({ module }), 'driver.missing', { module: path.basename(module) });
	removeFolder(folder);
});

staged('the calls of a renewal are few', { host: { level: 'debug' } }, async (it) => {
	const { csr } = await it.begin();
	const certificate = await it.ca.issue(csr);
	await it.residue();
	await it.install(certificate);
	const names = [...it.host.log.matchAll(/debug: (C_\w+) /g)].map((hit) => hit[1]);
	assert.ok(names.length <= 70, `${names.length}: ${names.join(' ')}`);
	assert.equal(names.filter((name) => name === 'C_OpenSession').length, 1);
});
