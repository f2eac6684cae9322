// keyhall modules probe: what one library is and whether it works, for every way in which it may not. Without an agent; nothing is left of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { makes } from '../lib/bus.mjs';
import { contract } from '../lib/assert.mjs';
import { makeEmptyLibrary, makeOddLibrary } from '../lib/odd-library.mjs';
import { opensc, program } from '../lib/paths.mjs';
import { Service, removeFolder, run, temporaryFolder, until } from '../lib/process.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { keyhall } from '../lib/tool.mjs';

const numbers = Object.fromEntries(Object.entries(contract['x-findings']).map(([name, { number }]) => [name, number]));
const chinese = /\p{Script=Han}/u;
let folder, key, env, configuration;

before(async () => {
	folder = temporaryFolder();
	for (const name of ['home', 'tmp', 'libraries']) mkdirSync(path.join(folder, name));
	key = await SoftKey.make(folder);
	configuration = path.join(folder, 'keyhall.json');
	writeFileSync(configuration, JSON.stringify({ downloads: 'https://hall.example/drivers' }));
	writeFileSync(`${configuration}.short`, JSON.stringify({ deadlines: 10 }));
	env = { HOME: path.join(folder, 'home'), XDG_CONFIG_HOME: path.join(folder, 'none'), XDG_STATE_HOME: path.join(folder, 'none'), TMPDIR: path.join(folder, 'tmp'),
		...key.env, PCSCLITE_CSOCK_NAME: path.join(folder, 'pcscd.comm'), ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:handle_segv=0` };
});
after(() => removeFolder(folder));

const place = (name) => path.join(folder, 'libraries', name);
const probing = (settings) => (file, ...args) => keyhall({ configuration: settings, env }, ['modules', 'probe', file, ...args], { language: 'en_US.UTF-8' });

// What it says for programs, and for people in both languages: the status is the same, and nothing is left in the temporary folder. again: what has
// to be done before each; hangs: it is not waited for as long as for a slow key.
async function probe(file, { again = () => {}, hangs = false } = {}) {
	const tool = probing(hangs ? `${configuration}.short` : configuration);
	await again();
	const { status, stdout, stderr } = await tool(file, '--json');
	assert.deepEqual(readdirSync(env.TMPDIR), [], 'nothing is left');
	assert.ok(status === 0 || status === 1, `${status} ${stderr}`);
	const told = JSON.parse(stdout);
	await again();
	const people = await tool(file);
	assert.equal(people.status, status, people.stdout);
	assert.doesNotMatch(people.stdout, chinese);
	await again();
	assert.match((await tool(file, '--locale', 'zh-CN')).stdout, chinese);
	return { status, told, text: people.stdout };
}

describe('a file that is no driver for this computer', () => {
	for (const [what, make, state, finding, words] of [
		['nothing', () => {}, 'absent', null, 'There is no such file.'],
		['a folder', mkdirSync, 'folder', null, 'This is a folder.'],
		['a text', makes.text, 'format', 'driver.format', 'is no driver; it may be damaged'],
		['an empty file', (file) => writeFileSync(file, ''), 'format', 'driver.format', 'is no driver'],
		['a pipe', (file) => execFileSync('mkfifo', [file]), 'format', 'driver.format', 'is no driver'],
		['a 32-bit library', makes.elf32, 'machine', 'driver.machine', '32-bit x86, Linux'],
		['a Windows DLL', makes.dll, 'machine', 'driver.machine', '32-bit x86, Windows'],
		['an SKF library', makes.skf, 'skf', 'driver.skf', 'speaks SKF'],
		['another library', makes.library, 'interface', 'driver.interface', 'is no PKCS#11 driver'],
	])
		test(what, async () => {
			const file = place(what.replaceAll(' ', '-'));
			make(file);
			const { status, told, text } = await probe(file);
			assert.deepEqual([status, told.path, told.state, told.number], [1, file, state, numbers[finding]]);
			assert.ok(text.startsWith(file) && text.includes(words), text);
			if (finding) assert.ok(text.includes(`FAIL  ${told.number}  `), text);
		});

	test('one that this user may not read', async () => {
		if (process.getuid() === 0) return; // root may
		const file = place('closed.so');
		writeFileSync(file, '', { mode: 0 });
		assert.equal((await probe(file)).told.state, 'unreadable');
	});

	test('a library without one that it needs: that one is named', async () => {
		const needed = await makeEmptyLibrary(place('libneeded.so.1'));
		const file = await makeOddLibrary(place('needy.so'), '', { needs: [needed] });
		rmSync(needed);
		const { status, told, text } = await probe(file);
		assert.deepEqual([status, told.state, told.call, told.number], [1, 'unloadable', 'dlopen', numbers['driver.failed']]);
		assert.ok(told.file.startsWith('64-bit') && told.output.some((line) => line.includes('libneeded.so.1: cannot open')), JSON.stringify(told));
		assert.match(text, /a library that it needs may be missing\.\n/);
		assert.match(text, /wrote {4}.*libneeded\.so\.1/);
	});
});

describe('a driver that works', () => {
	test('what it is, its slots and keys, and how long its functions took; nothing is written and no PIN is asked', async () => {
		key.place('A', 'B');
		writeFileSync(path.join(key.store, 'calls'), '');
		const { status, told, text } = await probe(key.module);
		const called = new Set(key.read('calls').trim().split('\n').map((line) => line.split(' ')[0]));
		rmSync(path.join(key.store, 'calls'));
		key.place('A');
		assert.deepEqual([status, told.state, told.number, told.startsOnce], [0, 'works', numbers['driver.ok'], undefined], JSON.stringify(told));
		for (const name of called) assert.match(name, /^C_(GetFunctionList|Initialize|Finalize|GetInfo|GetSlotList|GetSlotInfo|GetTokenInfo|GetMechanismInfo)$/);
		const { answer } = told, [left, right] = answer.slots;
		assert.deepEqual([answer.cryptoki, answer.profile, answer.forked, answer.slots.length], ['2.40', 'standard', false, 2]);
		assert.deepEqual([left.token.serial, left.token.label, left.token.pin, left.initialised], [key.serial, key.label, 'ok', true]);
		assert.equal(right.initialised, undefined, 'B was never initialised');
		const types = ['rsa2048', 'rsa3072', 'rsa4096', 'ec-p256', 'ec-p384', 'ed25519'];
		assert.deepEqual([left.makes, left.signs], [types, types]);
		const times = Object.fromEntries(answer.calls.map(({ call, times: count, microseconds }) => [call, [count, microseconds]]));
		for (const name of ['dlopen', 'C_GetFunctionList', 'C_Initialize', 'C_GetInfo', 'C_GetSlotInfo', 'C_GetTokenInfo']) assert.ok(times[name], name);
		assert.ok(times.dlopen[1] > 0 && times.C_GetSlotInfo[0] === 2, JSON.stringify(times));
		for (const part of [`ok    ${told.number}`, 'PKCS#11 2.40', 'none fits', `label    ${key.label}`, `serial   ${key.serial}`, 'the key is not initialised', 'makes    rsa2048, ', 'C_Initialize'])
			assert.ok(text.includes(part), `${part}\n${text}`);
	});

	test('its driver profile and what that says', async () => {
		const { status, told, text } = await probe(opensc);
		assert.deepEqual([status, told.answer.profile, told.answer.reader], [0, 'opensc', true], text);
		for (const part of ['OpenSC', 'remembers what it has read', 'one certificate for each private key', 'through the smart card service']) assert.ok(text.includes(part), text);
	});

	test('where none fits, which keys a driver of this name is for; an empty slot', async () => {
		const file = place('libgm3000_pkcs11.so');
		makes.softkey(file);
		key.pull();
		try {
			const { status, told, text } = await probe(file);
			assert.deepEqual([status, told.answer.profile, told.answer.slots.map(({ token }) => token)], [0, 'standard', [undefined, undefined]]);
			assert.match(text, /that of a driver for Longmai mToken GM3000\n/);
			assert.match(text, /no key in it/);
		} finally { key.putBack(); }
	});

	test('a vendor\'s SM2 is seen by its profile', async () => {
		key.write('vendor', 'sansec\n');
		try {
			const { told, text } = await probe(key.module);
			assert.equal(told.answer.profile, 'sansec');
			assert.ok(told.answer.slots[0].makes.includes('sm2') && told.answer.slots[0].signs.includes('sm2'), text);
			assert.match(text, /SM2 is known/);
		} finally { rmSync(path.join(key.store, 'vendor')); }
	});

	test('a key that makes no pairs is of no use', async () => {
		key.write('mechanisms', '0x0\n0x1040\n0x1055\n');
		try {
			const { status, told, text } = await probe(key.module);
			assert.deepEqual([status, told.state, told.answer.slots[0].makes], [1, 'works', []], text);
			assert.match(text, /No renewal on this key/);
		} finally { rmSync(path.join(key.store, 'mechanisms')); }
	});

	test('a slot that does not answer stands in its row', async () => {
		key.place('A', 'B');
		try {
			const { status, told, text } = await probe(key.module, { again: () => key.fault('C_GetTokenInfo 2 error 0x30') });
			const [left, right] = told.answer.slots;
			assert.deepEqual([status, left.token.label, right.call, right.value], [0, key.label, 'C_GetTokenInfo', 'CKR_DEVICE_ERROR']);
			assert.match(text, /\(C_GetTokenInfo answers CKR_DEVICE_ERROR\)/);
		} finally { key.place('A'); key.fault(); }
	});

	test('one that cannot be started again in its process', async () => {
		key.manners('initialize 0x6');
		try {
			const { status, told, text } = await probe(key.module);
			assert.deepEqual([status, told.state, told.startsOnce], [0, 'works', true]);
			assert.match(text, /cannot be started again in its process/);
		} finally { rmSync(path.join(key.store, 'manners')); }
	});

	test('by a path from where one stands', async () => {
		const { status, stdout } = await run(program.keyhall, ['modules', 'probe', path.basename(key.module), '--json', '--config', configuration], { env, cwd: path.dirname(key.module) });
		assert.deepEqual([status, JSON.parse(stdout).state], [0, 'works']);
	});
});

describe('a driver that fails: in which function', () => {
	const faulty = (rule) => probe(key.module, { again: () => key.fault(rule), hangs: rule.endsWith('hang') }).finally(() => key.fault());

	for (const [rule, state, call, more, words] of [
		['C_Initialize 1 error 0x5', 'refused', 'C_Initialize', { value: 'CKR_GENERAL_ERROR' }, 'C_Initialize answers CKR_GENERAL_ERROR.'],
		['C_Initialize 1 crash', 'crashed', 'C_Initialize', { signal: 11 }, 'It crashes in C_Initialize (signal 11).'],
		['C_Initialize 1 exit 7', 'exited', 'C_Initialize', { status: 7 }, 'It ends the process in C_Initialize (status 7).'],
		['C_Initialize 1 hang', 'hung', 'C_Initialize', {}, /It hangs in C_Initialize; it was ended after \d+ s\./],
	])
		test(rule, async () => {
			const { status, told, text } = await faulty(rule);
			assert.deepEqual([status, told.state, told.call, told.number, told.answer], [1, state, call, numbers['driver.failed'], undefined], JSON.stringify(told));
			for (const [name, value] of Object.entries(more)) assert.equal(told[name], value);
			assert.ok(typeof words === 'string' ? text.includes(words) : words.test(text), text);
		});

	test('what it has said before is told', async () => {
		const { told, text } = await faulty('C_GetTokenInfo 1 crash');
		assert.deepEqual([told.state, told.call, told.answer.cryptoki, told.answer.slots], ['crashed', 'C_GetTokenInfo', '2.40', []]);
		assert.match(text, /speaks {3}PKCS#11 2\.40/);
	});

	test('at its end', async () => {
		const { told } = await faulty('C_Finalize 1 hang');
		assert.deepEqual([told.state, told.call, told.answer.slots[0].token.label], ['hung', 'C_Finalize', key.label]);
	});
});

// What it does while it is loaded, before any C_ function.
describe('a library with a life of its own', () => {
	for (const [what, does, state, more] of [
		['crashes', 'raise(SIGSEGV);', 'crashed', { call: 'dlopen', signal: 11 }],
		['ends the process', '_exit(3);', 'exited', { call: 'dlopen', status: 3 }],
		['hangs', 'for (;;) pause();', 'hung', { call: 'dlopen' }],
	])
		test(`it ${what} while it is loaded`, async () => {
			const { status, told, text } = await probe(await makeOddLibrary(place(`${what.split(' ')[0]}.so`), does), { hangs: state === 'hung' });
			assert.deepEqual([status, told.state], [1, state], JSON.stringify(told));
			for (const [name, value] of Object.entries(more)) assert.equal(told[name], value);
			assert.match(text, /dlopen, while it is loaded/);
		});

	test('it prints: that is shown, and disturbs nothing', async () => {
		const file = await makeOddLibrary(place('prints.so'), 'puts("{\\"jsonrpc\\":\\"2.0\\"}\\x1b[31mdebug"); fflush(stdout); fputs("warning\\n", stderr);');
		const { status, told, text } = await probe(file);
		assert.deepEqual([status, told.state], [0, 'works'], text);
		assert.deepEqual(told.output, ['{"jsonrpc":"2.0"}\ufffd[31mdebug', 'warning']);
		assert.match(text, /wrote {4}warning\n/);
	});

	test('it prints without end', async () => {
		const { told } = await probe(await makeOddLibrary(place('floods.so'), 'for (long i = 0; i < 6000000; i++) puts("again and again");'));
		assert.equal(told.state, 'works');
		assert.equal(told.output.length, 32);
	});

	test('it starts other processes: that is said, and they are ended', async () => {
		const pids = path.join(folder, 'pids');
		const note = `FILE *file = fopen("${pids}", "a"); fprintf(file, "%d\\n", (int)getpid()); fclose(file);`;
		for (const [name, does] of [
			['forks', `if (fork() == 0) { ${note} for (;;) pause(); }`],
			['leaves', `if (fork() == 0) { setsid(); if (fork() == 0) { ${note} for (;;) pause(); } _exit(0); }`],
		]) {
			writeFileSync(pids, '');
			const { status, told, text } = await probe(await makeOddLibrary(place(`${name}.so`), does));
			assert.deepEqual([status, told.answer.forked], [0, true], text);
			assert.match(text, /It starts other processes/);
			const started = readFileSync(pids, 'utf8').trim().split('\n').filter(Boolean).map(Number);
			assert.ok(started.length > 0, name);
			for (const pid of started) assert.throws(() => process.kill(pid, 0), `${name} ${pid} is gone`);
		}
	});

	test('its home is an empty folder, and what it writes there goes', async () => {
		const does = 'char path[4096]; snprintf(path, sizeof(path), "%s/closed", getenv("HOME")); mkdir(path, 0700); puts(path); snprintf(path, sizeof(path), "%s/closed/file", getenv("HOME"));'
			+ 'fclose(fopen(path, "w")); snprintf(path, sizeof(path), "%s/closed", getenv("HOME")); chmod(path, 0); puts(getcwd(path, sizeof(path))); puts(getenv("TMPDIR"));';
		const { status, told } = await probe(await makeOddLibrary(place('writes.so'), does));
		const [made, here, temporary] = told.output;
		assert.equal(status, 0);
		assert.ok(here.startsWith(env.TMPDIR) && here === temporary && made === `${here}/closed`, `${told.output}`);
	});

	test('it has limits', async () => {
		const does = 'struct rlimit limit; int kinds[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NPROC};'
			+ 'for (int i = 0; i < 5; i++) { getrlimit(kinds[i], &limit); printf("%d\\n", limit.rlim_max == RLIM_INFINITY); } printf("%ld\\n", (long)limit.rlim_max); fflush(stdout);';
		const { told } = await probe(await makeOddLibrary(place('limits.so'), does));
		assert.deepEqual(told.output.slice(0, 5), ['0', '0', '0', '0', '0']);
		assert.ok(Number(told.output[5]) >= 64);
	});

	test('it has no network where that is said', async () => {
		let visits = 0;
		const server = net.createServer((socket) => { visits++; socket.destroy(); });
		await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
		try {
			const does = `struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(${server.address().port}), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};`
				+ 'int line = socket(AF_INET, SOCK_STREAM, 0); puts(connect(line, (struct sockaddr *)&to, sizeof(to)) == 0 ? "connected" : "alone"); fflush(stdout);';
			const { told, text } = await probe(await makeOddLibrary(place('calls.so'), does));
			assert.equal(told.output[0], told.answer.isolated ? 'alone' : 'connected');
			assert.equal(visits > 0, !told.answer.isolated);
			assert.ok(text.includes(told.answer.isolated ? 'without a network' : 'not jailed: network'), text);
		} finally { server.close(); }
	});
});

test('Ctrl-C ends it, its token host and its folder', async () => {
	key.fault('C_Initialize 1 hang');
	const service = new Service(program.keyhall, ['modules', 'probe', key.module, '--config', configuration], { env });
	await until(() => key.read('faults') === '', 'the hang');
	const [child] = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8').trim().split(' ');
	assert.ok(Number(child) > 0);
	assert.equal((await service.kill('SIGINT')).signal, 'SIGINT');
	assert.deepEqual(readdirSync(env.TMPDIR), []);
	assert.throws(() => process.kill(Number(child), 0));
});

test('wrong usage, and a configuration that is wrong', async () => {
	const none = await keyhall({ env }, ['modules', 'probe'], { language: 'en_US.UTF-8' });
	assert.deepEqual([none.status, none.stdout], [2, '']);
	assert.match(none.stderr, /keyhall modules probe needs PATH/);
});
