// ./dev demo as a clerk uses it: with the real PIN window, ended by Ctrl-C, started again; and on https.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import WebSocket from 'ws';
import { company } from '../lib/ca.mjs';
import { root } from '../lib/paths.mjs';
import { Service, answers, freePort, removeFolder, temporaryFolder, until } from '../lib/process.mjs';
import { Clerk } from './clerk.mjs';
import { Screen } from './screen.mjs';

async function startDemo(folder, screen, ...options) {
	const demo = new Service(process.execPath, [path.join(root, 'tests/demo/demo.mjs'), ...options], { env: { KEYHALL_DEMO: folder, ...screen.env } });
	await until(() => demo.end || demo.output().includes('Ctrl-C ends it'), 'the demo', 60000);
	assert.ok(!demo.end, demo.output());
	assert.ok(!demo.output().includes('no display'), demo.output());
	demo.origin = /service hall\s+(\S+)/.exec(demo.output())[1];
	demo.agent = Number(/key agent\s+ws:\/\/127\.0\.0\.1:(\d+)/.exec(demo.output())[1]);
	return demo;
}

async function ctrlC(demo) {
	demo.child.kill('SIGINT');
	assert.deepEqual(await demo.exited, { code: 0, signal: null }, demo.output());
	assert.equal(await answers(demo.agent), false);
	assert.equal(await answers(Number(new URL(demo.origin).port)), false);
}

for (const [name, options] of [['chromium', []], ['firefox', ['--https']]])
	test(`the demo in ${name} ${options.join(' ')}`, async () => {
		const screen = await Screen.open(), folder = temporaryFolder('keyhall-demo');
		const port = String(await freePort());
		let demo = await startDemo(folder, screen, ...options, '--port', port);
		const clerk = await Clerk.open(name, path.join(folder, 'profile'), { ignoreHTTPSErrors: true });
		try {
			await clerk.environment(demo.origin);
			await clerk.test('renew').click();
			await clerk.verifyPin();
			await screen.pinWindow();
			await screen.type('12345678');
			await clerk.confirm(company);
			await clerk.pay();
			await clerk.test('update').waitFor();
			await ctrlC(demo);
			assert.ok(!existsSync(path.join(folder, 'pid')));

			demo = await startDemo(folder, screen, ...options, '--port', port);
			assert.match(demo.output(), /goes on with the last demo/);
			await clerk.page.goto(`${demo.origin}/`);
			await clerk.test('continue').first().click();
			await clerk.step('install');
			await clerk.test('update').click();
			await screen.pinWindow();
			await screen.type('12345678');
			await clerk.test('install').click();
			await clerk.succeed();
			await ctrlC(demo);
			assert.deepEqual(readdirSync(folder).sort(), ['agent', 'demo.json', 'hall', 'hall.log', 'profile', 'token']);

			demo = await startDemo(folder, screen, ...options, '--port', port, '--fresh');
			await clerk.environment(demo.origin);
			await clerk.test('renew').waitFor();
		} catch (error) {
			await clerk.picture('demo-failed').catch(() => {});
			error.message += `\n${demo.output()}`;
			throw error;
		} finally {
			await clerk.context.close();
			await demo.stop();
			screen.close();
			removeFolder(folder);
		}
	});

test('--origin: a page of one\'s own is let in, another is not; what is no address is refused', async () => {
	const screen = await Screen.open(), folder = temporaryFolder('keyhall-demo');
	const wrong = new Service(process.execPath, [path.join(root, 'tests/demo/demo.mjs'), '--origin', 'localhost'], { env: { KEYHALL_DEMO: folder, ...screen.env } });
	assert.equal((await wrong.exited).code, 1);
	assert.match(wrong.output(), /--origin localhost: not the address of a page/);
	const demo = await startDemo(folder, screen, '--origin', 'http://localhost:3000/my/page', '--port', String(await freePort()));
	try {
		assert.match(demo.output(), new RegExp(`Pages of http://localhost:3000 are let in[^]*ports: \\[${demo.agent}\\]`));
		const closed = (origin) => new Promise((resolve) => {
			const socket = new WebSocket(`ws://127.0.0.1:${demo.agent}/`, 'keyhall.v1', { origin });
			socket.on('open', () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'agent.hello', params: { protocols: [1] } })));
			socket.on('message', (data) => { resolve(JSON.parse(data).result.origin); socket.close(); });
			socket.on('close', (code) => resolve(code));
		});
		assert.equal(await closed('http://localhost:3000'), 'http://localhost:3000');
		assert.equal(await closed('http://localhost:3001'), 4403);
		await ctrlC(demo);
	} finally {
		await demo.stop();
		screen.close();
		removeFolder(folder);
	}
});
