// keyhall recover, pair delete, pin, modules, open, restart: what support does on a clerk's machine. Nothing is done unasked.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test, { describe } from 'node:test';
import { program } from '../lib/paths.mjs';
import { freePort, run } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { keyhall, typed } from '../lib/tool.mjs';

const order = '202611300004';

// stage: how far a page has brought the order.
async function withOrder(stage, action, options = {}) {
	const scene = await makeSoftScene({ settings: { locale: 'en' }, ...options });
	try {
		const agent = await scene.connect();
		const ids = async () => (await agent.call('certificate.list')).certificates.map(({ id }) => id);
		if (stage !== 'nothing') {
			const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
			if (stage !== 'key') await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
			if (stage === 'completed') await agent.call('renewal.complete', { order });
		}
		await action({ scene, agent, ids, pairs: async () => (await scene.key.user('--list-objects', '--type', 'privkey')).stdout.split('Private Key Object').length - 1,
			tool: (...args) => keyhall(scene.daemon, args), typed: (args, input) => typed(scene.daemon, args, { input }) });
		await agent.close();
	} finally { await scene.close(); }
}

describe('recover', () => {
	for (const [stage, status, words] of [
		['nothing', 1, /Nothing of this order is on a key/],
		['key', 1, /the certificate comes from the service hall/],
		['completed', 0, /Nothing is left to do/],
	])
		test(`${stage}: it says what is missing and changes nothing`, () => withOrder(stage, async ({ ids, pairs, tool }) => {
			const before = [await ids(), await pairs()], { status: code, stdout, stderr } = await tool('recover', order, '--yes');
			assert.equal(code, status);
			assert.equal(/known from/.test(stdout), stage !== 'nothing');
			assert.match(stderr, words);
			assert.deepEqual([await ids(), await pairs()], before);
		}));

	test('installed: asks, and completes', () => withOrder('installed', async ({ scene, ids, tool, typed }) => {
		assert.equal((await ids()).length, 2);
		const unasked = await tool('recover', order);
		assert.equal(unasked.status, 1);
		assert.match(unasked.stderr, /Nothing was changed/);
		assert.match((await typed(['recover', order], 'n\n')).stdout, /Complete the order[^]*Nothing was changed/);
		assert.equal((await ids()).length, 2);
		assert.match((await typed(['recover', order], 'y\n')).stdout, /The order is completed/);
		assert.ok(!(await ids()).includes(scene.old));
		assert.equal((await tool('recover', order)).status, 0);
	}));

	test('installed, and the key is away', () => withOrder('installed', async ({ scene, tool }) => {
		scene.key.pull();
		const { status, stderr } = await tool('recover', order, '--yes');
		assert.equal(status, 1);
		assert.match(stderr, /Plug in the key of this order/);
	}));
});

describe('pair delete', () => {
	test('the pair that an order left, asked first', () => withOrder('key', async ({ ids, pairs, tool, typed, scene }) => {
		assert.equal(await pairs(), 2);
		assert.equal((await tool('pair', 'delete', order)).status, 1);
		assert.match((await typed(['pair', 'delete', order], '\n')).stdout, /Delete the key pair[^]*Nothing was changed/);
		assert.equal(await pairs(), 2);
		const { status, stderr } = await tool('pair', 'delete', order, '--yes');
		assert.equal(status, 0, stderr);
		assert.deepEqual([await pairs(), await ids()], [1, [scene.old]]);
	}));

	for (const [stage, words] of [['nothing', /carries a pair of this order/], ['installed', /has a certificate/], ['completed', /carries a pair|has a certificate/]])
		test(`never ${stage}`, () => withOrder(stage, async ({ pairs, tool }) => {
			const before = await pairs(), { status, stderr } = await tool('pair', 'delete', order, '--yes');
			assert.equal(status, 1);
			assert.match(stderr, words);
			assert.equal(await pairs(), before);
		}));
});

