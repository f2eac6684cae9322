// Bad input to the agent: each gets the contract's error and changes nothing on the key.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test, { after, before, describe } from 'node:test';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { refused, unchanged } from '../lib/assert.mjs';
import { program } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeKey, pemToDer, sha256 } from '../lib/token.mjs';

let scene;
before(async () => { scene = await makeScene({ keyType: 'ec-p256' }); });
after(() => scene.close());

// A frame that is no valid request: the error's name and code, or the close code.
const frames = [
	['unknown method', '{"jsonrpc":"2.0","id":1,"method":"renewal.explode","params":{}}', { code: -32601 }],
	['a method of the token host', '{"jsonrpc":"2.0","id":1,"method":"key.generate","params":{}}', { code: -32601 }],
	['wrong type', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":7}}', { code: -32602, field: 'order' }],
	['missing field', '{"jsonrpc":"2.0","id":1,"method":"renewal.begin","params":{"order":"A","key":"new"}}', { code: -32602, field: 'certificate' }],
	['unknown field', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"A","pin":"1"}}', { code: -32602, field: 'pin' }],
	['value not of the list', `{"jsonrpc":"2.0","id":1,"method":"renewal.begin","params":{"order":"A","key":"old","certificate":"${'0'.repeat(64)}"}}`, { code: -32602, field: 'key' }],
	['text too long', `{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"${'A'.repeat(65)}"}}`, { code: -32602, field: 'order' }],
	['text against its pattern', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"../A"}}', { code: -32602, field: 'order' }],
	['params in an array', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":["A"]}', { code: -32602 }],
	['duplicate field', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"A","order":"B"}}', { invalid: true }],
	['duplicate member', '{"jsonrpc":"2.0","id":1,"id":2,"method":"token.list","params":{}}', { invalid: true }],
	['no jsonrpc', '{"id":1,"method":"token.list","params":{}}', { invalid: true }],
	['a batch', '[{"jsonrpc":"2.0","id":1,"method":"token.list","params":{}}]', { invalid: true }],
	['truncated', '{"jsonrpc":"2.0","id":1,"method":"token.li', { invalid: true }],
	['no JSON', 'hello', { invalid: true }],
	['empty', '', { invalid: true }],
	['not UTF-8 inside', '{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"\\ud800"}}', { invalid: true }],
	['too deep', `{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":${'['.repeat(40)}${']'.repeat(40)}}}`, { invalid: true }],
	['much too deep', `${'['.repeat(30000)}`, { invalid: true }],
	['too large', `{"jsonrpc":"2.0","id":1,"method":"renewal.inspect","params":{"order":"${'A'.repeat(70000)}"}}`, { close: 1009 }],
];

describe('frames', () => {
	for (const [what, frame, expected] of frames)
		test(what, async () => {
			await unchanged(scene.token, async () => {
				const agent = await scene.connect();
				const answer = await agent.raw(frame);
				if (expected.close && answer.close) assert.equal(answer.close.code, expected.close);
				else if (expected.close) assert.equal(answer.error.data.name, 'request.too_large');
				else if (answer.close) assert.ok(expected.invalid && answer.close.code === 4400, JSON.stringify(answer));
				else {
					assert.equal(answer.error.data.name, 'request.invalid', JSON.stringify(answer));
					if (expected.code) assert.equal(answer.error.code, expected.code, JSON.stringify(answer));
					else assert.ok([-32700, -32600, -32602].includes(answer.error.code), JSON.stringify(answer));
					if (expected.field) assert.match(answer.error.data.field, new RegExp(`(^|\\.)${expected.field}$`));
				}
				if (!agent.end) await agent.close();
			});
			const next = await scene.connect();
			assert.equal((await next.call('token.list')).tokens.length, 1, 'the agent serves on');
			await next.close();
		});

	test('a call before hello', async () => {
		const agent = await scene.daemon.open();
		await refused(agent.call('token.list'), 'request.sequence');
		await agent.close();
	});

	test('no common protocol', async () => {
		const agent = await scene.daemon.open();
		await refused(agent.call('agent.hello', { protocols: [999] }), 'agent.protocol');
		await agent.close();
	});
});

