// The Windows programs under wine with the test token, and a door for the same client as on Linux: installer/windows/README.md.
// wine's prefix and the build folder are the caller's: WINEPREFIX, KEYHALL_BUILD.
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Client } from '../lib/client.mjs';
import { build } from '../lib/paths.mjs';
import { Service, freePort, removeFolder, run, temporaryFolder, until, untilListening } from '../lib/process.mjs';
import { makeKey } from '../lib/token.mjs';
import { there } from '../lib/wine.mjs';

export const program = (name) => path.join(build, `${name}.exe`);
// The token host is the daemon's choice, by the library's processor. Its PIN window is of the same one.
const folders = { 'x86-64': '.', x86: 'x86' };
export const processors = process.env.KEYHALL_PROCESSORS?.split(' ') ?? Object.keys(folders);
export { there };
export const origin = 'http://localhost:8080';

// wine's own services have its output, too, where it was the first program.
const letGo = ({ child }) => { for (const stream of [child.stdout, child.stderr]) stream.destroy(); };

// The end of a program that was asked to.
export async function untilEnded(service) {
	await until(() => service.child.exitCode !== null, `the end of ${service.name}`);
	letGo(service);
	return service.exited;
}

// screen: the PIN window is the real one, on it; without: a program that says the PIN. settings: more of the configuration.
export async function makeScene(processor, { screen, settings = {} } = {}) {
	const folder = temporaryFolder('keyhall 窗口'), at = (...names) => path.join(folder, ...names);
	const scene = { folder, at };
	scene.store = temporaryFolder('softkey');
	for (const name of [at('ca'), at('old'), at('状态'), at('key'), at('pin window'), path.join(scene.store, 'seed')]) mkdirSync(name, { recursive: true });
	scene.ca = await Authority.make(at('ca'));
	const pair = await makeKey('ec-p256');
	scene.oldPem = await scene.ca.issue(await makeRequest(pair, at('old')), { notBefore: days(-345), notAfter: days(20) });
	writeFileSync(path.join(scene.store, 'seed/A.pem'), pair + scene.oldPem);
	copyFileSync(path.join(build, folders[processor], 'tests/softkey/softkey.dll'), at('key/测试 key.dll'));
	copyFileSync(path.join(build, folders[processor], 'tests/windows/pinentry.exe'), at('pin window/pinentry.exe'));
	writeFileSync(at('pin window/pin'), '123456\n');
	scene.port = await freePort();
	scene.configuration = at('配置.json');
	writeFileSync(scene.configuration, JSON.stringify({ port: scene.port, origins: [origin], state: there(at('状态')), anchors: [there(scene.ca.root)],
		modules: [{ path: there(at('key/测试 key.dll')) }], halls: [{ origin, name: '某省数字证书服务大厅' }], ...(screen ? {} : { pinentry: there(at('pin window/pinentry.exe')) }), ...settings }));
	scene.env = { SOFTKEY_STORE: there(scene.store), LANG: 'C.UTF-8', ...screen?.env };
	scene.daemon = new Service('wine', [program('agent/keyhalld'), '--foreground', '--log-level', 'debug', '--config', there(scene.configuration)], { env: scene.env, log: at('daemon.log') });
	await untilListening(scene.daemon, scene.port);
	scene.relay = new Service('wine', [program('tests/windows/relay'), '0', String(scene.port)]);
	const door = Number(await until(() => /relay: (\d+)/.exec(scene.relay.output())?.[1], 'the relay'));
	scene.connect = (options = {}) => Client.connect(door, { ...options, origin, headers: { Host: `127.0.0.1:${scene.port}` } });
	// Which keys are plugged in: tests/softkey/README.md.
	scene.plug = (slots) => { writeFileSync(path.join(scene.store, 'next'), slots); renameSync(path.join(scene.store, 'next'), path.join(scene.store, 'slots')); };
	scene.run = (name, ...args) => run('wine', [path.join(build, 'tests/windows', name), ...args], { status: null });
	scene.abandon = () => [scene.daemon, scene.relay].forEach((one) => { one.child.kill('SIGKILL'); letGo(one); });
	scene.stop = () => run('wine', [program('agent/keyhalld'), '--config', there(scene.configuration), '--stop']);
	scene.close = async () => {
		await scene.stop();
		const end = await untilEnded(scene.daemon);
		await scene.relay.kill();
		for (const one of [folder, scene.store]) removeFolder(one);
		return end;
	};
	return scene;
}
