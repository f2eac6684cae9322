// keyhall report: one .zip with the likely cause first and nothing secret, asked for before it is written; JSON into a pipe.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { company } from '../lib/ca.mjs';
import { root } from '../lib/paths.mjs';
import { freePort, run, temporaryFolder, until } from '../lib/process.mjs';
import { children } from '../lib/processes.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { keyhall, typed } from '../lib/tool.mjs';
import { unzip } from '../lib/zip.mjs';

// The program's name that runs in a process.
const commandOf = (pid) => { try { return path.basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]); } catch { return ''; } };

let scene;
const folder = temporaryFolder();
const file = (name) => path.join(folder, name);
before(async () => { scene = await makeSoftScene({ env: { HOME: root } }); });
after(() => scene.close());

const report = (...args) => keyhall(scene.daemon, ['report', '--locale', 'en', ...args]);
const answered = (args, input, cwd = folder) => typed(scene.daemon, ['report', '--locale', 'en', ...args], { input, cwd });

describe('what is in it', () => {
	let entries;
	before(async () => {
		const agent = await scene.connect();
		await agent.call('renewal.begin', { order: '202611300003', certificate: scene.old, key: 'new' });
		await agent.close();
		const { status, stderr } = await report('--out', file('whole.zip'), '--yes');
		assert.equal(status, 0, stderr);
		entries = await unzip(file('whole.zip'));
	});

	test('five files, the summary first; the user\'s alone', () => {
		assert.deepEqual(Object.keys(entries), ['summary.txt', 'report.json', 'journal.txt', 'system.txt', 'log.txt']);
		assert.equal(statSync(file('whole.zip')).mode & 0o077, 0);
	});

	test('another reader takes it, too', async () => {
		const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist()))';
		assert.equal((await run('python3', ['-c', script, file('whole.zip')])).stdout.trim(), '5');
	});

	test('nothing secret', () => {
		const whole = Object.values(entries).join('\n');
		for (const secret of [company.name, company.code, root, scene.oldPem.split('\n')[1]].filter(Boolean)) assert.ok(!whole.includes(secret), secret);
		assert.ok(!/\b123456\b/.test(whole), 'the PIN');
		assert.ok(!whole.includes('BEGIN CERTIFICATE'));
	});

	test('drivers by the SHA-256 of their files, below the home, too', () => {
		const { modules: [module] } = JSON.parse(entries['report.json']);
		assert.equal(module.path, scene.key.module.replace(root, '~'));
		const digest = createHash('sha256').update(readFileSync(scene.key.module)).digest('hex');
		assert.ok(entries['summary.txt'].includes(`${module.path}: running`) && entries['summary.txt'].includes(digest), entries['summary.txt']);
	});

	test('the steps of orders, the order that waits, in both languages', () => {
		assert.match(entries['journal.txt'], /^20\d\d-\S+Z {2}202611300003 {2}begin {2}\S+ {2}(before|after)$/m);
		assert.match(entries['summary.txt'], /202611300003: the new key pair is made/);
		assert.match(entries['summary.txt'], /202611300003：新密钥对已生成/);
	});

	test('the machine', () => {
		assert.match(entries['system.txt'], /^System: Linux .*(32|64) bit\n/);
		assert.match(entries['system.txt'], /^PC\/SC \(pcscd\): (takes connections|installed, takes no connections|not installed)$/m);
		assert.match(entries['log.txt'], /hello from/);
	});
});

test('diagnostics.archive: the same file for the certificate manager, one at a time, and for no page of a hall', async () => {
	const manager = await scene.connect({ origin: `http://127.0.0.1:${scene.daemon.port}` }), page = await scene.connect();
	await refused(page.call('diagnostics.archive'), 'origin.denied');
	const both = await Promise.allSettled([manager.call('diagnostics.archive'), manager.call('diagnostics.archive')]);
	assert.deepEqual(both.map((one) => one.reason?.rpc), [undefined, 'agent.busy']);
	const { name, archive } = both[0].value;
	assert.match(name, /^keyhall-report-\d{8}-\d{6}\.zip$/);
	writeFileSync(file(name), Buffer.from(archive, 'base64'));
	assert.deepEqual(Object.keys(await unzip(file(name))), ['summary.txt', 'report.json', 'journal.txt', 'system.txt', 'log.txt']);
	assert.deepEqual(readdirSync(scene.daemon.env.XDG_RUNTIME_DIR).filter((one) => one.endsWith('.zip')), []);
	for (const one of [manager, page]) await one.close();
});

