// The daemon as a process: its handshake rule by rule, its limits, its token hosts' deaths, its start and its end.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { program, root } from '../lib/paths.mjs';
import { freePort, run, sleep, temporaryFolder, until } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';

const WebSocket = createRequire(path.join(root, 'tests/package.json'))('ws');

let scene;
before(async () => { scene = await makeScene({ keyType: 'ec-p256', origins: ['https://b.example', 'https://c.example', 'https://d.example', 'https://e.example'] }); });
after(() => scene.close());

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
const hello = '{"jsonrpc":"2.0","id":1,"method":"agent.hello","params":{"protocols":[1]}}';

async function ends(options) {
	const agent = await scene.daemon.open(options);
	return agent.closed;
}

describe('handshake', () => {
	const port = () => scene.daemon.port;
	for (const [what, options, reason] of [
		['another origin', () => ({ origin: 'https://evil.example' }), 'origin'],
		['an origin with a path behind', () => ({ origin: `${scene.origin}/` }), 'origin'],
		['an origin of another scheme', () => ({ origin: scene.origin.replace('http:', 'https:') }), 'origin'],
		['no origin', () => ({ origin: null }), 'origin'],
		['null origin', () => ({ origin: 'null' }), 'origin'],
		['another port\'s own page', () => ({ origin: `http://127.0.0.1:${port() + 1}` }), 'origin'],
		['a rebinding host', () => ({ headers: { host: `evil.example:${port()}` } }), 'host'],
		['a host without port', () => ({ headers: { host: '127.0.0.1' } }), 'host'],
		['a host with another port', () => ({ headers: { host: '127.0.0.1:1' } }), 'host'],
		['another loopback address', () => ({ headers: { host: `127.0.0.2:${port()}` } }), 'host'],
		['no subprotocol', () => ({ protocol: null }), 'protocol'],
	])
		test(what, async () => assert.deepEqual(await ends(options()), { code: 4403, reason }));

	for (const host of ['127.0.0.1', 'localhost', '[::1]'])
		test(`host ${host}`, async () => {
			const agent = await scene.connect({ headers: { host: `${host}:${port()}` } });
			await agent.close();
		});

	test('the daemon\'s own page', async () => {
		const agent = await scene.connect({ origin: `http://127.0.0.1:${port()}` });
		assert.equal(agent.hello.origin, `http://127.0.0.1:${port()}`);
		await agent.close();
	});

	test('another user of this machine', async () => {
		if (process.getuid() !== 0) return; // only root can be another user
		const script = `const W = require(process.argv[1]); const s = new W(process.argv[2], ['keyhall.v1'], { origin: process.argv[3] });
			s.on('close', (code, reason) => console.log(code, reason.toString())); s.on('error', (e) => console.log(e.message));`;
		const folder = temporaryFolder();
		execFileSync('cp', ['-r', path.join(root, 'tests/node_modules/ws'), folder]);
		execFileSync('chmod', ['-R', 'a+rX', folder]);
		const child = spawn(process.execPath, ['-e', script, path.join(folder, 'ws'), `ws://127.0.0.1:${port()}/`, scene.origin], { uid: 65534, gid: 65534, cwd: '/', env: { HOME: '/' } });
		let text = '';
		child.stdout.on('data', (data) => { text += data; });
		child.stderr.on('data', (data) => { text += data; });
		await new Promise((resolve) => child.on('close', resolve));
		assert.equal(text.trim(), '4403 other user');
	});

	test('four connections of one origin, sixteen in all', async () => {
		const open = [];
		for (const origin of [scene.origin, 'https://b.example', 'https://c.example', 'https://d.example'])
			for (let i = 0; i < 4; i++) open.push(await scene.connect({ origin }));
		assert.deepEqual(await ends({ origin: scene.origin }), { code: 4403, reason: 'connections' });
		assert.deepEqual(await ends({ origin: 'https://e.example' }), { code: 4403, reason: 'connections' });
		await open.pop().close();
		const fits = await scene.connect({ origin: 'https://e.example' });
		await Promise.all([fits, ...open].map((one) => one.close()));
	});
});

