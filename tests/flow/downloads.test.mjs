// keyhall-hall --downloads: the list, the files as they are sent, and what is not there.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Hall } from '../lib/hall.mjs';
import { program } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const exe = 'keyhall-setup-1.2.0-x64.exe';

let folder, place, hall, client;
const put = (name, data) => writeFileSync(path.join(place, name), data);

// As it stands: fetch would take the dots out.
const raw = (where, method = 'GET') => new Promise((resolve, reject) => {
	http.request({ host: '127.0.0.1', port: hall.port, path: where, method }, (answer) => {
		const parts = [];
		answer.on('data', (part) => parts.push(part));
		answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
	}).on('error', reject).end();
});

// Bytes of memory the hall has in use.
const resident = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${hall.service.pid}/status`, 'utf8'))[1]) * 1024;

before(async () => {
	folder = temporaryFolder();
	place = path.join(folder, 'downloads');
	mkdirSync(place);
	put(exe, randomBytes(300000));
	put('keyhall_1.2.0_amd64.deb', randomBytes(1000));
	put('secret.txt', 'secret');
	hall = await Hall.start({ folder, state: path.join(folder, 'hall'), args: ['--downloads', place] });
	client = hall.client();
});
after(async () => { await hall.stop(); removeFolder(folder); });

test('the list, and a file as it lies there', async () => {
	const { downloads } = await client.get('/api/downloads');
	assert.deepEqual(downloads.map((one) => one.name), [exe, 'keyhall_1.2.0_amd64.deb']);
	for (const one of downloads) {
		const data = readFileSync(path.join(place, one.name)), answer = await raw(one.url);
		assert.equal(answer.status, 200);
		assert.deepEqual([one.size, one.sha256], [data.length, sha256(data)]);
		assert.equal(Number(answer.headers['content-length']), data.length);
		assert.equal(answer.headers['content-disposition'], `attachment; filename="${one.name}"`);
		assert.equal(answer.headers['x-content-type-options'], 'nosniff');
		assert.ok(answer.body.equals(data));
		const head = await raw(one.url, 'HEAD');
		assert.deepEqual([head.status, Number(head.headers['content-length']), head.body.length], [200, data.length, 0]);
	}
	assert.equal((await client.get('/api/hall')).agent.download, '/downloads');
});

test('a file that comes, changes and goes', async () => {
	const listed = async () => (await client.get('/api/downloads')).downloads.find((one) => one.kind === 'rpm');
	put('next', 'one');
	renameSync(path.join(place, 'next'), path.join(place, 'keyhall-1.2.0-1.x86_64.rpm'));
	assert.equal((await listed()).sha256, sha256('one'));
	put('next', 'two');
	renameSync(path.join(place, 'next'), path.join(place, 'keyhall-1.2.0-1.x86_64.rpm'));
	assert.equal((await listed()).sha256, sha256('two'));
	renameSync(path.join(place, 'keyhall-1.2.0-1.x86_64.rpm'), path.join(place, 'gone'));
	assert.equal(await listed(), undefined);
	assert.equal((await raw('/downloads/keyhall-1.2.0-1.x86_64.rpm')).status, 404);
});

test('nothing else: other names, other folders, links', async () => {
	symlinkSync('secret.txt', path.join(place, 'hall.json'));
	symlinkSync('/etc/hostname', path.join(place, 'keyhall-1.2.0.tar.gz'));
	for (const name of ['secret.txt', 'hall.json', 'keyhall-1.2.0.tar.gz', '..%2fhall.log', '%2e%2e/hall.log', '../hall/bank.key', '%2fetc%2fhostname', '.', '..', ''])
		assert.equal((await raw(`/downloads/${name}`)).status, 404, name);
	assert.equal((await client.get('/api/downloads')).downloads.length, 2);
	const page = await client.fetch('/downloads/nothing', { headers: { accept: 'text/html' } });
	assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8']);
});

test('a large file is sent while it is read', async () => {
	const size = 100 * 1024 * 1024, name = 'keyhall-setup-1.3.0-x64.exe';
	put(name, Buffer.alloc(size, 'keyhall'));
	const before = resident(), hash = createHash('sha256');
	const [newest] = (await client.get('/api/downloads')).downloads;
	assert.equal(newest.name, name);
	const sent = await new Promise((resolve, reject) => {
		http.get({ host: '127.0.0.1', port: hall.port, path: newest.url }, (answer) => {
			let length = 0;
			answer.on('data', (part) => { length += part.length; hash.update(part); });
			answer.on('end', () => resolve(length));
		}).on('error', reject);
	});
	assert.equal(sent, size);
	assert.equal(hash.digest('hex'), newest.sha256);
	assert.ok(resident() - before < size / 4, `${resident() - before} bytes more`);
});

test('without the option there is no list and no link; a folder that is none is said at the start', async () => {
	const plain = await Hall.start({ folder, state: path.join(folder, 'plain') });
	assert.deepEqual((await plain.client().get('/api/downloads')).downloads, []);
	assert.equal((await plain.client().get('/api/hall')).agent.download, undefined);
	await plain.stop();
	const { status, stderr } = await run(program.hall, ['--state', path.join(folder, 'wrong'), '--downloads', path.join(folder, 'nowhere')], { status: null });
	assert.equal(status, 1);
	assert.match(stderr, /--downloads/);
});