test('diagnostics.archive: the agent ends while it is made', async () => {
	const one = await makeSoftScene({ faults: ['C_GetSlotList 1 delay 3000'] });
	try {
		const manager = await one.connect({ origin: `http://127.0.0.1:${one.daemon.port}` });
		const made = manager.call('diagnostics.archive').catch((error) => error);
		await until(() => children(one.daemon.service.pid).some((pid) => commandOf(pid) === 'keyhall'), 'keyhall');
		const { code } = await one.daemon.stop();
		assert.equal(code, 0);
		assert.ok(await made instanceof Error);
	} finally { await one.close(); }
});

// What support reads first, of machines that are broken in one way.
describe('the likely cause', () => {
	const cause = async (one, args = []) => {
		const place = file(`cause-${readdirSync(folder).length}.zip`);
		await keyhall(one.daemon, ['report', '--yes', '--out', place, ...args]);
		return (await unzip(place))['summary.txt'].split('\n').slice(2, 8);
	};
	const token = (one, change) => one.key.write('tokens/A/token', change(one.key.read('tokens/A/token')));
	for (const [why, number, code, options, breaks] of [
		['no driver', '2705', 'driver.missing', { settings: { modules: [{ path: '/nonexistent/driver.so' }] } }],
		['the driver crashes when it starts', '2704', 'driver.failed', { faults: ['C_Initialize 0 crash'] }],
		['no key', '2602|2903', // nothing on the bus, or a key that is none of ours
			'token.absent', {}, (one) => one.key.pull()],
		['a locked PIN', '3003', 'pin.locked', {}, (one) => token(one, (text) => text.replace(/^left=.*$/m, 'left=0'))],
		['no root certificate', '2451', 'anchors.missing', { settings: { anchors: [] } }],
		['no PIN window', '3201', 'window.absent', { settings: { pinentry: '/nonexistent/pinentry' } }],
		['a key that cannot be written', '2906', 'token.readonly', {}, (one) => token(one, (text) => `${text}read-only=1\n`)],
	])
		test(why, async () => {
			const one = await makeSoftScene(options);
			try {
				breaks?.(one);
				const [heading, row, en, , zh] = await cause(one);
				assert.equal(heading, 'Likely cause / 可能的原因');
				assert.match(row, new RegExp(`^ {2}(${number}) {2}fail {2}${code}$`));
				assert.match(en, /^ {8}[A-Z]/);
				assert.match(zh, /\p{Script=Han}/u);
			} finally { await one.close(); }
		});

	test('no agent', async () => {
		const [, row] = await cause(scene, ['--port', String(await freePort())]);
		assert.equal(row, '  2102  fail  agent.absent');
	});

	test('a driver that died and works again', async () => {
		const one = await makeSoftScene({ faults: ['C_GetSessionInfo 1 crash', 'C_FindObjects 2 crash'] });
		try {
			const agent = await one.connect();
			await agent.call('certificate.list').catch(() => {});
			await agent.close();
			one.key.fault();
			await until(async () => (await keyhall(one.daemon, ['doctor'])).status === 0, 'a driver that works again');
			assert.equal((await cause(one))[1], '  1405  token.failed  softkey.so');
		} finally { await one.close(); }
	});
});

describe('writing it', () => {
	test('on a terminal it says what is inside and asks', async () => {
		const place = temporaryFolder();
		const no = await answered([], 'n\n', place);
		assert.match(no.stdout, /keyhall-report-\d{8}-\d{6}\.zip will hold:[^]*summary\.txt[^]*Write it\?[^]*Nothing was written/);
		assert.deepEqual(readdirSync(place), []);
		assert.match((await answered([], 'y\n', place)).stdout, /is written/);
		const [name] = readdirSync(place);
		assert.match(name, /^keyhall-report-\d{8}-\d{6}\.zip$/);
		assert.ok((await unzip(path.join(place, name)))['summary.txt'].startsWith('Keyhall '));
	});

	test('where nobody can be asked it wants --yes', async () => {
		const { status, stderr } = await report('--out', file('unasked.zip'));
		assert.equal(status, 2);
		assert.match(stderr, /--yes/);
		assert.ok(!existsSync(file('unasked.zip')));
	});

	test('what is there stays', async () => {
		writeFileSync(file('mine.zip'), 'mine');
		const { status, stderr } = await report('--out', file('mine.zip'), '--yes');
		assert.equal(status, 1);
		assert.match(stderr, /mine\.zip cannot be written, or is there already/);
		assert.equal(readFileSync(file('mine.zip'), 'utf8'), 'mine');
	});

	test('into a pipe goes JSON, as with --json', async () => {
		for (const args of [[], ['--json'], ['--json', '--yes']]) {
			const { status, stdout } = await report(...args);
			assert.equal(status, 0);
			assert.equal(JSON.parse(stdout).port, scene.daemon.port);
		}
		assert.ok(JSON.parse((await answered(['--json'], '')).stdout).items.length > 0);
	});
});
