// What may become of the journal and the computer's clock in the middle of a renewal: the renewal works, or says why not. The disk: disk.test.mjs.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { days } from '../lib/ca.mjs';
import { goOn, journalState, middle, order } from '../lib/middle.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

const harms = {
	'cut to nothing': (file) => truncateSync(file('journal.db'), 0),
	'cut in its header': (file) => truncateSync(file('journal.db'), 60),
	'cut in its last page': (file) => truncateSync(file('journal.db'), statSync(file('journal.db')).size - 77),
	'log cut in its header': (file) => truncateSync(file('journal.db-wal'), 17),
	'log cut in its last page': (file) => truncateSync(file('journal.db-wal'), statSync(file('journal.db-wal')).size - 1),
	'log of noise': (file) => writeFileSync(file('journal.db-wal'), Buffer.alloc(9000, 0xa5)),
	'noise': (file) => writeFileSync(file('journal.db'), Buffer.alloc(9000, 0x5a)),
	'serial number changed in the log': (file, scene) => {
		const name = file('journal.db-wal'), bytes = readFileSync(name);
		for (let at; (at = bytes.indexOf(scene.key.serial)) >= 0;) bytes[at] ^= 1;
		writeFileSync(name, bytes);
	},
	'a folder in its place': (file) => { rmSync(file('journal.db')); mkdirSync(file('journal.db')); },
	'a link in its place': (file) => { rmSync(file('journal.db')); symlinkSync('elsewhere', file('journal.db')); },
};

for (const [key, some] of [['new', Object.keys(harms)], ['same', ['cut to nothing', 'log cut in its last page', 'serial number changed in the log']]])
	for (const what of some)
		test(`${what}, ${key} key`, () => middle(async (scene) => {
			scene.choice = key;
			harms[what](scene.file, scene);
			const agent = await goOn(scene, { begin: key === 'new' });
			await agent.close();
		}, { key }));

test('of another version: moved aside', () => middle(async (scene) => {
	await scene.daemon.again();
	const first = await scene.connect();
	await journalState(first);
	await first.close();
	await scene.daemon.stop();
	const bytes = readFileSync(scene.file('journal.db'));
	bytes.writeUInt32BE(99, 60); // user_version, SQLite file format 1.3
	writeFileSync(scene.file('journal.db'), bytes);
	const agent = await goOn(scene);
	assert.equal(await journalState(agent), 'ok');
	assert.ok(readdirSync(scene.state).some((name) => name.includes('foreign')), 'kept for support');
	await agent.close();
}));

test('the state folder is deleted while the daemon runs: a new one', () => middle(async (scene) => {
	await scene.daemon.again();
	const agent = await scene.connect();
	assert.equal(await journalState(agent), 'ok');
	rmSync(scene.state, { recursive: true });
	assert.equal((await agent.call('renewal.inspect', { order })).next, 'install');
	await agent.call('renewal.install', { order, certificate: scene.pem, chain: [] });
	assert.equal(await journalState(agent), 'ok');
	assert.ok(statSync(scene.file('journal.db')).size >= 0);
	rmSync(scene.state, { recursive: true });
	writeFileSync(scene.state, 'in its place');
	assert.equal(await journalState(agent), 'warn');
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
	rmSync(scene.state);
	assert.equal(await journalState(agent), 'ok');
	await agent.close();
}));

// The computer's clock is a year behind: all certificates seem to be of next year.
test('a clock that is a year behind', async () => {
	const scene = await makeSoftScene({ from: 20, to: 385 });
	try {
		const agent = await scene.connect();
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const pem = await scene.ca.issue(csr, { notBefore: days(365), notAfter: days(730) });
		const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [] });
		checkReceipt(receipt, { order, origin: scene.origin, serial: scene.key.serial, certificate: pem });
		assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [scene.old]);
		await agent.close();
	} finally { await scene.close(); }
});

test('a clock that is a year ahead: what is new seems to be over, and the clerk is told to look at the clock', async () => {
	const scene = await makeSoftScene({ from: -710, to: -345 });
	try {
		const agent = await scene.connect({ locale: 'en' });
		const { csr } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const pem = await scene.ca.issue(csr, { notBefore: days(-366), notAfter: days(-1) });
		const error = await refused(agent.call('renewal.install', { order, certificate: pem, chain: [] }), 'certificate.mismatch', { what: 'validity' });
		assert.match(error.text, /date and time of this computer/);
		assert.equal((await agent.call('renewal.inspect', { order })).next, 'install');
		const later = await scene.ca.issue(csr, { notBefore: days(-366), notAfter: days(1) });
		await agent.call('renewal.install', { order, certificate: later, chain: [] });
		await agent.close();
	} finally { await scene.close(); }
});
