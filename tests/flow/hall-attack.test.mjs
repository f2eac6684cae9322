// The hall attacked from outside and from below: odd requests, weak keys, damaged or missing files, clocks, old TLS.
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey, createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { program } from '../lib/paths.mjs';
import { freePort, run, sleep, until } from '../lib/process.mjs';
import { Hall } from '../lib/hall.mjs';
import { Stage, now, serialOf } from '../lib/softkey.mjs';
import { makeKey } from '../lib/token.mjs';

let stage;
test.before(async () => { stage = await Stage.make(); });
test.after(() => stage.close());

const sql = async (state, name, text) => (await run('sqlite3', ['-cmd', '.timeout 5000', path.join(state, name), text])).stdout.trim();
const refusal = (promise) => promise.then(() => assert.fail('it was taken'), (cause) => cause);
const endOf = (pem) => Date.parse(new X509Certificate(pem).validTo);

// A path as it stands, without a client that tidies it.
const raw = (method, where, headers = {}) => new Promise((resolve, reject) => {
	const request = http.request({ host: '127.0.0.1', port: stage.hall.port, method, path: where, headers }, (response) => {
		let body = '';
		response.on('data', (part) => { body += part; });
		response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
	});
	request.on('error', reject);
	request.end();
});

test('paths that climb, verbs that are not offered, headers on every answer', async () => {
	for (const where of ['/../ca/root.key', '/%2e%2e/ca/root.key', '/%252e%252e/ca/root.key', '/..%5cca', '/sdk/../../hall/main.c', '/sdk/%2e%2e/keyhall.openrpc.json',
		'//etc/passwd', '/renew%00.js', '/.hidden', '/sdk/.', '/bank.html/', `/${'a'.repeat(5000)}`, '/hall.db', '/api', '/api/orders/x/y/z']) {
		const answer = await raw('GET', where);
		assert.ok(answer.status === 404 || answer.status === 400 || answer.status === 414, `${where}: ${answer.status}`);
		assert.ok(!/root:|PRIVATE|#include/.test(answer.body), where);
	}
	for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS']) {
		const answer = await raw(method, '/api/orders', { origin: 'http://evil.example', 'access-control-request-method': 'POST' });
		assert.equal(answer.status, 404, method);
		assert.ok(!Object.keys(answer.headers).some((name) => name.startsWith('access-control')), method);
	}
	for (const where of ['/', '/renew', '/style.css', '/nothing', '/api/hall', '/api/orders/x', '/bank/pay/x', '/bank/api/x', '/ca/crl.der']) {
		const { headers } = await raw('GET', where);
		assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/, where);
		assert.equal(headers['x-content-type-options'], 'nosniff', where);
	}
});

test('fifty of the same request at once', async () => {
	const clerk = await stage.clerk(), many = (action) => Promise.all(Array.from({ length: 50 }, action));
	const post = (what, body) => () => clerk.client.post(`/api/orders${what}`, body).then(({ order }) => order);
	const ids = new Set((await many(post('', { certificate: clerk.old }))).map(({ id }) => id));
	assert.equal(ids.size, 1);
	await clerk.open();
	await clerk.confirm();
	assert.equal(new Set((await many(post(`/${clerk.order.id}/payment`, {}))).map(({ payment }) => payment.id)).size, 1);
	await clerk.look();
	await many(() => clerk.pay('twice'));
	await clerk.look();
	await clerk.newKey();
	const key = { csr: clerk.csr, proof: clerk.proof() };
	assert.equal(new Set((await many(post(`/${clerk.order.id}/key`, key))).map(({ issued }) => issued.certificate)).size, 1);
	await clerk.look();
	const receipt = { receipt: clerk.receipt() };
	assert.ok((await many(post(`/${clerk.order.id}/receipt`, receipt))).every(({ state }) => state === 'INSTALLED'));
});

test('a short phone number is not told by its mask', async () => {
	const clerk = await stage.clerk();
	await clerk.open();
	await clerk.confirm({ contact: { name: 'x', phone: '351234567' } });
	assert.equal((await clerk.elsewhere().look()).contact, undefined, 'nothing to one who only knows the number');
	assert.equal((await clerk.elsewhere().open()).contact.phone, '3***');
});

// ---- keys and certificates

const der = (tag, ...parts) => {
	const body = Buffer.concat(parts), n = body.length;
	const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
};

