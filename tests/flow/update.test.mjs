// keyhall update check: a newer version is told of; a manifest that was rolled back, held back, mixed or signed by another is not believed.
import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import net from 'node:net';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Hall } from '../lib/hall.mjs';
import { program } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { keyhall } from '../lib/tool.mjs';

const own = (await run(program.keyhall, ['--version'])).stdout.trim().split(' ')[1];

let folder, place, state, hall, settings;
const file = (...parts) => path.join(folder, ...parts);
const manifest = () => path.join(place, 'manifest.jws');
const put = (...names) => { for (const name of names) writeFileSync(path.join(place, name), name); };
const make = (...args) => run(program.hall, ['manifest', '--state', state, '--downloads', place, ...args]);
const payload = () => JSON.parse(Buffer.from(readFileSync(manifest(), 'utf8').split('.')[1], 'base64url'));

// By the hall's own key, whatever it says.
function signed(content, key = path.join(state, 'signing.key'), header = { alg: 'EdDSA', kid: '' }) {
	const text = [header, content].map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')).join('.');
	writeFileSync(manifest(), `${text}.${sign(null, Buffer.from(text), createPrivateKey(readFileSync(key))).toString('base64url')}`);
}

// The tool's answer in a home of its own; the numbers it has seen stay until the next test. name: of the configuration.
async function check(more = {}, name = 'keyhall.json', environment = {}) {
	writeFileSync(file(name), JSON.stringify({ ...settings, ...more }));
	const env = { ...environment, HOME: file('home'), XDG_CONFIG_HOME: file('home/.config'), XDG_STATE_HOME: file('home/.state'), XDG_CONFIG_DIRS: file('none') };
	const { status, stdout, stderr } = await keyhall({ configuration: file(name), env }, ['update', 'check', '--locale', 'en']);
	return [status, stdout.trim(), stderr.trim()];
}

const newer = (version) => [0, `Version ${version} is there; this is ${own}. Download: ${hall.origin}/downloads`, ''];
const refused = (reason) => [1, '', `keyhall: not believed: ${reason}`];

before(async () => {
	folder = temporaryFolder();
	[place, state] = [file('downloads'), file('hall')];
	for (const one of [folder, place, file('home')]) mkdirSync(one, { recursive: true });
	put('keyhall-setup-99.1.0-x64.exe', 'keyhall-setup-99.0.0-x64.exe', 'keyhall_99.1.0_amd64.deb', 'keyhall-99.1.0.tar.gz');
	hall = await Hall.start({ folder, state, args: ['--downloads', place] });
	await run(program.hall, ['bundle', ...hall.args]);
	settings = { ...JSON.parse(readFileSync(path.join(place, 'hall.json'), 'utf8')), state: file('state') };
});
after(async () => { await hall.stop(); removeFolder(folder); });
beforeEach(async () => { rmSync(file('state'), { recursive: true, force: true }); await make(); });

test('the bundle says where; the newest version and all its installers are told of, none is fetched', async () => {
	const { number, issued, expires, version, files } = payload();
	assert.deepEqual([version, files.map((one) => one.name)], ['99.1.0', ['keyhall-setup-99.1.0-x64.exe', 'keyhall_99.1.0_amd64.deb']]);
	const { downloads } = await hall.client().get('/api/downloads');
	for (const one of files) assert.equal(one.sha256, downloads.find((other) => other.name === one.name).sha256);
	assert.equal(number, Date.parse(issued) / 1000);
	assert.equal(Date.parse(expires) - Date.parse(issued), 30 * 864e5);
	assert.deepEqual(await check(), newer('99.1.0'));
	assert.deepEqual(await check(), newer('99.1.0'), 'the same one again is no older one');
	signed({ ...payload(), version: own, files: files.map((one) => ({ ...one, version: own })) });
	assert.deepEqual(await check(), [0, `${own} is the newest version.`, '']);
});

test('wrong key: a manifest by another hall, one that was changed, one that says its own key', async () => {
	const other = file('other'), good = readFileSync(manifest(), 'utf8');
	await run(program.hall, ['manifest', '--state', other, '--downloads', place]);
	const unsigned = refused('the manifest is not signed by the configured key');
	assert.deepEqual(await check(), unsigned);
	const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' };
	signed(payload(), path.join(other, 'signing.key'), { alg: 'EdDSA', jwk });
	assert.deepEqual(await check(), unsigned);
	const [header, body, signature] = good.split('.');
	const forged = Buffer.from(JSON.stringify({ ...payload(), version: '100.0.0' })).toString('base64url');
	const none = Buffer.from('{"alg":"none"}').toString('base64url');
	for (const text of [`${header}.${forged}.${signature}`, `${none}.${body}.`, `${header}.${body}`, `${header}..${signature}`, `${good}=`, 'x', '{}']) {
		writeFileSync(manifest(), text);
		assert.deepEqual(await check(), unsigned, text);
	}
	writeFileSync(manifest(), good);
	assert.deepEqual(await check(), newer('99.1.0'));
});

