// What the tests start themselves: it ends with them, whoever ends them, and a service that does not come up is not left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import test from 'node:test';
import { root } from '../lib/paths.mjs';
import { Service, freePort, until, untilListening } from '../lib/process.mjs';

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
