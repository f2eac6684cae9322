// A renewal over the Windows programs under wine, asked by the same client as on Linux: installer/windows/README.md.
// wine's prefix and the build folder are the caller's: WINEPREFIX, KEYHALL_BUILD.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Client } from '../lib/client.mjs';
import { build } from '../lib/paths.mjs';
import { Service, freePort, removeFolder, run, temporaryFolder, until, untilListening } from '../lib/process.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeKey } from '../lib/token.mjs';

const program = (name) => path.join(build, `${name}.exe`);
const there = (file) => `Z:${file.replaceAll('/', '\\')}`; // as wine calls a file of this machine
const origin = 'http://localhost:8080';

async function makeScene() {
	const folder = temporaryFolder('keyhall 窗口'), at = (...names) => path.join(folder, ...names);
	const scene = { folder, at };
	scene.store = temporaryFolder('softkey');
	for (const name of [at('ca'), at('old'), at('状态'), at('key'), at('pin window'), path.join(scene.store, 'seed')]) mkdirSync(name, { recursive: true });
	scene.ca = await Authority.make(at('ca'));
	const pair = await makeKey('ec-p256');
	scene.oldPem = await scene.ca.issue(await makeRequest(pair, at('old')), { notBefore: days(-345), notAfter: days(20) });
	writeFileSync(path.join(scene.store, 'seed/A.pem'), pair + scene.oldPem);
	copyFileSync(program('tests/softkey/softkey').replace(/exe$/, 'dll'), at('key/测试 key.dll'));
	copyFileSync(program('tests/windows/pinentry'), at('pin window/pinentry.exe'));
	writeFileSync(at('pin window/pin'), '123456\n');
	scene.port = await freePort();
	scene.configuration = at('配置.json');
	writeFileSync(scene.configuration, JSON.stringify({ port: scene.port, origins: [origin], state: there(at('状态')), anchors: [there(scene.ca.root)],
		modules: [{ path: there(at('key/测试 key.dll')) }], pinentry: there(at('pin window/pinentry.exe')) }));
	scene.env = { SOFTKEY_STORE: there(scene.store), LANG: 'C.UTF-8' };
	scene.daemon = new Service('wine', [program('agent/keyhalld'), '--foreground', '--log-level', 'debug', '--config', there(scene.configuration)], { env: scene.env, log: at('daemon.log') });
	await untilListening(scene.daemon, scene.port);
	scene.relay = new Service('wine', [program('tests/windows/relay'), '0', String(scene.port)]);
	const door = Number(await until(() => /relay: (\d+)/.exec(scene.relay.output())?.[1], 'the relay'));
	scene.connect = () => Client.connect(door, { origin, headers: { Host: `127.0.0.1:${scene.port}` } });
	scene.close = async () => {
		await run('wine', [program('agent/keyhalld'), '--config', there(scene.configuration), '--stop']);
		const { child } = scene.daemon;
		await until(() => child.exitCode !== null, 'the end of the daemon');
		// wine's own services have its output, too, where it was the first program.
		for (const stream of [child.stdout, child.stderr]) stream.destroy();
		const end = await scene.daemon.exited;
		await scene.relay.kill();
		for (const one of [folder, scene.store]) removeFolder(one);
		return end;
	};
	return scene;
}

test('the Windows programs under wine', { timeout: 300000 }, async (t) => {
	const scene = await makeScene();

	await t.test('who is no process of this user is refused', async () => {
		const client = await Client.open(scene.port, { origin });
		assert.deepEqual(await client.closed, { code: 4403, reason: 'other user' });
	});

	await t.test('a check', async () => {
		const agent = await scene.connect();
		assert.equal(agent.hello.protocol, 1);
		const { items } = await agent.call('environment.check');
		const state = (id) => items.find((one) => one.id === id)?.state;
		assert.equal(state('driver'), 'ok', JSON.stringify(items, null, 1));
		assert.equal(state('key'), 'ok');
		await agent.close();
	});

	await t.test('a renewal', async () => {
		const agent = await scene.connect(), order = 'W-2026.0001';
		const old = await findCertificate(agent, scene.oldPem), { tokens } = await agent.call('token.list');
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		checkProof(begun.proof, { order, origin, serial: tokens[0].serial, csr: begun.csr, certificate: scene.oldPem });
		const pem = await scene.ca.issue(begun.csr);
		const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
		checkReceipt(receipt, { order, origin, serial: tokens[0].serial, certificate: pem });
		assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
		assert.equal((await agent.call('renewal.inspect', { order })).stage, 'completed');
		assert.ok((await findCertificate(agent, pem)).hasPrivateKey);
		assert.match(readFileSync(scene.at('pin window/asked'), 'utf8'), /^GETPIN$/m);
		await agent.close();
	});

	await t.test('it ends when it is asked to', async () => {
		assert.equal((await scene.close()).code, 0, scene.daemon.output());
	});
});