describe('frames', () => {
	test('no hello for ten seconds', { timeout: 30000 }, async () => {
		const start = Date.now(), agent = await scene.daemon.open();
		const end = await agent.closed;
		assert.equal(end.code, 4408);
		assert.ok(Date.now() - start > 9000 && Date.now() - start < 14000, `${Date.now() - start} ms`);
	});

	test('a binary frame', async () => {
		const agent = await scene.connect();
		agent.socket.send(Buffer.from(hello), { binary: true });
		assert.equal((await agent.closed).code, 4400);
	});

	test('a second hello', async () => {
		const agent = await scene.connect();
		await refused(agent.call('agent.hello', { protocols: [1] }), 'request.sequence');
		assert.equal((await agent.call('token.list')).tokens.length, 1);
		await agent.close();
	});

	test('a notification where a request belongs, and the daemon\'s own notifications', async () => {
		const agent = await scene.connect();
		for (const frame of ['{"jsonrpc":"2.0","method":"token.list","params":{}}', '{"jsonrpc":"2.0","id":1,"method":"token.changed","params":{"tokens":[]}}',
			'{"jsonrpc":"2.0","method":"token.changed","params":{"tokens":[]}}']) {
			const answer = await agent.raw(frame);
			assert.equal(answer.error.data.name, 'request.invalid');
		}
		await agent.close();
	});

	test('64 KiB pass, one byte more does not', async () => {
		const frame = (length) => hello.slice(0, -1) + ' '.repeat(length - hello.length) + '}';
		const agent = await scene.daemon.open();
		assert.equal((await agent.raw(frame(65536))).result.protocol, 1);
		const answer = await agent.raw(frame(65537));
		assert.equal(answer.id, null);
		assert.equal(answer.error.data.name, 'request.too_large');
		assert.equal((await agent.closed).code, 1009);
	});

	test('a message in a thousand pieces', async () => {
		const agent = await scene.daemon.open();
		const answer = new Promise((resolve) => agent.socket.once('message', (data) => resolve(JSON.parse(data))));
		const text = hello.slice(0, -1) + ' '.repeat(1000) + '}';
		for (let i = 0; i < text.length; i++) agent.socket.send(text[i], { fin: i === text.length - 1, binary: false });
		assert.equal((await answer).result.protocol, 1);
		await agent.close();
	});

	test('a hundred requests at once: none lost, too many are told busy', async () => {
		const agent = await scene.connect();
		const calls = await Promise.allSettled(Array.from({ length: 100 }, () => agent.call('token.list')));
		const busy = calls.filter((one) => one.status === 'rejected');
		for (const { reason } of busy) assert.equal(reason.rpc, 'agent.busy');
		assert.ok(calls.length - busy.length >= 60);
		assert.equal((await agent.call('token.list')).tokens.length, 1);
		await agent.close();
	});

	test('texts in the page\'s language', async () => {
		const texts = {};
		for (const locale of ['zh-CN', 'en', 'fr']) {
			const agent = await scene.connect({ locale });
			texts[locale] = (await refused(agent.call('pin.verify', { token: 'pkcs11:serial=0' }), 'token.absent')).text;
			await agent.close();
		}
		assert.match(texts['zh-CN'], /未检测到/);
		assert.match(texts.en, /not plugged in/);
		assert.equal(texts.fr, texts['zh-CN']);
	});

	test('a page that vanishes in the middle', async () => {
		for (let i = 0; i < 10; i++) {
			const agent = await scene.connect();
			agent.call('certificate.list').catch(() => {});
			agent.call('environment.check').catch(() => {});
			agent.socket.terminate();
			await agent.closed;
		}
		const agent = await scene.connect();
		assert.equal((await agent.call('certificate.list')).certificates.length, 1);
		await agent.close();
	});
});

describe('lists', () => {
	test('a token by a part of its URI', async () => {
		const agent = await scene.connect();
		const { tokens: [token] } = await agent.call('token.list');
		const all = await agent.call('certificate.list');
		assert.deepEqual(await agent.call('certificate.list', { token: token.token }), all);
		assert.deepEqual(await agent.call('certificate.list', { token: `pkcs11:serial=${token.serial}` }), all);
		assert.deepEqual(await agent.call('certificate.list'), all);
		await refused(agent.call('certificate.list', { token: 'pkcs11:serial=1' }), 'token.absent');
		await agent.close();
	});
});