describe('pin', () => {
	test('change: by the agent\'s window', () => withOrder('nothing', async ({ scene, tool }) => {
		const { status, stdout, stderr } = await tool('pin', 'change', scene.key.serial);
		assert.equal(status, 0, stderr);
		assert.match(stdout, /is changed/);
		assert.match((await scene.key.trial('--login', '--pin', '654321', '--list-objects', '--type', 'privkey')).stdout, /Private Key/);
	}, { pins: ['123456', '654321', '654321'] }));

	test('unlock: who does it', () => withOrder('nothing', async ({ scene, tool }) => {
		assert.deepEqual([(await tool('pin', 'unlock')).status], [0]);
		scene.key.write('tokens/A/token', scene.key.read('tokens/A/token').replace(/^left=.*$/m, 'left=0'));
		const { status, stdout } = await tool('pin', 'unlock');
		assert.equal(status, 1);
		assert.match(stdout, /is locked\. Only the CA can unlock it/);
		const none = await tool('pin', 'unlock', 'another');
		assert.deepEqual([none.status, none.stdout], [1, '']);
	}));
});

test('modules: each with its state; a missing one ends with 1', async () => {
	const scene = await makeSoftScene({ settings: { locale: 'en' } });
	try {
		const fine = await keyhall(scene.daemon, ['modules']);
		assert.equal(fine.status, 0, fine.stdout);
		assert.match(fine.stdout, /softkey\.so\n {2}state {4}running\n/);
		await scene.daemon.stop();
		await scene.daemon.again({ modules: [{ path: scene.key.module }, { path: '/nonexistent/driver.so' }] });
		const { status, stdout } = await keyhall(scene.daemon, ['modules']);
		assert.equal(status, 1);
		assert.match(stdout, /\/nonexistent\/driver\.so\n {2}state {4}the file is not there\n/);
	} finally { await scene.close(); }
});

test('open: the browser gets the certificate manager\'s address', async () => {
	const scene = await makeSoftScene({ settings: { locale: 'en' } });
	try {
		const bin = path.join(scene.folder, 'bin'), seen = path.join(scene.folder, 'seen');
		mkdirSync(bin);
		writeFileSync(path.join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > ${seen}\ngrep NoNewPrivs /proc/self/status >> ${seen}\n`);
		chmodSync(path.join(bin, 'xdg-open'), 0o755);
		const more = { PATH: `${bin}:${process.env.PATH}` };
		assert.equal((await keyhall(scene.daemon, ['open'], { more })).status, 0);
		const [address, privileges] = readFileSync(seen, 'utf8').trim().split('\n');
		assert.equal(address, `http://127.0.0.1:${scene.daemon.port}/`);
		assert.match((await (await fetch(address)).text()), /<html/);
		assert.equal((await keyhall(scene.daemon, ['open', 'check'], { more })).status, 0);
		assert.equal(readFileSync(seen, 'utf8').split('\n')[0], `${address}#check`);
		const wrong = await keyhall(scene.daemon, ['open', 'sesame'], { more });
		assert.deepEqual([wrong.status, wrong.stderr], [2, 'keyhall: keyhall open takes no sesame.\n']);
		assert.equal(privileges, readFileSync('/proc/self/status', 'utf8').match(/^NoNewPrivs.*$/m)[0], 'a browser needs its sandbox');
		writeFileSync(path.join(bin, 'xdg-open'), '#!/bin/sh\nexit 4\n');
		const failed = await keyhall(scene.daemon, ['open'], { more });
		assert.equal(failed.status, 1);
		assert.ok(failed.stderr.includes(address));
		const absent = await keyhall(scene.daemon, ['open', '--port', String(await freePort())], { more });
		assert.equal(absent.status, 3);
		assert.match(absent.stderr, /The key agent is not running/);
	} finally { await scene.close(); }
});

test('restart: another agent answers, also where none ran; what cannot start is said', async () => {
	const scene = await makeSoftScene({ settings: { locale: 'en' } });
	const end = () => run(program.keyhalld, ['--stop', '--config', scene.daemon.configuration], { env: scene.daemon.env });
	try {
		const restart = () => keyhall(scene.daemon, ['restart']);
		for (const ran of [true, false]) {
			if (!ran) await end();
			assert.deepEqual(await restart().then(({ status, stdout }) => [status, stdout]), [0, 'The key agent is running again.\n']);
			assert.equal((await scene.daemon.service.exited).code, 0);
			await (await scene.connect()).close();
		}
		await end();
		const taken = net.createServer((socket) => socket.destroy()).listen(scene.daemon.port, '127.0.0.1');
		try {
			const { status, stderr } = await restart();
			assert.deepEqual([status, stderr], [1, 'keyhall: the key agent does not start.\n']);
		} finally { taken.close(); }
	} finally {
		await end();
		await scene.close();
	}
});
