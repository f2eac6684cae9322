// keyhall, the support tool, beside a daemon and without one.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
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