// A request by the RSA key with this modulus and exponent 1: everybody can sign for it.
function requestWithExponentOne(modulus) {
	const algorithm = (last) => der(0x30, Buffer.from(`06092a864886f70d0101${last}0500`, 'hex'));
	const number = der(0x30, der(0x02, Buffer.from([0]), modulus), Buffer.from('020101', 'hex'));
	const info = der(0x30, Buffer.from('0201003000', 'hex'), der(0x30, algorithm('01'), der(0x03, Buffer.from([0]), number)), Buffer.from('a000', 'hex'));
	const digest = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), createHash('sha256').update(info).digest()]);
	const padded = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(modulus.length - 3 - digest.length, 255), Buffer.from([0]), digest]);
	const body = der(0x30, info, algorithm('0b'), der(0x03, Buffer.from([0]), padded)).toString('base64');
	return `-----BEGIN CERTIFICATE REQUEST-----\n${body.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE REQUEST-----\n`;
}

test('an RSA key with exponent 1 or 3 is no key', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	const { n } = createPrivateKey(await makeKey('rsa2048')).export({ format: 'jwk' });
	const three = (await run('openssl', ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'])).stdout;
	for (const csr of [requestWithExponentOne(Buffer.from(n, 'base64url')), await stage.request(three, { code: null })]) {
		clerk.csr = csr;
		const error = await refusal(clerk.sendKey());
		assert.deepEqual([error.name, error.error?.field], ['input.invalid', 'csr']);
	}
	assert.equal((await clerk.look()).state, 'PAID');
});

test('what a request asks for is not given', async () => {
	const clerk = await stage.clerk();
	await clerk.paid();
	const key = stage.file('asking.pem', clerk.fresh = await makeKey('ec-p256'));
	clerk.csr = (await run('openssl', ['req', '-new', '-key', key, '-subj', '/CN=evil.example', '-addext', 'basicConstraints=critical,CA:TRUE',
		'-addext', 'keyUsage=keyCertSign', '-addext', 'subjectAltName=DNS:evil.example'])).stdout;
	await clerk.sendKey();
	const issued = new X509Certificate(clerk.issued);
	assert.deepEqual([issued.ca, issued.subjectAltName], [false, undefined]);
	assert.ok(!issued.subject.includes('evil'));
});

test('an encryption certificate is not sold a renewal', async () => {
	const key = await makeKey('rsa2048'), csr = stage.file('encrypt.csr', await stage.request(key));
	const { stdout: certificate } = await run(program.hall, ['certify', '--state', stage.state, '--csr', csr, '--usage', 'encrypt', '--not-after-days', '20']);
	const error = await refusal(stage.hall.client().post('/api/orders', { certificate }));
	assert.deepEqual([error.name, error.status], ['certificate.usage', 422]);
});

test('no certificate outlives the CA', async () => {
	const clerk = await stage.clerk({ from: -1, to: 4000 });
	const ca = endOf(readFileSync(path.join(stage.state, 'ca/issuing.pem')));
	assert.ok(endOf(clerk.old) <= ca, `${clerk.old} ends after the CA`);
});

// ---- below the hall

test('nothing private is readable for others', () => {
	for (const name of ['hall.db', 'bank.db', 'bank.key', 'ca/ca.db', 'ca/root.key', 'ca/issuing.key'])
		assert.equal(statSync(path.join(stage.state, name)).mode & 0o077, 0, name);
	for (const name of readdirSync(stage.state).filter((file) => /-wal$|-shm$/.test(file)))
		assert.equal(statSync(path.join(stage.state, name)).mode & 0o077, 0, name);
});

test('the cookie is for https when the hall is behind one', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	await other.hall.stop();
	other.hall.args[other.hall.args.indexOf('--origin') + 1] = 'https://hall.example';
	await other.hall.again();
	const answer = await fetch(`${other.hall.origin}/api/hall`);
	assert.match(answer.headers.get('set-cookie'), /; Secure/);
});

test('a list that cannot be written leaves the one before', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	const before = readFileSync(path.join(other.state, 'ca/crl.der'));
	const wall = path.join(other.state, `ca/crl.der.${other.hall.service.pid}.new`);
	mkdirSync(wall);
	await sql(other.state, 'ca/ca.db', "UPDATE setting SET value='0' WHERE name='crl_time'");
	const answer = await fetch(`${other.origin}/ca/crl.der`);
	assert.equal(answer.status, 200);
	assert.deepEqual(Buffer.from(await answer.arrayBuffer()), before);
	rmdirSync(wall);
	assert.notDeepEqual(Buffer.from(await (await fetch(`${other.origin}/ca/crl.der`)).arrayBuffer()), before);
});

// Halls that must not start: the sentence they end with.
async function startFails(state) {
	const end = await run('timeout', ['20', program.hall, '--state', state, '--port', `${await freePort()}`], { status: 1 });
	return end.stderr;
}

