// keyhall trace: everything that is said and called, whom it may be told, and what is never in it. keyhall replay: the same again on the test token.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { company } from '../lib/ca.mjs';
import { build, program } from '../lib/paths.mjs';
import { PinScript } from '../lib/pin.mjs';
import { Service, freePort, temporaryFolder, until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { keyhall } from '../lib/tool.mjs';
import { Token } from '../lib/token.mjs';

const folder = temporaryFolder();
const file = (name) => path.join(folder, name);
const order = 'T-20261130.0007';

// What keyhall trace writes while action runs; end: how it is ended.
async function tracing({ daemon }, name, action, { args = [], end = (tool) => tool.kill('SIGINT') } = {}) {
	const tool = new Service(program.keyhall, ['trace', file(name), '--locale', 'en', '--config', daemon.configuration, ...args], { env: daemon.env });
	await until(() => tool.end || /Tracing into/.test(tool.output()), 'the trace');
	await action?.(tool);
	await end(tool);
	const { code } = await tool.exited;
	const text = existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '';
	return { status: code, said: tool.output(), text, entries: text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
}

async function renew(scene) {
	const agent = await scene.connect({ locale: 'en' });
	const { tokens: [token] } = await agent.call('token.list');
	const { certificates: [old] } = await agent.call('certificate.list');
	await agent.call('pin.verify', { token: token.token });
	const { csr, proof } = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
	const certificate = await scene.ca.issue(csr);
	const { receipt } = await agent.call('renewal.install', { order, certificate, chain: [scene.ca.rootPem] });
	await agent.call('renewal.complete', { order });
	await agent.close();
	return { token, old, csr, proof, certificate, receipt };
}

const lines = (pem) => pem.trim().split('\n').slice(1, -1);

describe('a renewal', () => {
	let scene, facts, trace;
	before(async () => {
		scene = await makeSoftScene({ settings: { retire: 'pair' } });
		trace = await tracing(scene, 'renewal.jsonl', async () => { facts = await renew(scene); });
	});
	after(() => scene.close());

	const messages = (peer, way) => trace.entries.filter((entry) => entry[peer] && entry[way]).map((entry) => entry[way]);
	const calls = () => trace.entries.filter((entry) => entry.call).map((entry) => entry.call);

	test('the file is the user\'s alone, and it is said what is in it', () => {
		assert.equal(trace.status, 0, trace.said);
		assert.equal(statSync(file('renewal.jsonl')).mode & 0o777, 0o600);
		assert.match(trace.said, new RegExp(`renewal\\.jsonl has ${trace.entries.length} entries\\. No PIN`));
		assert.doesNotMatch(trace.said, /missing/);
	});

	test('every message of the page and its answer, in their order', () => {
		const methods = ['agent.hello', 'token.list', 'certificate.list', 'pin.verify', 'renewal.begin', 'renewal.install', 'renewal.complete'];
		const asked = messages('page', 'said');
		assert.deepEqual(asked.map(({ method }) => method), methods);
		const answers = messages('page', 'told').filter((one) => 'id' in one);
		assert.deepEqual(answers.map(({ id, method }) => [id, method]), asked.map(({ id, method }) => [id, method]));
		for (const answer of answers) assert.ok(answer.result, JSON.stringify(answer));
		assert.ok(messages('page', 'told').some(({ method }) => method === 'renewal.progress'));
		const at = trace.entries.map((entry) => entry.at);
		assert.deepEqual(at, [...at].sort((a, b) => a - b));
		assert.ok(trace.entries.some((entry) => entry.page && entry.opened) && trace.entries[0].begun.version);
	});

	test('every message of the token host', () => {
		for (const method of ['token.login', 'key.generate', 'request.create', 'certificate.write', 'receipt.create', 'pair.retire']) {
			const [told] = messages('host', 'told').filter((one) => one.method === method);
			assert.ok(told, method);
			assert.ok(messages('host', 'said').some((one) => one.id === told.id && one.result), method);
		}
		assert.deepEqual(messages('host', 'said').filter(({ method }) => method === 'host.prompting').map(({ params }) => params.open), [true, false]);
		assert.deepEqual([...new Set(trace.entries.map((entry) => entry.host))].filter(Boolean), ['softkey.so']);
	});

	test('every call of the module: its result and its time, no argument', () => {
		const one = (name) => calls().find((call) => call.function === name);
		for (const name of ['C_Login', 'C_GenerateKeyPair', 'C_Sign', 'C_CreateObject', 'C_DestroyObject', 'C_SetAttributeValue']) assert.equal(one(name)?.result, 'CKR_OK', name);
		for (const call of calls()) {
			const { function: name, result, value, microseconds, slot, mechanism, attributes, ...more } = call;
			assert.deepEqual(more, {}, name);
			assert.ok(/^C_\w+$/.test(name) && /^CKR_\w+$/.test(result) && value >= 0 && microseconds >= 0, JSON.stringify(call));
		}
		assert.deepEqual(Object.keys(one('C_Login')), ['function', 'result', 'value', 'microseconds']);
		assert.equal(one('C_GenerateKeyPair').mechanism, 0x1040);
		assert.ok(one('C_GetAttributeValue').attributes.includes(0));
		assert.equal(typeof one('C_GetTokenInfo').slot, 'number');
	});

	test('the same has the same name everywhere', () => {
		const [begin] = messages('page', 'said').filter(({ method }) => method === 'renewal.begin');
		const [install] = messages('page', 'said').filter(({ method }) => method === 'renewal.install');
		const [list] = messages('page', 'told').filter(({ method }) => method === 'certificate.list');
		const [generate] = messages('host', 'told').filter(({ method }) => method === 'key.generate');
		assert.equal(begin.params.order, 'order-1');
		assert.equal(install.params.order, 'order-1');
		assert.equal(generate.params.order, 'order-1');
		assert.equal(begin.params.certificate, list.result.certificates[0].id);
		assert.equal(generate.params.token, list.result.certificates[0].token);
		assert.notEqual(install.params.certificate, list.result.certificates[0].pem);
	});

	test('nothing that is secret or tells a person, a company, an order or a key', () => {
		const { token, old, csr, proof, certificate, receipt } = facts;
		const text = trace.text.replace(/"(at|microseconds)":\d+/g, ''); // numbers that are like a PIN
		const private_ = { PIN: '123456', company: company.name, creditCode: company.creditCode, order, subject: old.subject, issuer: old.issuer, serialNumber: old.serialNumber,
			certificate: old.id, token: token.token, serial: token.serial, label: token.label, folder: scene.folder, home: scene.daemon.env.HOME, anchor: scene.ca.root };
		for (const [what, value] of Object.entries(private_)) assert.ok(value && !text.includes(value), what);
		for (const line of [certificate, csr, old.pem, scene.ca.rootPem].flatMap(lines)) assert.ok(!text.includes(line.slice(0, 40)), 'bytes of a certificate');
		for (const jws of [proof, receipt]) for (const part of jws.split('.')) assert.ok(!text.includes(part), 'a part of a JWS');
		assert.doesNotMatch(text, /BEGIN|[\u4e00-\u9fff]/);
	});
});

describe('who may have it, and when', () => {
	let scene;
	before(async () => { scene = await makeSoftScene({}); });
	after(() => scene.close());

	test('a page may not, and gets nothing', async () => {
		const page = await scene.connect();
		await refused(page.call('diagnostics.trace'), 'origin.denied');
		await page.call('token.list');
		assert.deepEqual(page.notifications.filter(({ method }) => method === 'diagnostics.entry'), []);
		await page.close();
	});

	test('one at a time; the next when it has ended', async () => {
		const { status } = await tracing(scene, 'first.jsonl', async () => {
			const second = await tracing(scene, 'second.jsonl', null, { end: () => {} });
			assert.deepEqual([second.status, second.said], [1, 'keyhall: another trace is running; end it first.\n']);
			assert.ok(!existsSync(file('second.jsonl')));
		});
		assert.equal(status, 0);
		const { status: after_, entries } = await tracing(scene, 'third.jsonl');
		assert.equal(after_, 0);
		assert.equal(entries.find((entry) => entry.is).is.state, 'running');
	});

	test('its own messages are not in it; it ends by itself', async () => {
		const { status, entries } = await tracing(scene, 'short.jsonl', null, { args: ['--seconds', '1'], end: () => {} });
		assert.equal(status, 0);
		assert.deepEqual(entries.filter((entry) => entry.page), []);
	});

	test('what a page sends that nobody understands', async () => {
		const { entries } = await tracing(scene, 'odd.jsonl', async () => {
			const page = await scene.connect();
			await page.raw('{"jsonrpc":"2.0","id":"ACME","method":"pin.verify","params":{"token":"ACME"}}');
			await page.raw('ACME');
			await page.close();
		});
		assert.ok(!readFileSync(file('odd.jsonl'), 'utf8').includes('ACME'));
		const errors = entries.filter((entry) => entry.told?.error).map((entry) => entry.told);
		assert.deepEqual(errors.map(({ id, error }) => [id, error.name, error.field]), [['id-1', 'request.invalid', 'token'], [undefined, 'request.invalid', undefined]]);
	});

	test('a file that is there stays', async () => {
		writeFileSync(file('mine.jsonl'), 'mine');
		const { status, stderr } = await keyhall(scene.daemon, ['trace', file('mine.jsonl'), '--locale', 'en']);
		assert.deepEqual([status, readFileSync(file('mine.jsonl'), 'utf8')], [1, 'mine']);
		assert.match(stderr, /mine\.jsonl cannot be written, or is there already \(EEXIST\)/);
	});

	test('without the agent', async () => {
		const { status } = await keyhall(scene.daemon, ['trace', file('absent.jsonl'), '--port', String(await freePort())]);
		assert.equal(status, 3);
		assert.ok(!existsSync(file('absent.jsonl')));
	});

	test('the agent ends: what was traced stays', async () => {
		const one = await makeSoftScene({});
		try {
			const { status, said, entries } = await tracing(one, 'gone.jsonl', () => one.daemon.stop(), { end: () => {} });
			assert.equal(status, 3);
			assert.match(said, /has ended/);
			assert.ok(entries.length > 0);
		} finally { await one.close(); }
	});

	// The reader takes nothing for a while: the pages do not notice, and it is told how much it has missed.
	test('a slow reader', async () => {
		const reader = await scene.connect({ origin: `http://127.0.0.1:${scene.daemon.port}` }), page = await scene.connect();
		const taken = () => reader.notifications.filter(({ method }) => method === 'diagnostics.entry').map(({ params }) => params.entry);
		// Refused without a key: the second hello.
		const hello = { protocols: Array(16).fill(1000), locale: 'x'.repeat(35) };
		const round = () => Promise.all(Array.from({ length: 60 }, () => page.call('agent.hello', hello).catch(() => {})));
		await reader.call('diagnostics.trace');
		reader.socket.pause();
		await until(async () => { for (let i = 0; i < 20; i++) await round(); return /entries are lost/.test(scene.daemon.service.output()); }, 'the reader to be too slow', 240000);
		await page.call('token.list');
		reader.socket.resume();
		const lost = () => taken().map((entry) => JSON.parse(entry)).filter((entry) => entry.lost);
		await until(async () => { await page.call('token.list'); return lost().length > 0; }, 'the word about what is lost');
		assert.ok(lost()[0].lost > 0);
		await page.close();
		await reader.close();
	});
});

describe('replay', () => {
	const pins = new PinScript(folder, '123456'), temporary = file('tmp');
	mkdirSync(temporary);
	const module = path.join(build, 'tests/softkey/softkey.so');
	const replay = (name, { on = module, env = {} } = {}) => keyhall({ env: { HOME: folder, TMPDIR: temporary, XDG_RUNTIME_DIR: temporary, ...env } },
		['replay', file(name), '--module', on, '--pinentry', pins.program, '--locale', 'en']);
	const rows = ({ stdout }) => stdout.trim().split('\n').map((line) => line.replace(/^ *\d+ {2}/, ''));

	async function trace(name, options, action) {
		const scene = await makeSoftScene(options);
		try {
			const { status, said } = await tracing(scene, name, () => action(scene));
			assert.equal(status, 0, said);
		} finally { await scene.close(); }
	}

	test('a renewal that went well', async () => {
		await trace('well.jsonl', { keyType: 'rsa2048' }, renew);
		const result = await replay('well.jsonl');
		assert.equal(result.status, 0, result.stdout + result.stderr);
		assert.deepEqual(rows(result), ['token.list', 'certificate.list', 'pin.verify', 'renewal.begin', 'renewal.install', 'renewal.complete'].map((method) => `${method}: a result, as traced`)
			.concat('6 of 6 answers are of the same kind as traced.'));
		assert.deepEqual(readdirSync(temporary), [], 'nothing is left of it');
	});

	// The key fails in the middle of three steps, each is asked again.
	test('a renewal that failed fails in the same way', async () => {
		await trace('broken.jsonl', {}, async (scene) => {
			const agent = await scene.connect(), order_ = 'B-1';
			const { certificates: [old] } = await agent.call('certificate.list');
			const breaks = async (fault, method, params, name) => {
				scene.key.write('faults-now', `${fault}\n`);
				await refused(agent.call(method, params), name);
				assert.equal(scene.key.read('faults').trim(), '', 'the fault was met');
				return agent.call(method, params);
			};
			const { csr } = await breaks('C_GenerateKeyPair 1 error 0x31', 'renewal.begin', { order: order_, certificate: old.id, key: 'new' }, 'token.full');
			const certificate = await scene.ca.issue(csr);
			await breaks('C_Sign 1 after error 0x30', 'renewal.install', { order: order_, certificate, chain: [] }, 'token.failed');
			await breaks('C_Sign 1 after error 0x30', 'renewal.complete', { order: order_ }, 'token.failed');
			await agent.close();
		});
		const result = await replay('broken.jsonl');
		assert.equal(result.status, 0, result.stdout + result.stderr);
		assert.deepEqual(rows(result), [
			'certificate.list: a result, as traced',
			'renewal.begin: token.full, as traced', 'renewal.begin: a result, as traced',
			'renewal.install: token.failed, as traced', 'renewal.install: a result, as traced',
			'renewal.complete: token.failed, as traced', 'renewal.complete: a result, as traced',
			'7 of 7 answers are of the same kind as traced.',
		]);
	});

	test('an answer of another kind is said, and ends with 1', async () => {
		writeFileSync(file('other.jsonl'), readFileSync(file('broken.jsonl'), 'utf8').replace(/"error":\{"name":"token\.full"/g, '"error":{"name":"token.readonly"'));
		const result = await replay('other.jsonl');
		assert.equal(result.status, 1);
		assert.ok(rows(result).includes('renewal.begin: token.full; traced was: token.readonly'), result.stdout);
		assert.match(result.stdout, /\n6 of 7 answers/);
	});

	test('another module than the test token is not touched', async () => {
		const place = file('softhsm');
		mkdirSync(place);
		const token = await Token.make(place, { label: 'mine' });
		const { status, stderr } = await replay('broken.jsonl', { on: token.module, env: token.env });
		assert.equal(status, 1);
		assert.match(stderr, /libsofthsm2\.so is not the test token; nothing was replayed/);
		assert.deepEqual(await token.objects(), []);
		await token.stop();
	});

	test('what is no trace', async () => {
		writeFileSync(file('none.jsonl'), '{"at":0,"begun":{}}\nhello\n');
		assert.match((await replay('none.jsonl')).stderr, /none\.jsonl:2 is no trace/);
		assert.match((await replay('nowhere.jsonl')).stderr, /nowhere\.jsonl is no trace/);
		const { status, stderr } = await keyhall({ env: { HOME: folder } }, ['replay', file('none.jsonl'), '--locale', 'en']);
		assert.equal(status, 2);
		assert.match(stderr, /needs --module/);
	});
});
