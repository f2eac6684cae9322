// Keys that are slow or hang, and drivers that do so when they are loaded: how long that lasts, what is said, what still works.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { makeModule } from '../lib/module.mjs';
import { until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

async function withScene(options, action) {
	const scene = await makeSoftScene(options);
	try {
		const agent = await scene.connect({ locale: 'en' });
		await action(scene, agent);
		await agent.close();
	} finally { await scene.close(); }
}

async function timed(action) {
	const started = Date.now();
	await action();
	return Date.now() - started;
}

for (const [percent, least, most] of [[5, 400, 2000], [20, 1800, 5000]])
	test(`deadlines at ${percent} percent`, () => withScene({ settings: { deadlines: percent }, faults: ['C_GetSlotList 0 hang'] }, async (scene, agent) => {
		const took = await timed(() => refused(agent.call('token.list', { }), 'token.failed', { call: 'C_GetSlotList' }));
		assert.ok(took > least && took < most, `${took} ms`);
	}));

test('a slow key is no hung key', () => withScene({ settings: { deadlines: 10 }, faults: ['C_GetTokenInfo 1 delay 500'] }, async (scene, agent) => {
	assert.equal((await agent.call('token.list')).tokens.length, 1);
}));

// At a tenth of the time: 90 seconds of 180.
test('M19: a key pair that takes half of its deadline', () => withScene({ settings: { deadlines: 10 }, faults: ['C_GenerateKeyPair 1 delay 9000'] }, async (scene, agent) => {
	const begun = agent.call('renewal.begin', { order: 'M19-1', certificate: scene.old, key: 'new' });
	let answered = false;
	begun.then(() => { answered = true; });
	const told = () => agent.notifications.find(({ method, params }) => method === 'renewal.progress' && /key pair/i.test(params.text));
	await until(told, 'the page is told that a key pair is made');
	assert.equal(answered, false);
	const { csr } = await begun;
	assert.match(csr, /BEGIN CERTIFICATE REQUEST/);
	assert.equal(scene.key.read('faults').trim(), '', 'the delay was met');
}));

// The second C_OpenSession is libp11's, which waits for ever when it fails.

async function installed(scene, agent, order) {
	const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	const pem = await scene.ca.issue(csr);
	await agent.call('renewal.install', { order, certificate: pem, chain: [] });
	return pem;
}

for (const fault of ['C_OpenSession 2 error 0xb1', 'C_OpenSession 2 crash', 'C_OpenSession 2 hang'])
	test(`the second reader, ${fault}: the renewal is completed without it`, () => withScene({ settings: { deadlines: 10 } }, async (scene, agent) => {
		await installed(scene, agent, 'R-1');
		await scene.daemon.stop();
		scene.key.fault(fault);
		await scene.daemon.again();
		const page = await scene.connect();
		assert.equal((await page.call('renewal.inspect', { order: 'R-1' })).next, 'complete');
		let retired, secondReader;
		const took = await timed(async () => { ({ retired, secondReader } = await page.call('renewal.complete', { order: 'R-1' })); });
		assert.equal(scene.key.read('faults').trim(), '', 'the fault was met');
		assert.deepEqual([retired, secondReader], [[scene.old], 'absent']);
		assert.ok(took < 6000, `${took} ms`);
		const log = scene.daemon.service.output();
		assert.match(log, /no answer from the second reader/);
		assert.equal((await page.call('renewal.inspect', { order: 'R-1' })).stage, 'completed');
		await page.close();
	}));

// A module of its own beside the scene's: what happens when it is loaded or started.
const atLoad = (what) => `#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void loaded(void) { ${what} }\n`;
const started = (what) => `#include <p11-kit/pkcs11.h>\n#include <signal.h>\n#include <unistd.h>
static CK_RV initialize(void *arguments) { ${what} }
static CK_FUNCTION_LIST list = {.version = {2, 40}, .C_Initialize = initialize};
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out) { *out = &list; return CKR_OK; }
`;

for (const [what, source, call] of [
	['hangs when it is loaded', atLoad('for (;;) pause();'), 'dlopen'],
	['crashes when it is loaded', atLoad('abort();'), 'dlopen'],
	['exits when it is loaded', atLoad('_exit(3);'), 'dlopen'],
	['hangs when it is started', started('(void)arguments; for (;;) pause();'), 'C_Initialize'],
	['crashes when it is started', started('(void)arguments; signal(SIGSEGV, SIG_DFL); return raise(SIGSEGV);'), 'C_Initialize'],
])
	test(`a module that ${what} is named, and the other key does not wait for it`, () => withScene({ settings: { deadlines: 10 } }, async (scene, first) => {
		await first.close();
		await scene.daemon.stop();
		const module = await makeModule(scene.folder, 'broken', source);
		await scene.daemon.again({ modules: [{ path: module }, { path: scene.key.module }] });
		const agent = await scene.connect();
		assert.equal((await agent.call('token.list')).tokens.length, 1, 'at first it may wait');
		for (let i = 0; i < 3; i++) {
			const took = await timed(async () => {
				assert.equal((await agent.call('token.list')).tokens[0].serial, scene.key.serial);
				assert.equal((await agent.call('certificate.list')).certificates.length, 1);
				assert.equal((await agent.call('renewal.inspect', { order: 'L-1' })).stage, 'nothing');
			});
			assert.ok(took < 1000, `${took} ms`);
		}
		const took = await timed(() => agent.call('environment.check'));
		assert.ok(took < 1000, `${took} ms`);
		const report = await agent.call('diagnostics.report');
		assert.equal(report.modules[0].lastFailure, call);
		await agent.close();
	}));

test('a module that answers again is listened to again', () => withScene({ settings: { deadlines: 10 } }, async (scene, first) => {
	await first.close();
	await scene.daemon.stop();
	const flag = path.join(scene.folder, 'flag');
	const slow = await makeModule(scene.folder, 'slow', `#include <dlfcn.h>\n#include <unistd.h>
		__attribute__((constructor)) static void loaded(void) { while (access("${flag}", F_OK) != 0) pause(); }
		long C_GetFunctionList(void **list) { long (*real)(void **) = (long (*)(void **))dlsym(dlopen("${scene.key.module}", RTLD_NOW), "C_GetFunctionList"); return real(list); }`);
	await scene.daemon.again({ modules: [{ path: slow }, { path: '/nonexistent.so' }] });
	const agent = await scene.connect();
	await refused(agent.call('certificate.list'), 'token.failed', { call: 'dlopen' });
	writeFileSync(flag, '');
	await until(() => agent.call('token.list').then(({ tokens }) => tokens.length === 1, () => false), 'its token');
	await agent.close();
}));