test('damaged records of the CA publish no shorter list', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	await other.hall.stop();
	const db = path.join(other.state, 'ca/ca.db'), list = path.join(other.state, 'ca/crl.der');
	await sql(other.state, 'ca/ca.db', `WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i+1 FROM n WHERE i<300)
		INSERT INTO certificate (serial, id, pem, issued, revoked) SELECT printf('%032x', i), i, hex(zeroblob(700)), 1, ${now()} FROM n; PRAGMA wal_checkpoint(TRUNCATE)`);
	await other.hall.again();
	await other.hall.stop();
	const before = readFileSync(list);
	const file = openSync(db, 'r+');
	for (let page = 60; page < 80; page++) writeSync(file, Buffer.alloc(4096, 0x55), 0, 4096, page * 4096);
	closeSync(file);
	const error = await startFails(other.state);
	assert.match(error, /malformed|certificate/);
	assert.deepEqual(readFileSync(list), before);
});

// certify publishes a list when it opens the CA; under strace, where no leaks can be looked for, it is held up when it has read the records and not yet written the file.
test('certify beside a running hall publishes no older list', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	const clerk = await other.clerk(), csr = other.file('beside.csr', await other.request(await makeKey('ec-p256')));
	await clerk.paid();
	await clerk.newKey();
	const list = path.join(other.state, 'ca/crl.der'), before = readFileSync(list);
	const held = run('strace', ['-f', '-e', 'trace=rename', '-e', 'inject=rename:delay_enter=2000000:when=2', program.hall, 'certify', '--state', other.state, '--csr', csr],
		{ env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:detect_leaks=0` } });
	await until(() => !readFileSync(list).equals(before), 'the first list');
	await sleep(300);
	await clerk.sendKey();
	await held;
	const { stdout } = await run('openssl', ['crl', '-inform', 'DER', '-in', list, '-noout', '-text']);
	assert.ok(stdout.toLowerCase().includes(serialOf(clerk.old)), stdout);
	const number = Number(/CRL Number:\s+(\d+)/.exec(stdout)[1]);
	assert.equal(Number(await sql(other.state, 'ca/ca.db', "SELECT value FROM setting WHERE name='crl_number'")), number);
});

test('one address has so many connections and no more', async (t) => {
	const other = await Stage.make({ args: ['--connections', '3'] });
	t.after(() => other.close());
	await other.hall.stop();
	await other.hall.again();
	const open = () => new Promise((resolve) => {
		const socket = net.connect({ host: '127.0.0.1', port: other.hall.port });
		t.after(() => socket.destroy());
		socket.on('close', () => resolve('closed'));
		socket.on('error', () => resolve('closed'));
		socket.on('data', () => resolve('answered'));
		socket.write('GET /api/hall HTTP/1.1\r\nHost: localhost\r\n\r\n');
		setTimeout(() => resolve('silent'), 3000);
	});
	const all = [];
	for (let i = 0; i < 5; i++) all.push(await open());
	assert.deepEqual(all, ['answered', 'answered', 'answered', 'closed', 'closed']);
});

test('a CA whose certificate is gone is not replaced', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	await other.hall.stop();
	const key = readFileSync(path.join(other.state, 'ca/root.key')), issuing = path.join(other.state, 'ca/issuing.pem');
	renameSync(issuing, `${issuing}.away`);
	await startFails(other.state);
	assert.deepEqual(readFileSync(path.join(other.state, 'ca/root.key')), key);
	renameSync(`${issuing}.away`, issuing);
	await other.hall.again();
});

test('damaged orders stop the hall and stay as they are', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	await other.hall.stop();
	const db = path.join(other.state, 'hall.db');
	writeFileSync(db, Buffer.alloc(8192, 0x55));
	assert.match(await startFails(other.state), /not a database/);
	assert.deepEqual(readFileSync(db), Buffer.alloc(8192, 0x55));
});

test('a clock that went back does not stop the retries', async (t) => {
	const other = await Stage.make();
	t.after(() => other.close());
	const clerk = await other.clerk();
	writeFileSync(path.join(other.state, 'ca-down'), '');
	await clerk.paid();
	await clerk.newKey();
	assert.equal((await clerk.sendKey()).state, 'APPLIED');
	await run('rm', [path.join(other.state, 'ca-down')]);
	await sql(other.state, 'hall.db', `UPDATE orders SET next_try=${now() + 365 * 86400}`);
	assert.equal((await clerk.look()).state, 'ISSUED');
});

test('https speaks TLS 1.2 and 1.3 only', async (t) => {
	const other = await Stage.make({ https: true });
	t.after(() => other.close());
	const hello = (version) => new Promise((resolve) => {
		const socket = tls.connect({ host: '127.0.0.1', port: other.hall.port, servername: 'localhost', ca: readFileSync(other.hall.tlsRootFile), ciphers: 'DEFAULT@SECLEVEL=0',
			minVersion: version, maxVersion: version }, () => { const got = socket.getProtocol(); socket.destroy(); resolve(got); });
		socket.on('error', () => resolve(null));
	});
	const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], spoken = [];
	for (const version of versions) spoken.push(await hello(version));
	assert.deepEqual(spoken, [null, null, 'TLSv1.2', 'TLSv1.3']);
});
