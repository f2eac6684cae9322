// Browser policies for the halls: they join what others have written, and go without a trace.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { program } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const hall = 'https://hall.example', port = 'https://desk.example:8443';
const chromium = 'etc/chromium/policies/managed', firefox = 'etc/firefox/policies/policies.json';
let root;
beforeEach(() => { root = temporaryFolder(); });
afterEach(() => removeFolder(root));

const at = (name) => path.join(root, name);
const write = (name, value) => {
	mkdirSync(path.dirname(at(name)), { recursive: true });
	writeFileSync(at(name), typeof value === 'string' ? value : JSON.stringify(value));
};
const read = (name) => JSON.parse(readFileSync(at(name), 'utf8'));
const policies = (what, options) => run(program.policies, [what, '--root', root], options);
const everything = () => readdirSync(root, { recursive: true }).sort().map((name) => {
	try { return [name, readFileSync(at(name), 'utf8')]; } catch { return [name]; }
});

test('every browser gets the https halls; removed, nothing is left', async () => {
	write('etc/keyhall/config.json', { origins: [hall, 'http://localhost:8080', port] });
	const once = everything();
	await policies('install');
	for (const folder of [chromium, 'etc/opt/chrome/policies/managed', 'etc/opt/edge/policies/managed'])
		assert.deepEqual(read(`${folder}/zz-keyhall.json`), {
			LoopbackNetworkAllowedForUrls: [hall, port], LocalNetworkAccessAllowedForUrls: [hall, port],
			AutoLaunchProtocolsFromOrigins: [{ protocol: 'keyhall', allowed_origins: [hall, port] }],
		});
	assert.deepEqual(read(firefox), { policies: { LocalNetworkAccess: { SkipDomains: ['hall.example', 'desk.example'] } } });
	const twice = everything();
	await policies('install');
	assert.deepEqual(everything(), twice);
	await policies('remove');
	assert.deepEqual(everything(), once);
	await policies('remove');
	assert.deepEqual(everything(), once);
});

test('what others have written stays, and goes on to hold', async () => {
	const launch = { protocol: 'mailto', allowed_origins: ['https://mail.example'] };
	const theirs = '{"policies": {"LocalNetworkAccess": {"SkipDomains": ["other.example"]},\n\t"DisableTelemetry": true}}';
	write('etc/keyhall/config.json', { origins: [hall] });
	write(`${chromium}/10.json`, { LoopbackNetworkAllowedForUrls: ['https://gone.example'], HomepageLocation: 'https://home.example' });
	write(`${chromium}/20.json`, { LoopbackNetworkAllowedForUrls: ['https://other.example', hall], AutoLaunchProtocolsFromOrigins: [launch] });
	write(firefox, theirs);
	const once = everything();
	await policies('install');
	assert.deepEqual(read(`${chromium}/zz-keyhall.json`), {
		LoopbackNetworkAllowedForUrls: ['https://other.example', hall], LocalNetworkAccessAllowedForUrls: [hall],
		AutoLaunchProtocolsFromOrigins: [launch, { protocol: 'keyhall', allowed_origins: [hall] }],
	});
	assert.deepEqual(read(firefox), { policies: { LocalNetworkAccess: { SkipDomains: ['other.example', 'hall.example'] }, DisableTelemetry: true } });
	await policies('remove');
	assert.deepEqual(everything(), once);
});

test('what others have written since stays', async () => {
	write('etc/keyhall/config.json', { origins: [hall] });
	write(firefox, { policies: { LocalNetworkAccess: { SkipDomains: ['hall.example'] } } });
	await policies('install');
	write(firefox, { policies: { LocalNetworkAccess: { SkipDomains: ['hall.example', 'later.example'] } } });
	write(`${chromium}/later.json`, {});
	await policies('remove');
	assert.deepEqual(read(firefox), { policies: { LocalNetworkAccess: { SkipDomains: ['hall.example', 'later.example'] } } });
	assert.deepEqual(readdirSync(at(chromium)), ['later.json']);
});

test('other halls: the former ones go', async () => {
	write('etc/keyhall/config.json', { origins: [hall] });
	await policies('install');
	write('etc/keyhall/config.json', { origins: [port] });
	await policies('install');
	assert.deepEqual(read(`${chromium}/zz-keyhall.json`).LoopbackNetworkAllowedForUrls, [port]);
	assert.deepEqual(read(firefox).policies.LocalNetworkAccess.SkipDomains, ['desk.example']);
	write('etc/keyhall/config.json', {});
	await policies('install');
	assert.equal(existsSync(at(chromium)), false);
});

test('a file that cannot be understood is left as it is, and said', async () => {
	write('etc/keyhall/config.json', { origins: [hall] });
	for (const text of ['{"policies": ', '[]', '{"policies": {"LocalNetworkAccess": {"SkipDomains": "all"}}}']) {
		write(firefox, text);
		const { status, stderr } = await policies('install', { status: null });
		assert.equal(status, 1, text);
		assert.match(stderr, /policies\.json/);
		assert.equal(readFileSync(at(firefox), 'utf8'), text);
		assert.ok(existsSync(at(`${chromium}/zz-keyhall.json`)), 'the other browsers have theirs');
	}
	assert.equal((await policies('become', { status: null })).status, 2);
});
