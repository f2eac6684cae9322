// The renewal's model (renewal.pml, payment.pml) under spin: every reachable state of it, and every seeded defect found.
// Longer bounds with KEYHALL_ALL=1.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../lib/paths.mjs';
import { tables } from './tables.mjs';

const run = promisify(execFile);
const all = process.env.KEYHALL_ALL === '1';
const memory = 6000;

// One search: `cycles` also looks for runs that go on for ever once nothing breaks any more; else for dead ends.
async function search(model, options, cycles) {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-model-'));
	try {
		copyFileSync(path.join(root, 'tests/model', model), path.join(folder, 'model.pml'));
		writeFileSync(path.join(folder, 'tables.h'), tables());
		const defines = options.split(' ').filter(Boolean).map((option) => `-D${option}`);
		const optimise = /LOSSES=[1-9]/.test(options) && !/BREAK/.test(options) ? '-O1' : '-O0';
		const made = await run('spin', ['-a', ...defines, 'model.pml'], { cwd: folder });
		assert.equal(made.stdout.replace(/^ltl .*$/gm, '').trim(), '', 'spin has nothing to say about the model');
		await run('gcc', [optimise, '-w', `-DMEMLIM=${memory}`, cycles ? '-DNP' : '-DSAFETY', '-o', 'pan', 'pan.c'], { cwd: folder });
		const { stdout } = await run('nice', ['-n', '10', './pan', '-m2000000', ...(cycles ? ['-l'] : [])], { cwd: folder, maxBuffer: 1 << 24 });
		const result = {
			found: /^pan:1: (.*) \(at depth/m.exec(stdout)?.[1] ?? '',
			states: Number(/([\d.e+]+) states, stored/.exec(stdout)?.[1] ?? 0),
			depth: Number(/depth reached (\d+)/.exec(stdout)?.[1] ?? 0),
			seconds: Number(/elapsed time ([\d.]+)/.exec(stdout)?.[1] ?? 0),
		};
		assert.ok(!/Search not completed|max search depth too small/.test(stdout) || result.found, `the search was not completed:\n${stdout}`);
		assert.ok(!result.found || existsSync(path.join(folder, 'model.pml.trail')));
		return result;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function sound(name, model, options, { long = false } = {}) {
	if (long && !all) return;
	test(options ? `${name}: ${options}` : name, async (t) => {
		for (const cycles of [false, true]) {
			const result = await search(model, options, cycles);
			t.diagnostic(`${cycles ? 'cycles' : 'safety'}: ${result.states} states, depth ${result.depth}, ${result.seconds} s`);
			assert.equal(result.found, '');
		}
	});
}

function defect(number, name, model, options, expected) {
	test(`seeded defect ${number} is found: ${name}`, async () => {
		const seeded = `${options} BREAK=${number}`;
		assert.match((await search(model, seeded, expected !== DEAD_END)).found, expected);
	});
}

const DEAD_END = /invalid end state/;
const NEVER_ENDS = /non-progress cycle/;
const ASSERTION = /assertion violated/;
const SMALL = 'LOSSES=0 LATE=0';
const LOST_KEY = 'LOSSES=1 LATE=0';

sound('one key', 'renewal.pml', SMALL);
sound('a lost key', 'renewal.pml', LOST_KEY);
sound('private objects that hide their public key', 'renewal.pml', 'LOSSES=1 LATE=0 READABLE=0', { long: true });
sound('late and doubled messages', 'renewal.pml', 'LOSSES=0 LATE=1');
sound('another certificate of the company', 'renewal.pml', 'LOSSES=0 LATE=0 SEAT=1');
sound('two certificates', 'renewal.pml', 'LOSSES=0 LATE=0 DUAL=1');
sound('payment', 'payment.pml', '');
sound('two lost keys', 'renewal.pml', 'LOSSES=2 LATE=0', { long: true });
sound('two certificates, all at once', 'renewal.pml', 'LOSSES=1 LATE=0 DUAL=1 SEAT=1 READABLE=0', { long: true });
sound('a lost key, late messages', 'renewal.pml', 'LOSSES=1 LATE=1', { long: true });

defect(1, 'begin deletes the key that is waited for', 'renewal.pml', SMALL, /./);
defect(2, 'the CA issues again for the same request', 'renewal.pml', SMALL, ASSERTION);
defect(3, 'the old pair goes before the receipt arrived', 'renewal.pml', SMALL, ASSERTION);
defect(4, 'labels last where the old certificate is not sure', 'renewal.pml', 'LOSSES=0 LATE=0 SEAT=1', ASSERTION);
defect(5, 'one of several candidates is taken for the old certificate', 'renewal.pml', 'LOSSES=0 LATE=0 SEAT=1', ASSERTION);
defect(6, 'a re-issue does not ask what the CA made before', 'renewal.pml', LOST_KEY, ASSERTION);
defect(7, 'a re-issue forgets the certificate before', 'renewal.pml', LOST_KEY, ASSERTION);
defect(8, 'nobody asks the CA again', 'renewal.pml', SMALL, NEVER_ENDS);
defect(9, 'the journal is trusted over the key', 'renewal.pml', LOST_KEY, NEVER_ENDS);
defect(10, 'drive() installs what is issued without comparing the keys', 'renewal.pml', LOST_KEY, NEVER_ENDS);
defect(11, 'money that comes twice is booked twice', 'payment.pml', '', ASSERTION);
defect(12, 'the hall waits for the notice and never asks', 'payment.pml', '', DEAD_END);
defect(13, 'money that comes after the cancelling is kept', 'payment.pml', '', NEVER_ENDS);
defect(14, 'a late message with the key before takes the certificate away', 'renewal.pml', 'LOSSES=1 LATE=1', NEVER_ENDS);
defect(15, 'a certificate whose private key is lost stays', 'renewal.pml', LOST_KEY, NEVER_ENDS);
defect(16, 'a broken pair is never replaced', 'renewal.pml', SMALL, NEVER_ENDS);
defect(17, 'a torn encryption key is taken as it is', 'renewal.pml', 'LOSSES=0 LATE=0 DUAL=1', ASSERTION);
defect(18, 'the label says completed before the old pair goes', 'renewal.pml', SMALL, NEVER_ENDS);