test('rollback: an older manifest after a newer one', async () => {
	copyFileSync(manifest(), file('old.jws'));
	await make('--time-offset', '60');
	assert.deepEqual(await check(), newer('99.1.0'));
	copyFileSync(file('old.jws'), manifest());
	assert.deepEqual(await check(), refused('the manifest is older than one seen before'));
	await make('--time-offset', '120');
	assert.deepEqual(await check(), newer('99.1.0'), 'the next one is believed again');
});

test('a disk that is full: nothing is believed, and what was seen is not forgotten', async () => {
	copyFileSync(manifest(), file('old.jws'));
	await make('--time-offset', '60');
	assert.deepEqual(await check(), newer('99.1.0'));
	symlinkSync('/dev/full', file('state/updates.new'));
	await make('--time-offset', '120');
	assert.deepEqual(await check(), [1, '', 'keyhall: the manifest\'s number cannot be kept in the state folder']);
	copyFileSync(file('old.jws'), manifest());
	assert.deepEqual(await check(), refused('the manifest is older than one seen before'));
});

test('freeze: one that was held back until it had expired', async () => {
	await make('--time-offset', String(-31 * 86400));
	assert.deepEqual(await check(), refused('the manifest has expired'));
	await make('--time-offset', String(-29 * 86400));
	assert.deepEqual(await check(), newer('99.1.0'));
});

test('mix: a file of another version in the list, or none', async () => {
	const good = payload(), mixed = refused('the manifest lists a file of another version');
	signed({ ...good, files: [good.files[0], { ...good.files[1], version: '99.0.0' }] });
	assert.deepEqual(await check(), mixed);
	signed({ ...good, version: '99.2.0' });
	assert.deepEqual(await check(), mixed);
	signed({ ...good, files: [] });
	assert.deepEqual(await check(), mixed);
});

test('what is signed and no manifest; what is not there; no key, no address', async () => {
	const good = payload();
	for (const content of ['{', '[]', { ...good, more: 1 }, { ...good, number: '1' }, { ...good, expires: 'tomorrow' }]) {
		signed(content);
		assert.deepEqual(await check(), refused('the manifest cannot be read'), JSON.stringify(content));
	}
	writeFileSync(manifest(), 'x'.repeat(300 * 1024));
	const absent = [1, '', 'keyhall: the manifest cannot be fetched'];
	assert.deepEqual(await check(), absent, 'one that is too large');
	rmSync(manifest());
	assert.deepEqual(await check(), absent);
	assert.deepEqual(await check({ updates: { ...settings.updates, address: 'http://127.0.0.1:1/manifest.jws' } }), absent);
	assert.deepEqual(await check({ updates: undefined }), [2, '', 'keyhall: the configuration has no "updates"']);
	for (const updates of [{ ...settings.updates, address: 'file:///manifest.jws' }, { ...settings.updates, key: 'x' }, { address: settings.updates.address }])
		assert.equal((await check({ updates }))[0], 2, JSON.stringify(updates));
	const { status, stderr } = await run(program.hall, ['manifest', '--state', state, '--downloads', file('home')], { status: null });
	assert.deepEqual([status, stderr.trim()], [1, 'keyhall-hall: input.invalid --downloads']);
});

test('a server that says nothing, or not all of it: the tool ends', async () => {
	const servers = ['', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'SSH-2.0-x\r\n'].map((answer) =>
		net.createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => socket.write(answer)); }));
	const ports = await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))));
	const answers = await Promise.all(ports.map((port, i) => check({ updates: { ...settings.updates, address: `http://127.0.0.1:${port}/manifest.jws` } }, `${i}.json`)));
	for (const answer of answers) assert.deepEqual(answer, [1, '', 'keyhall: the manifest cannot be fetched']);
	for (const server of servers) server.close();
});

test('https: with a root that the system knows, and not without', async () => {
	const other = await Hall.start({ folder, state: file('secure'), https: true, args: ['--downloads', place] });
	const updates = { ...settings.updates, address: `${other.origin}/downloads/manifest.jws` };
	try {
		assert.deepEqual(await check({ updates }), [1, '', 'keyhall: the manifest cannot be fetched']);
		assert.deepEqual(await check({ updates }, 'keyhall.json', { SSL_CERT_FILE: other.tlsRootFile }), newer('99.1.0'));
	} finally { await other.stop(); }
});
