// The second reader says what it saw, in the answer, the report and doctor. Nothing waits for it and nothing fails by it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { program } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { keyhall } from '../lib/tool.mjs';

const order = 'SR-1';
const { stdout: linked } = await run('ldd', [program.token]);
const builtIn = /libp11\.so/.test(linked);

// An order that only waits to be completed; calls: what the module was asked by then.
async function toComplete(options, action) {
	const scene = await makeSoftScene(options);
	try {
		const agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		await agent.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [] });
		await scene.daemon.stop();
		writeFileSync(path.join(scene.key.store, 'calls'), '');
		scene.key.fault(...options.late ?? []);
		await scene.daemon.again();
		const page = await scene.connect();
		const { secondReader, retired } = await page.call('renewal.complete', { order });
		assert.deepEqual(retired, [scene.old]);
		const report = await page.call('diagnostics.report');
		const doctor = (await keyhall(scene.daemon, ['doctor'])).stdout;
		await action({ secondReader, report: report.modules[0].secondReader, doctor, calls: scene.key.read('calls').trim().split('\n') });
		await page.close();
	} finally { await scene.close(); }
}

function says({ secondReader, report, doctor }, answer, words) {
	const expected = builtIn ? answer : 'absent';
	assert.deepEqual([secondReader, report], [expected, expected]);
	if (builtIn) assert.match(doctor, words);
}

let sign;
test('it agrees, and costs what docs/performance.md says', () => toComplete({}, (seen) => {
	says(seen, 'agreed', /独立读取程序（libp11）：已找到并使用新密钥对/);
	if (!builtIn) return;
	const its = seen.calls.filter((line) => /libp11/.test(line));
	assert.ok(its.length >= 40 && its.length <= 70, `${its.length} C_ calls`); // 0.4.12 and 0.4.13
	sign = seen.calls.filter((line) => /^C_Sign( |$)/.test(line)).findIndex((line) => /libp11/.test(line)) + 1;
	assert.ok(sign > 0);
}));

test('it cannot sign: the renewal is completed, and it is told', () => toComplete({ late: builtIn ? [`C_Sign ${sign} error 0x30`] : [] }, (seen) =>
	says(seen, 'failed', /独立读取程序（libp11）：未能使用新密钥对/)));
