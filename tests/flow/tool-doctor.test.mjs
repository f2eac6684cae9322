// keyhall doctor: the rows with their numbers, what drivers and orders left, for programs, watching, on a terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { program } from '../lib/paths.mjs';
import { Service, freePort, until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { keyhall, typed } from '../lib/tool.mjs';

let scene;
before(async () => { scene = await makeSoftScene({ settings: { locale: 'en' } }); });
after(() => scene.close());

const doctor = (...args) => keyhall(scene.daemon, ['doctor', ...args]);

test('each row has its state, its number and what was found', async () => {
	const agent = await scene.connect({ locale: 'en' });
	const { items } = await agent.call('environment.check');
	await agent.close();
	const { stdout } = await doctor();
	for (const { number, text, code, remedy } of items) {
		const line = stdout.split('\n').find((one) => one.includes(`  ${number}  ${text}`));
		assert.ok(line, `${number} ${text}\n${stdout}`);
		assert.equal(line.endsWith(`  ${code}`), code !== 'ok');
		if (remedy) assert.ok(stdout.includes(`\n            ${remedy.text}`));
	}
	const machine = await doctor('--json');
	assert.deepEqual(JSON.parse(machine.stdout).items.map(({ number }) => number), items.map(({ number }) => number));
});

test('the status is the worst row\'s', async () => {
	const status = async () => { const { status: code, stdout } = await doctor('--json'); return [code, JSON.parse(stdout).items.some(({ state }) => state === 'fail')]; };
	const [code, failed] = await status();
	assert.equal(code, failed ? 1 : 0);
	scene.key.pull();
	try {
		await until(async () => (await status())[1], 'the row of the key that is gone');
		assert.deepEqual(await status(), [1, true]);
	} finally { scene.key.putBack(); }
});

test('without a daemon: the first row says so', async () => {
	const { status, stdout } = await doctor('--json', '--port', String(await freePort()));
	assert.equal(status, 3);
	const [row] = JSON.parse(stdout).items;
	assert.deepEqual([row.id, row.state, row.code, row.number], ['agent', 'fail', 'agent.absent', 2102]);
});

test('a daemon that runs and does not answer is told from none; what may keep it away is named', async () => {
	const one = await makeSoftScene({ settings: { locale: 'en' } });
	const row = async () => JSON.parse((await keyhall(one.daemon, ['doctor', '--json'])).stdout).items[0];
	const { pid } = one.daemon.service, suite = path.join(one.folder, 'HipsDaemon');
	let guard;
	try {
		process.kill(pid, 'SIGSTOP');
		const { code, number, state, remedy } = await row();
		assert.deepEqual([code, number, state, remedy.kind], ['agent.unreached', 2103, 'fail', 'settings']);
		copyFileSync('/bin/sleep', suite);
		guard = spawn(suite, ['600'], { stdio: 'ignore' });
		assert.match((await row()).text, /kept away by: Huorong\.$/);
		const { status, stderr } = await keyhall(one.daemon, ['open']);
		assert.equal(status, 3);
		assert.match(stderr, /The key agent is running, but it does not answer/);
	} finally {
		guard?.kill();
		process.kill(pid, 'SIGCONT');
		await one.close();
	}
});

test('a driver that died, and an order that was left', async () => {
	const one = await makeSoftScene({ settings: { locale: 'en' } });
	try {
		const agent = await one.connect();
		await agent.call('renewal.begin', { order: '202611300001', certificate: one.old, key: 'new' });
		await agent.close();
		await one.daemon.stop();
		one.key.fault('C_GetTokenInfo 3 crash');
		await one.daemon.again();
		let shown;
		await until(async () => (shown = (await keyhall(one.daemon, ['doctor'])).stdout).includes('last failure in C_GetTokenInfo'), 'the crash');
		assert.match(shown, /Drivers that had to be started again\n {6}softkey\.so: started again \d+ times, last failure in C_GetTokenInfo\n/);
		assert.match(shown, /Orders that are not finished\n {6}202611300001: the new key pair is made; next: install the certificate in the service hall, last worked on 20\d\d-/);
		assert.ok(shown.includes(`key ${one.key.serial}`));
	} finally { await one.close(); }
});

describe('--watch', () => {
	const watching = (...args) => new Service(program.keyhall, ['doctor', '--watch', ...args, '--config', scene.daemon.configuration], { env: scene.daemon.env });

	test('looks again when the key goes and when it is back', async () => {
		const service = watching('--json');
		const looks = () => service.output().split('\n').slice(0, -1).map((line) => JSON.parse(line).items.find(({ id }) => id === 'key').code);
		try {
			await until(() => looks().length > 0, 'the first look');
			assert.equal(looks()[0], 'ok');
			scene.key.pull();
			await until(() => looks().includes('token.absent'), 'the key to go');
			scene.key.putBack();
			await until(() => looks().at(-1) === 'ok', 'the key to be back');
		} finally { scene.key.putBack(); await service.kill('SIGTERM'); }
	});

	test('ends with the daemon', async () => {
		const one = await makeSoftScene({ settings: { locale: 'en' } });
		try {
			const service = new Service(program.keyhall, ['doctor', '--watch', '--config', one.daemon.configuration], { env: one.daemon.env });
			await until(() => service.output().includes('\n\n'), 'the first look');
			await one.daemon.stop();
			assert.notEqual((await service.exited).code, 0);
			assert.match(service.output(), /the key agent has ended/);
		} finally { await one.close(); }
	});
});

describe('on a terminal', () => {
	const shown = async (more) => (await typed(scene.daemon, ['doctor'], { more: { TERM: 'xterm', NO_COLOR: '', ...more } })).stdout;

	test('colours, and none where they are not wanted', async () => {
		assert.match(await shown({}), /\x1b\[32mok {2}\x1b\[0m/);
		for (const more of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) assert.ok(!(await shown(more)).includes('\x1b[3'), JSON.stringify(more));
		assert.ok(!(await doctor()).stdout.includes('\x1b'));
	});

	test('progress where it takes more than a second', async () => {
		const one = await makeSoftScene({ settings: { locale: 'en' }, faults: ['C_GetTokenInfo 1 delay 2500'] });
		try {
			const args = ['list', '--port', String(await freePort())];
			const { stdout } = await typed(one.daemon, args, { more: { TERM: 'xterm' } });
			assert.match(stdout, /The keys are being asked, 1 s/);
			assert.ok(!(await keyhall(one.daemon, args)).stderr.includes('asked'));
		} finally { await one.close(); }
	});
});
