// keyhall-machine, which installers call: browsers' policies in the registry join what others have written, and go without a trace. What else it does the
// tests of the installers see (tests/packages/windows.test.mjs). A Windows of its own; KEYHALL_BUILD: where it was built.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before, beforeEach } from 'node:test';
import { build } from '../lib/paths.mjs';
import { Wine } from '../lib/wine.mjs';

const program = path.join(build, 'installer/windows/machine/keyhall-machine.exe');
const key = 'HKLM\\SOFTWARE\\Policies', hall = 'https://hall.example', port = 'https://desk.example:8443';
const loopback = 'Google\\Chrome\\LoopbackNetworkAllowedForUrls', launch = 'AutoLaunchProtocolsFromOrigins';
let wine;
before(async () => {
	wine = await Wine.make();
	wine.stay();
});
after(() => wine.close());
beforeEach(async () => {
	await wine.run('reg', 'delete', key, '/f');
	await wine.run('reg', 'add', key, '/f');
});

const set = (place, name, text) => wine.run('reg', 'add', `${key}\\${place}`, '/v', name, '/t', 'REG_SZ', '/d', text, '/f');
const machine = async (...args) => {
	const { status, said } = await wine.run(program, ...args);
	return { status, said };
};
const configure = (origins) => {
	mkdirSync(wine.path('C:\\ProgramData\\Keyhall'), { recursive: true });
	writeFileSync(wine.path('C:\\ProgramData\\Keyhall\\config.json'), JSON.stringify({ origins }));
};
const everything = () => wine.registry(key);
// {"1": text, …} of a key.
async function read(place) {
	const rows = await everything(), start = `HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\${place}\\"`;
	return Object.fromEntries(Object.entries(rows).filter(([name]) => name.startsWith(start)).map(([name, text]) => [name.slice(start.length, -1), JSON.parse(text)]));
}
const ours = (...origins) => JSON.stringify([{ protocol: 'keyhall', allowed_origins: origins }]);

test('every browser gets the https halls; removed, nothing is left', async () => {
	configure([hall, 'http://localhost:8080', port]);
	const once = await everything();
	assert.deepEqual(await machine('policies'), { status: 0, said: '' });
	for (const browser of ['Google\\Chrome', 'Microsoft\\Edge', 'Chromium']) {
		for (const list of ['LoopbackNetworkAllowedForUrls', 'LocalNetworkAccessAllowedForUrls']) assert.deepEqual(await read(`${browser}\\${list}`), { 1: hall, 2: port });
		assert.deepEqual(await read(browser), { [launch]: ours(hall, port) });
	}
	assert.deepEqual(await read('Mozilla\\Firefox\\LocalNetworkAccess\\SkipDomains'), { 1: 'hall.example', 2: 'desk.example' });
	const twice = await everything();
	assert.equal((await machine('policies')).status, 0);
	assert.deepEqual(await everything(), twice);
	assert.equal((await machine('remove')).status, 0);
	assert.deepEqual(await everything(), once);
	assert.deepEqual(await wine.registry('HKLM\\SOFTWARE\\Keyhall'), {});
	assert.ok(!wine.files('C:\\ProgramData').includes('C:\\ProgramData\\Keyhall'));
});

test('what others have written stays, as they wrote it', async () => {
	const theirs = '[ {"protocol": "mailto"} ]';
	configure([hall, port]);
	await set(loopback, '5', hall);
	await set(loopback, '7', 'https://other.example');
	await set('Google\\Chrome', launch, theirs);
	const once = await everything();
	assert.equal((await machine('policies')).status, 0);
	assert.deepEqual(await read(loopback), { 5: hall, 7: 'https://other.example', 8: port });
	assert.deepEqual(await read('Google\\Chrome'), { [launch]: `[{"protocol":"mailto"},${ours(hall, port).slice(1)}` });
	await machine('remove');
	assert.deepEqual(await everything(), once);
});

test('what others have written since stays', async () => {
	configure([hall, port]);
	await machine('policies');
	await set(loopback, '1', 'https://later.example'); // as a group policy does, which numbers anew
	await set(loopback, '3', hall);
	await set('Google\\Chrome', launch, `[{"protocol":"mailto"},${ours(hall, port).slice(1)}`);
	await machine('remove');
	assert.deepEqual(await read(loopback), { 1: 'https://later.example', 3: hall });
	assert.deepEqual(await read('Google\\Chrome'), { [launch]: '[{"protocol":"mailto"}]' });
});

test('other halls: the former ones go', async () => {
	const once = await everything();
	configure([hall]);
	await machine('policies');
	configure([port]);
	await machine('policies');
	assert.deepEqual(await read(loopback), { 1: port });
	assert.deepEqual(await read('Chromium'), { [launch]: ours(port) });
	configure([]);
	await machine('policies');
	assert.deepEqual(await everything(), once);
});

test('a value that cannot be understood is left as it is, and said', async () => {
	configure([hall]);
	for (const text of ['[{"protocol"', '{}']) {
		await set('Microsoft\\Edge', launch, text);
		const { status, said } = await machine('policies');
		assert.equal(status, 1, text);
		assert.match(said, /Microsoft\\Edge: AutoLaunchProtocolsFromOrigins/);
		assert.deepEqual(await read('Microsoft\\Edge'), { [launch]: text });
		assert.deepEqual(await read(loopback), { 1: hall }, 'the other browsers have theirs');
	}
	assert.equal((await machine('become')).status, 2);
});
