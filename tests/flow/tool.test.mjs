// keyhall, the support tool, beside a daemon and without one.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { root } from '../lib/paths.mjs';
import { freePort, temporaryFolder } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { keyhall } from '../lib/tool.mjs';

let scene;
before(async () => { scene = await makeScene({ keyType: 'ec-p256' }); });
after(() => scene.close());

const tool = (...args) => keyhall(scene.daemon, args);

test('list', async () => {
	const zh = await tool('list'), en = await tool('list', '--locale', 'en');
	assert.equal(zh.status, 0, zh.stderr);
	assert.match(zh.stdout, /剩余 \d+ 天/);
	assert.match(en.stdout, /days left/);
	for (const { stdout } of [zh, en]) assert.ok(stdout.includes(scene.token.serial) && stdout.includes(scene.company.name));
});

test('doctor and report', async () => {
	const doctor = await tool('doctor');
	assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
	const report = await tool('report');
	assert.equal(report.status, 0);
	assert.ok(!report.stdout.includes(scene.company.name), 'no subject in it');
	assert.equal(JSON.parse(report.stdout).port, scene.daemon.port);
});

// Another user who waits on the port could show support whatever he likes.
test('believes no daemon of another user', async () => {
	if (process.getuid() !== 0) return; // only root can be another user
	const script = `const { WebSocketServer } = require(process.argv[1]); const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => console.log(server.address().port));
		server.on('connection', (socket) => socket.on('message', (text) => { const { id, method } = JSON.parse(text);
			const result = method === 'agent.hello' ? { version: '9', protocol: 1, origin: 'http://x', time: '2026-01-01T00:00:00Z', features: [] } : { tokens: [] };
			socket.send(JSON.stringify({ jsonrpc: '2.0', id, result })); }));`;
	const folder = temporaryFolder();
	execFileSync('cp', ['-r', path.join(root, 'tests/node_modules/ws'), folder]);
	execFileSync('chmod', ['-R', 'a+rX', folder]);
	const child = spawn(process.execPath, ['-e', script, path.join(folder, 'ws')], { uid: 65534, gid: 65534, cwd: '/', env: { HOME: '/' } });
	try {
		const port = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(data.toString().trim())));
		const { status, stdout, stderr } = await tool('list', '--port', port);
		assert.equal(status, 1, stdout);
		assert.match(stderr, /other user/);
	} finally { child.kill(); }
});

test('without the daemon', async () => {
	const port = String(await freePort());
	const list = await tool('list', '--port', port), running = await tool('list');
	assert.equal(list.status, 3);
	assert.match(list.stderr, /未运行/);
	assert.equal(list.stdout, running.stdout, 'it shows what the daemon shows');
	const { status, stdout } = await tool('report', '--port', port);
	assert.equal(status, 3);
	const report = JSON.parse(stdout);
	assert.deepEqual(report.modules.map((module) => [module.module, module.state]), [['libsofthsm2.so', 'running']]);
	assert.ok(report.items.some((item) => item.id === 'key' && item.state === 'ok'), stdout);
	assert.equal(report.items.find((item) => item.id === 'agent').code, 'agent.absent');
	const doctor = await tool('doctor', '--port', port);
	assert.equal(doctor.status, 3);
	assert.ok(doctor.stdout.includes('未运行') && doctor.stdout.includes(scene.token.serial), doctor.stdout);
});

test('list ends with 1 when a missing driver is why no key is seen', async () => {
	const one = await makeScene({ keyType: 'ec-p256', settings: { modules: [{ path: '/nonexistent/driver.so' }] } });
	try {
		const { status, stdout } = await keyhall(one.daemon, ['list', '--locale', 'en']);
		assert.equal(status, 1, stdout);
		assert.match(stdout, /^No key is plugged in\.\nFAIL {2}27\d\d {2}/);
	} finally { await one.close(); }
});

test('show: a certificate by the start of its id or by its serial number, a key by its serial number', async () => {
	const agent = await scene.connect();
	const { certificates: [certificate] } = await agent.call('certificate.list'), { tokens: [token] } = await agent.call('token.list');
	await agent.close();
	for (const id of [certificate.id, certificate.id.slice(0, 12), certificate.serialNumber]) {
		const { status, stdout } = await tool('show', id, '--locale', 'en');
		assert.equal(status, 0);
		for (const part of [certificate.id, certificate.pem, certificate.subject, certificate.issuer, token.label, token.serial, certificate.creditCode])
			assert.ok(stdout.includes(part), `${part}\n${stdout}`);
	}
	const { status, stdout } = await tool('show', token.serial, '--locale', 'en');
	assert.equal(status, 0);
	for (const part of [token.token, token.manufacturer, certificate.id.slice(0, 12)]) assert.ok(stdout.includes(part), stdout);
	assert.ok((await tool('list')).stdout.includes(certificate.id.slice(0, 12)), 'list shows what show takes');
	for (const id of ['0000', certificate.id.slice(0, 3)]) {
		const none = await tool('show', id, '--locale', 'en');
		assert.deepEqual([none.status, none.stdout], [1, '']);
		assert.ok(none.stderr.includes(id));
	}
	const missing = await tool('show', '--locale', 'en');
	assert.equal(missing.status, 2);
	assert.match(missing.stderr, /keyhall show needs ID/);
});

test('renewals: none, then one that was begun', async () => {
	assert.match((await tool('renewals', '--locale', 'en')).stdout, /^No order is known\.\n$/);
	const one = await makeScene({ keyType: 'ec-p256' });
	try {
		const agent = await one.connect();
		const { certificates: [old] } = await agent.call('certificate.list');
		await agent.call('renewal.begin', { order: '202611300002', certificate: old.id, key: 'new' });
		const { renewals } = await agent.call('renewal.list');
		await agent.close();
		const { stdout } = await keyhall(one.daemon, ['renewals', '--locale', 'en']);
		assert.match(stdout, /^Order 202611300002\n {2}stands at {8}the new key pair is made\n {2}next {13}install/);
		assert.ok(stdout.includes(one.token.serial));
		assert.deepEqual(JSON.parse((await keyhall(one.daemon, ['renewals', '--json'])).stdout).renewals, renewals);
		await one.daemon.stop();
		rmSync(one.daemon.settings.state, { recursive: true });
		const lost = await keyhall(one.daemon, ['renewals', '--locale', 'en']);
		assert.equal(lost.status, 3);
		assert.match(lost.stdout, /an order that this computer does not know \(kh:[0-9a-f]{24}\)/);
	} finally { await one.close(); }
});