describe('token host', () => {
	const hostOf = () => children(scene.daemon.service.pid)[0];

	test('killed: the next call starts another', async () => {
		const agent = await scene.connect();
		await agent.call('token.list');
		const first = hostOf();
		process.kill(first, 'SIGKILL');
		await until(() => !alive(first), 'its death');
		await until(async () => (await agent.call('token.list').catch(() => ({ tokens: [] }))).tokens.length === 1, 'another token host');
		assert.notEqual(hostOf(), first);
		const report = await agent.call('diagnostics.report');
		assert.equal(report.modules[0].state, 'running');
		assert.ok(report.modules[0].restarts >= 1);
		await agent.close();
	});

	test('killed while it works: the caller is told', async () => {
		const agent = await scene.connect();
		await agent.call('token.list');
		const pid = hostOf();
		process.kill(pid, 'SIGSTOP');
		const call = agent.call('certificate.list');
		await sleep(200);
		process.kill(pid, 'SIGKILL');
		const error = await refused(call, 'token.failed');
		assert.ok(error.data.call.length > 0 && error.data.module.endsWith('.so'), JSON.stringify(error.data));
		assert.equal((await agent.call('certificate.list')).certificates.length, 1);
		await agent.close();
	});

	test('hangs: the deadline ends it, other pages are served meanwhile', { timeout: 60000 }, async () => {
		const agent = await scene.connect(), other = await scene.connect();
		await agent.call('token.list');
		const pid = hostOf();
		process.kill(pid, 'SIGSTOP');
		const call = refused(agent.call('token.list'), 'token.failed');
		await refused(other.call('agent.hello', { protocols: [1] }), 'request.sequence');
		await call;
		await until(() => !alive(pid), 'its end');
		await until(async () => (await agent.call('token.list').catch(() => ({ tokens: [] }))).tokens.length === 1, 'another token host');
		await Promise.all([agent.close(), other.close()]);
	});

	test('inherits no connections of the daemon', async () => {
		if (process.getuid() !== 0) return; // the files of a process without dumps are root's
		const inodes = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1).map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`));
		const files = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => { try { return readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ''; } });
		const agent = await scene.connect();
		process.kill(hostOf(), 'SIGKILL');
		await until(async () => (await agent.call('token.list').catch(() => ({ tokens: [] }))).tokens.length === 1, 'another token host');
		assert.ok(files(scene.daemon.service.pid).some((name) => inodes.includes(name)));
		assert.deepEqual(files(hostOf()).filter((name) => inodes.includes(name)), []);
		await agent.close();
	});
});

describe('listening', () => {
	// state 0A is LISTEN (proc(5))
	const table = (name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/)).filter((row) => row[3] === '0A').map((row) => row[1]);
	test('on the two loopback addresses and nowhere else', () => {
		const port = scene.daemon.port.toString(16).toUpperCase().padStart(4, '0');
		const all = [...table('tcp'), ...table('tcp6')].filter((address) => address.endsWith(`:${port}`));
		assert.deepEqual(all.sort(), [`00000000000000000000000001000000:${port}`, `0100007F:${port}`]);
	});

	test('on both or not at all', async () => {
		for (const host of ['127.0.0.1', '::1']) {
			const port = await freePort(), server = net.createServer().listen({ port, host, ipv6Only: true });
			await new Promise((resolve) => server.on('listening', resolve));
			const configuration = path.join(temporaryFolder(), 'c.json');
			writeFileSync(configuration, JSON.stringify({ port, state: path.dirname(configuration) }));
			const { status, stderr } = await run(program.keyhalld, ['--config', configuration, '--foreground'], { env: scene.daemon.env, status: null });
			server.close();
			assert.equal(status, 4, stderr);
			assert.match(stderr, new RegExp(`${port}`));
		}
	});
});

describe('start and end', () => {
	test('a second one of the same user', async () => {
		const { status, stderr } = await run(program.keyhalld, ['--config', scene.daemon.configuration, '--foreground'], { env: scene.daemon.env, status: null });
		assert.equal(status, 3);
		assert.match(stderr, /runs already/);
	});

	test('help, version, options that are none', async () => {
		assert.match((await run(program.keyhalld, ['--help'])).stdout, /--config FILE/);
		assert.match((await run(program.keyhalld, ['--version'])).stdout, /^keyhalld \d+\.\d+\.\d+\n$/);
		for (const options of [['--verbose'], ['--config'], ['--log-level', 'loud'], ['file']])
			assert.equal((await run(program.keyhalld, options, { status: null })).status, 2);
	});

	test('a module that is not there is said, and the rest works', async () => {
		const one = await makeScene({ keyType: 'ec-p256', settings: { modules: [{ path: '/nonexistent/driver.so' }], downloads: 'https://hall.example/downloads' } });
		try {
			const agent = await one.connect();
			const { items } = await agent.call('environment.check');
			const driver = items.find((item) => item.id === 'driver');
			assert.equal(driver.state, 'fail');
			assert.equal(driver.remedy.url, 'https://hall.example/downloads');
			assert.deepEqual(await agent.call('token.list'), { tokens: [] });
			await refused(agent.call('certificate.list'), 'driver.missing');
			assert.equal((await agent.call('diagnostics.report')).modules[0].state, 'missing');
			await agent.close();
		} finally { await one.close(); }
	});

	test('a module that is configured twice is loaded once', async () => {
		const { modules: [module] } = scene.daemon.settings, one = await makeScene({ keyType: 'ec-p256', settings: { modules: [module, module] } });
		try {
			const agent = await one.connect();
			assert.equal((await agent.call('token.list')).tokens.length, 1);
			assert.equal((await agent.call('diagnostics.report')).modules.length, 1);
			assert.equal(children(one.daemon.service.pid).length, 1);
			await agent.close();
		} finally { await one.close(); }
	});

	test('ends cleanly: pages are told 1001, calls are answered, children end, status 0', async () => {
		const one = await makeScene({ keyType: 'ec-p256', pins: ['hang'] });
		try {
			const agent = await one.connect();
			const { tokens: [token] } = await agent.call('token.list');
			const verify = refused(agent.call('pin.verify', { token: token.token }), 'agent.stopping');
			await one.pins.untilAsked(1);
			const started = Date.now(), hosts = children(one.daemon.service.pid);
			assert.equal(hosts.length, 1);
			const end = await one.daemon.stop();
			await verify;
			assert.deepEqual(end, { code: 0, signal: null });
			assert.equal((await agent.closed).code, 1001);
			assert.ok(Date.now() - started < 3000);
			for (const pid of hosts) assert.ok(!alive(pid));
			assert.ok(!one.daemon.service.output().includes('12345678'));
		} finally { await one.close(); }
	});

	test('killed: its children end too', async () => {
		const one = await makeScene({ keyType: 'ec-p256' });
		try {
			const agent = await one.connect();
			await agent.call('token.list');
			const hosts = children(one.daemon.service.pid);
			await one.daemon.kill();
			await until(() => hosts.every((pid) => !alive(pid)), 'the end of its children', 5000);
			await one.daemon.again();
			await (await one.connect()).close();
		} finally { await one.close(); }
	});

	test('a state folder that cannot be written costs the record only', async () => {
		const folder = temporaryFolder(), blocked = path.join(folder, 'file');
		writeFileSync(blocked, '');
		const one = await makeScene({ keyType: 'ec-p256', settings: { state: path.join(blocked, 'state') } });
		try {
			const agent = await one.connect();
			const { items } = await agent.call('environment.check');
			assert.equal(items.find((item) => item.id === 'state').state, 'warn');
			const { certificates: [old] } = await agent.call('certificate.list');
			const { csr } = await agent.call('renewal.begin', { order: 'S-1', certificate: old.id, key: 'new' });
			await agent.call('renewal.install', { order: 'S-1', certificate: await one.ca.issue(csr), chain: [] });
			assert.equal((await agent.call('renewal.complete', { order: 'S-1' })).retired.length, 1);
			await agent.close();
		} finally { await one.close(); }
	});

	test('its files are the user\'s alone', () => {
		const { state } = scene.daemon.settings;
		for (const place of [state, ...readdirSync(state).map((name) => path.join(state, name))])
			assert.equal(statSync(place).mode & 0o077, 0, place);
	});
});

describe('certificate manager', () => {
	const get = (place, headers = {}) => new Promise((resolve, reject) => {
		http.get({ host: '127.0.0.1', port: scene.daemon.port, path: place, headers }, (answer) => {
			let text = '';
			answer.on('data', (data) => { text += data; });
			answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
		}).on('error', reject);
	});

	test('served with a strict policy', async () => {
		for (const [place, type] of [['/', 'text/html'], ['/page.js', 'text/javascript'], ['/page.css', 'text/css'], ['/keyhall.js', 'text/javascript']]) {
			const answer = await get(place);
			assert.equal(answer.status, 200, place);
			assert.ok(answer.headers['content-type'].startsWith(type));
			assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
			assert.equal(answer.headers['x-content-type-options'], 'nosniff');
			assert.equal(Number(answer.headers['content-length']), Buffer.byteLength(answer.text));
		}
	});

	test('to exact hosts, and nothing else', async () => {
		assert.equal((await get('/', { host: 'evil.example' })).status, 403);
		assert.equal((await get('/', { host: '127.0.0.1' })).status, 403);
		for (const place of ['/nothing', '/../etc/passwd', '/page.js/']) assert.equal((await get(place)).status, 404, place);
	});
});

test('a frame cut off in its middle, and noise before the upgrade', async () => {
	for (const noise of ['\0\0\0\0', 'GET / HTTP/1.1\r\nHost: x', `GET / HTTP/1.1\r\nHost: 127.0.0.1:${scene.daemon.port}\r\nUpgrade: websocket\r\n\r\n`, 'A'.repeat(100000)]) {
		const socket = net.connect({ port: scene.daemon.port, host: '127.0.0.1' });
		socket.on('error', () => {});
		socket.resume();
		socket.end(noise);
		await new Promise((resolve) => socket.on('close', resolve));
	}
	const socket = new WebSocket(`ws://127.0.0.1:${scene.daemon.port}/`, ['keyhall.v1'], { origin: scene.origin });
	await new Promise((resolve) => socket.on('open', resolve));
	socket._socket.write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]));
	socket._socket.destroy();
	const agent = await scene.connect();
	assert.equal((await agent.call('token.list')).tokens.length, 1);
	await agent.close();
});
