// A daemon started while the last one, or another program, still holds its lock or its port.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program } from '../lib/paths.mjs';
import { run, sleep, temporaryFolder, until } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';

const HELD = 700; // ms
let scene;
before(async () => { scene = await makeScene({ keyType: 'ec-p256' }); });
after(() => scene.close());

async function listener(port, host = '127.0.0.1') {
	const server = net.createServer((socket) => socket.destroy()).listen({ port, host, ipv6Only: true });
	await new Promise((resolve) => server.on('listening', resolve));
	return server;
}

async function timed(configuration) {
	const start = Date.now();
	const { status, stderr } = await run(program.keyhalld, ['--config', configuration, '--foreground'], { env: scene.daemon.env, status: null });
	return { status, stderr, ms: Date.now() - start };
}

describe('waits for what is only just held', () => {
	// again() takes any program on the port for the daemon.
	async function starts(meanwhile) {
		const start = scene.daemon.again().catch(() => {}), { service } = scene.daemon;
		await sleep(HELD);
		meanwhile();
		await start;
		await until(() => service.end || service.output().includes('listening on'), 'its start');
		assert.equal(service.end, undefined, service.output());
		await (await scene.connect()).close();
	}

	for (const host of ['127.0.0.1', '::1'])
		test(`the port on ${host}`, async () => {
			await scene.daemon.stop();
			const server = await listener(scene.daemon.port, host);
			await starts(() => server.close());
		});

	// A process that is stopped holds lock and port and answers nobody, as one that is ending.
	for (const [what, end] of [['was killed', ['SIGKILL']], ['was told to end', ['SIGTERM', 'SIGCONT']]])
		test(`the last daemon, which ${what}`, async () => {
			const last = scene.daemon.service;
			last.kill('SIGSTOP');
			await starts(() => { for (const signal of end) last.kill(signal); });
			await last.exited;
		});

	test('the last daemon, killed this very moment', async () => {
		for (let i = 0; i < 10; i++) {
			scene.daemon.kill();
			await scene.daemon.again(); // on a slow machine it may be the dying one that answers
		}
		const agent = await until(() => scene.connect().catch(() => null), 'the last one');
		await agent.close();
	});
});

describe('does not wait behind', () => {
	const other = (settings) => {
		const file = path.join(temporaryFolder(), 'keyhall.json');
		writeFileSync(file, JSON.stringify({ state: path.dirname(file), port: scene.daemon.port, ...settings }));
		return file;
	};

	test('the running daemon of this user', async () => {
		const { status, stderr, ms } = await timed(scene.daemon.configuration);
		assert.equal(status, 3);
		assert.match(stderr, /runs already/);
		assert.ok(ms < 1500, `${ms} ms`);
	});

	test('another agent on the port', async () => {
		const { status, stderr, ms } = await timed(other());
		assert.equal(status, 4);
		assert.match(stderr, new RegExp(`${scene.daemon.port}`));
		assert.ok(ms < 1500, `${ms} ms`);
	});

	test('a strange program for ever', async () => {
		const server = await listener(0);
		try {
			const { status, ms } = await timed(other({ port: server.address().port }));
			assert.equal(status, 4);
			assert.ok(ms > 2500 && ms < 8000, `${ms} ms`);
		} finally { server.close(); }
	});
});

describe('is asked to end by --stop', () => {
	const stop = () => run(program.keyhalld, ['--config', scene.daemon.configuration, '--stop'], { env: scene.daemon.env });

	test('ends as after SIGTERM, and is gone when the other comes back', async () => {
		await scene.daemon.stop();
		await scene.daemon.again();
		const { service } = scene.daemon, page = await scene.connect();
		await stop();
		assert.equal((await page.closed).code, 1001);
		assert.deepEqual(await service.exited, { code: 0, signal: null });
		await scene.daemon.again();
	});

	test('is content where none runs', async () => {
		await scene.daemon.stop();
		await stop();
		await scene.daemon.again();
	});
});