describe('handshake', () => {
	for (const [what, options] of [
		['another origin', { origin: 'http://evil.example' }],
		['an origin that begins alike', { origin: 'http://localhost:8080.evil.example' }],
		['no origin', { origin: undefined }],
		['null origin', { origin: 'null' }],
		['a rebinding host name', { headers: { host: 'evil.example' } }],
		['no subprotocol', { protocol: null }],
	])
		test(what, async () => {
			const agent = await scene.daemon.open(options).catch((error) => ({ error }));
			if (agent.error) return;
			const end = await agent.closed;
			assert.ok([4403, 4400, 1002].includes(end.code), `${end.code}`);
		});

	test('[::1] answers as 127.0.0.1 does', async () => {
		const agent = await scene.connect({ host: '[::1]' });
		assert.equal(agent.hello.origin, scene.origin);
		await agent.close();
	});
});

describe('calls', () => {
	const absent = 'f'.repeat(64);
	let agent, old;
	before(async () => { agent = await scene.connect(); old = await findCertificate(agent, scene.oldPem); });
	after(() => agent.close());

	test('unknown token', () => unchanged(scene.token, async () => {
		const token = 'pkcs11:manufacturer=Nobody;model=None;serial=0000;token=none';
		await refused(agent.call('certificate.list', { token }), 'token.absent');
		await refused(agent.call('pin.verify', { token }), 'token.absent');
		await refused(agent.call('pin.change', { token }), 'token.absent');
	}));

	test('a token URI that is none', () => unchanged(scene.token, async () => {
		await refused(agent.call('certificate.list', { token: 'pkcs11:%zz' }), 'request.invalid').catch(() =>
			refused(agent.call('certificate.list', { token: 'pkcs11:%zz' }), 'token.absent'));
	}));

	test('unknown certificate', () => unchanged(scene.token, async () => {
		await refused(agent.call('renewal.begin', { order: 'B-1', certificate: absent, key: 'new' }), 'certificate.absent');
	}));

	test('a key type the token has not', () => unchanged(scene.token, async () => {
		await refused(agent.call('renewal.begin', { order: 'B-1', certificate: old.id, key: 'new', keyType: 'sm2' }), 'token.unsupported');
	}));

	test('install and complete before begin', () => unchanged(scene.token, async () => {
		await refused(agent.call('renewal.install', { order: 'B-2', certificate: scene.oldPem, chain: [] }), 'renewal.state');
		await refused(agent.call('renewal.complete', { order: 'B-2' }), 'renewal.state');
	}));

	test('inspect of an order nobody knows', async () => {
		const info = await agent.call('renewal.inspect', { order: 'B-3' });
		assert.equal(info.stage, 'nothing');
		assert.equal(info.next, 'begin');
	});
});

test('a certificate without its private key', async () => {
	const one = await makeScene({ keyType: 'ec-p256' });
	try {
		const pem = await one.ca.issue(await makeRequest(await makeKey('ec-p256'), one.folder));
		await one.token.writeCertificate(pem, { id: '09', label: 'no key' });
		await unchanged(one.token, async () => {
			const agent = await one.connect();
			const found = await findCertificate(agent, pem);
			assert.equal(found.hasPrivateKey, undefined, 'nobody knows before a login');
			await refused(agent.call('renewal.begin', { order: 'N-1', certificate: found.id, key: 'new' }), 'certificate.no_key');
			await agent.close();
		});
	} finally { await one.close(); }
});

