// No process stays behind: a token host ends with its daemon, a PIN window with its token host, whoever was killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { program } from '../lib/paths.mjs';
import { sleep, until } from '../lib/process.mjs';
import { alive, children, group, untilDead } from '../lib/processes.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try { await action(scene); } finally { await scene.close(); }
}

// A page that asks for the PIN: the window is open.
async function asking(scene) {
	const agent = await scene.connect();
	const { tokens: [token] } = await agent.call('token.list');
	const count = scene.pins.count(), ended = agent.call('pin.verify', { token: token.token }).then(() => null, (error) => error);
	await scene.pins.untilAsked(count + 1);
	const [host] = children(scene.daemon.service.pid), windows = children(host);
	assert.equal(windows.length, 1);
	// Its script has taken its answer, the next one is for the next window.
	await until(() => readFileSync(`/proc/${windows[0]}/comm`, 'utf8') === 'sleep\n', 'the window to wait');
	assert.equal(group(host), host, 'it leads its group');
	return { agent, host, window: windows[0], ended };
}

test('the daemon is killed while a PIN window is open', () => withScene({ pins: ['hang'] }, async (scene) => {
	const { host, window, ended } = await asking(scene);
	process.kill(scene.daemon.service.pid, 'SIGKILL');
	await untilDead([host, window]);
	await scene.daemon.service.exited;
	await ended;
	await scene.daemon.again();
	await (await scene.connect()).close();
}));

test('a PIN window inherits no file of its token host', () => withScene({ pins: ['hang'] }, async (scene) => {
	if (process.getuid() !== 0) return; // the files of a process without dumps are root's
	const { agent, host, window, ended } = await asking(scene);
	const files = (pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => fd > 2).map((fd) => { try { return readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ''; } });
	const ours = files(process.pid); // whoever runs the tests may leave some to all
	const own = files(host).filter((name) => !name.startsWith('anon_inode:') && !ours.includes(name));
	assert.ok(own.some((name) => name.endsWith('.lock')) && own.some((name) => name.startsWith('pipe:')), own.join());
	assert.deepEqual(files(window).filter((name) => own.includes(name)), []);
	process.kill(host, 'SIGKILL');
	await ended;
	await agent.close();
}));

test('the token host is killed: its PIN window goes, the page hears it, the next one works', () => withScene({ pins: ['hang', '123456'] }, async (scene) => {
	const { agent, host, window, ended } = await asking(scene);
	process.kill(host, 'SIGKILL');
	await untilDead([host, window]);
	assert.equal((await ended).rpc, 'token.failed');
	await until(async () => { const { tokens } = await agent.call('token.list').catch(() => ({ tokens: [] })); return tokens[0]; }, 'the next token host');
	await agent.call('pin.verify', { token: (await agent.call('token.list')).tokens[0].token });
	await agent.close();
}));

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGQUIT'])
	test(`${signal} to the daemon, as from a terminal`, () => withScene({ pins: ['hang'] }, async (scene) => {
		const { host, window, ended } = await asking(scene);
		const end = await scene.daemon.service.kill(signal);
		if (signal === 'SIGINT' || signal === 'SIGTERM') assert.deepEqual(end, { code: 0, signal: null });
		await untilDead([host, window]);
		await ended;
	}));

test('the daemon dies in the moment it starts its token host', () => withScene({}, async (scene) => {
	await scene.daemon.stop();
	for (let wait = 0; wait < 12; wait++) {
		await scene.daemon.again().catch(() => {});
		const { pid } = scene.daemon.service;
		let hosts = [];
		await until(() => { hosts = children(pid); return hosts.length; }, 'a token host', 3000);
		await sleep(wait / 4);
		process.kill(pid, 'SIGKILL');
		await untilDead(hosts);
	}
}));

test('a token host started by hand ends alone', () => withScene({ faults: ['C_GetSlotList 1 hang'] }, async (scene) => {
	await scene.daemon.stop();
	scene.key.fault('C_Initialize 1 hang');
	// A shell's job: a neighbour in the group, and the shell that dies.
	const note = path.join(scene.folder, 'pids');
	const script = `sleep 60 & echo $! >'${note}.part'
		(sleep 0.2; echo '{"jsonrpc":"2.0","id":1,"method":"token.list","params":{}}'; sleep 60) | '${program.token}' --module '${scene.key.module}' &
		echo $! >>'${note}.part'; mv '${note}.part' '${note}'; wait`;
	const shell = spawn('sh', ['-c', script], { env: { ...process.env, ...scene.key.env }, stdio: 'ignore', detached: true });
	await until(() => existsSync(note) && scene.key.read('faults') === '', 'the module to hang');
	const [neighbour, host] = readFileSync(note, 'utf8').trim().split('\n').map(Number);
	assert.notEqual(group(host), host);
	process.kill(shell.pid, 'SIGKILL');
	await until(() => !alive(host), 'its end', 1500);
	assert.ok(alive(neighbour), 'its neighbour lives');
	process.kill(-group(neighbour), 'SIGKILL');
}));
