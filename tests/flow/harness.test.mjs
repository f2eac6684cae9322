// What the tests start themselves: it ends with them, whoever ends them, and a service that does not come up is not left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import test from 'node:test';
import { root } from '../lib/paths.mjs';
import { Service, freePort, run, until, untilListening } from '../lib/process.mjs';
import { watched } from '../lib/watched.mjs';

const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
const script = `import { Service, temporaryFolder } from '${path.join(root, 'tests/lib/process.mjs')}';
console.log(new Service('sleep', ['60']).pid);
console.log(temporaryFolder());
setInterval(() => {}, 1000);`;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	test(`a test that is ended by ${signal} leaves no program and no folder`, async () => {
		const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
		const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
		const pid = Number((await lines.next()).value), folder = (await lines.next()).value;
		assert.ok(alive(pid) && existsSync(folder));
		child.kill(signal);
		try { await until(() => !alive(pid) && !existsSync(folder), 'the end of what it started', 3000); } finally { if (alive(pid)) process.kill(pid); }
	});

test('a service that does not listen is ended', async () => {
	const service = new Service('sleep', ['60']);
	await assert.rejects(untilListening(service, await freePort(), 100), /waited 100 ms for sleep on port/);
	assert.equal((await service.exited).signal, 'SIGKILL');
});

test('a port once given is given to no other test', async () => {
	const give = `import { freePort } from '${path.join(root, 'tests/lib/process.mjs')}';
		for (let i = 0; i < 40; i++) console.log(await freePort());
		setInterval(() => {}, 1000);`;
	const others = Array.from({ length: 8 }, () => new Service(process.execPath, ['--input-type=module', '--eval', give]));
	try {
		const ports = () => others.flatMap((one) => one.output().split('\n').filter(Boolean));
		await until(() => others.some((one) => one.end) || ports().length === 320, 'the ports of all');
		assert.equal(new Set(ports()).size, 320);
	} finally { await Promise.all(others.map((one) => one.kill())); }
});

test('a stage that does not come up leaves no program, which its test would wait for', async () => {
	const script = `import { makeScene } from '${path.join(root, 'tests/lib/scene.mjs')}';
		await makeScene({ hall: true, settings: { unknown: true } }).catch((error) => console.log(error.message));`;
	const { stdout } = await run('timeout', ['60', process.execPath, '--input-type=module', '--eval', script]);
	assert.match(stdout, /keyhalld ended[^]*unknown/);
});

test('a suite that goes on is not ended, however long it takes', async () => {
	const { status, output } = await watched('sh', ['-c', 'for i in 1 2 3 4 5 6; do sleep 0.5; echo $i; done'], { quiet: 2000, far: 60000 });
	assert.equal(status, 0);
	assert.equal(output, '1\n2\n3\n4\n5\n6\n');
});

for (const [what, command, limits, said] of [
	['is silent', 'echo begun; sleep 60 & sleep 60', { quiet: 1000, far: 60000 }, /^begun\n[^]*nothing more for 1 seconds: ended/],
	['never comes to its end', 'sleep 60 & while sleep 0.1; do echo on; done', { quiet: 30000, far: 1500 }, /^on\n[^]*not done after 1.5 seconds: ended/],
])
	test(`a suite that ${what} is ended with all it started`, async () => {
		const begin = Date.now();
		const { status, output } = await watched('sh', ['-c', `echo $$; ${command}`], limits);
		assert.ok(Date.now() - begin < 30000);
		assert.notEqual(status, 0);
		const [first, ...rest] = output.split('\n');
		assert.match(rest.join('\n'), said);
		await until(() => !alive(-Number(first)), 'the end of its group', 5000);
	});

test('a program that is not there is an error, not a crash', async () => {
	const { status, output } = await watched('/nonexistent/program', [], { quiet: 1000, far: 1000 });
	assert.notEqual(status, 0);
	assert.match(output, /ENOENT/);
});