describe('certificates that do not fit', () => {
	const order = 'W-1';
	let agent, begun, stranger, cases;
	before(async () => {
		agent = await scene.connect();
		const old = await findCertificate(agent, scene.oldPem);
		begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		const other = await agent.call('renewal.begin', { order: 'W-2', certificate: old.id, key: 'new' });
		stranger = await Authority.make(`${scene.folder}/stranger`, { name: '/C=CN/O=Stranger/CN=Stranger CA' });
		const double = await Authority.make(`${scene.folder}/double`);
		const good = await scene.ca.issue(begun.csr);
		cases = {
			'of another key': [await scene.ca.issue(await makeRequest(await makeKey('ec-p256'), scene.folder)), 'certificate.mismatch', { what: 'spki' }],
			'of another order': [await scene.ca.issue(other.csr), 'certificate.mismatch', { what: 'spki' }],
			'the old one': [scene.oldPem, 'certificate.mismatch', { what: 'spki' }],
			'of another CA': [await stranger.issue(begun.csr), 'certificate.untrusted', {}],
			'of a CA with the same name': [await double.issue(begun.csr), 'certificate.untrusted', {}],
			'expired': [await scene.ca.issue(begun.csr, { notBefore: days(-400), notAfter: days(-30) }), 'certificate.mismatch', { what: 'validity' }],
			'not for signing': [await scene.ca.issue(begun.csr, { usage: 'encrypt' }), 'certificate.mismatch', { what: 'usage' }],
			'of another subject': [await scene.ca.issue(begun.csr, { name: '/C=CN/O=别的公司/CN=别的公司' }), 'certificate.mismatch', { what: 'subject' }],
			'swapped with the root': [scene.ca.rootPem, 'certificate.mismatch', {}, [good]],
			'garbage': ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'request.invalid', { field: 'certificate' }],
			'not PEM': ['certificate', 'request.invalid', { field: 'certificate' }],
			'zero certificates': ['-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n', 'request.invalid', { field: 'certificate' }],
			'a request in its place': [begun.csr, 'request.invalid', { field: 'certificate' }],
			'garbage in the chain': [good, 'request.invalid', {}, ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']],
			'cut': [good.slice(0, good.length / 2), 'request.invalid', { field: 'certificate' }],
		};
		cases.good = good;
	});
	after(() => agent.close());

	for (const what of ['of another key', 'of another order', 'the old one', 'of another CA', 'of a CA with the same name', 'expired', 'not for signing',
		'of another subject', 'swapped with the root', 'garbage', 'not PEM', 'zero certificates', 'a request in its place', 'garbage in the chain', 'cut'])
		test(what, () => unchanged(scene.token, async () => {
			const [certificate, name, data, chain = [scene.ca.rootPem]] = cases[what];
			await refused(agent.call('renewal.install', { order, certificate, chain }), name, data);
			assert.equal((await agent.call('renewal.inspect', { order })).stage, 'key');
		}));

	test('and then the right one fits', async () => {
		await agent.call('renewal.install', { order, certificate: cases.good, chain: [] });
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'installed');
	});
});

test('without anchors nothing is installed', async () => {
	const one = await makeScene({ keyType: 'ec-p256', settings: { anchors: [] } });
	try {
		const agent = await one.connect();
		const begun = await agent.call('renewal.begin', { order: 'A-1', certificate: sha256(pemToDer(one.oldPem)), key: 'new' });
		const pem = await one.ca.issue(begun.csr);
		await unchanged(one.token, () => refused(agent.call('renewal.install', { order: 'A-1', certificate: pem, chain: [one.ca.rootPem] }), 'certificate.untrusted'));
		await agent.close();
	} finally { await one.close(); }
});

test('window enforced by the agent', async () => {
	const one = await makeScene({ keyType: 'ec-p256', from: -10, to: 355, settings: { window: { enforce: true } } });
	try {
		const agent = await one.connect();
		const old = await findCertificate(agent, one.oldPem);
		assert.equal(old.renewal.state, 'early');
		await unchanged(one.token, () => refused(agent.call('renewal.begin', { order: 'E-1', certificate: old.id, key: 'new' }), 'renewal.window',
			{ opens: old.renewal.opens, closes: old.renewal.closes }));
		await agent.close();
	} finally { await one.close(); }
});

test('a configuration key nobody knows stops the agent with a sentence that names file and key', async () => {
	const file = `${scene.folder}/wrong.json`;
	writeFileSync(file, '{"port": 1234, "orgins": []}');
	const { status, stderr } = await run(program.keyhalld, ['--config', file, '--foreground'], { env: scene.daemon.env, status: null });
	assert.notEqual(status, 0);
	assert.ok(stderr.includes('wrong.json') && stderr.includes('orgins'), stderr);
});
