// A list of many certificates comes from the token host in pieces: whole or not at all.
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Daemon } from '../lib/daemon.mjs';
import { removeFolder, temporaryFolder } from '../lib/process.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';

const copies = 20;
let folder, key, ours, root;

// Of the two certificates, one with its pair and one without, each as often.
before(async () => {
	folder = temporaryFolder();
	key = await SoftKey.make(folder);
	const ca = await Authority.make(folder), pair = await makeKey('ec-p256');
	ours = await ca.issue(await makeRequest(pair, folder), { notBefore: days(-345), notAfter: days(21) });
	root = ca.rootPem;
	const place = path.join(key.store, 'tokens/A'), known = new Set(readdirSync(place));
	await key.writeCertificate(ours, { id: '01' });
	await key.writeCertificate(root, { id: '02' });
	for (const name of readdirSync(place).filter((one) => one.endsWith('.object') && !known.has(one)))
		for (let i = 1; i < copies; i++) copyFileSync(path.join(place, name), path.join(place, `copy-${i}-${name}`));
	await key.importPair(pair);
});
after(() => removeFolder(folder));

async function withDaemon(faults, action) {
	key.fault(...faults);
	const daemon = await Daemon.start({ folder: path.join(folder, 'agent'), token: key, origins: ['http://localhost:8080'] });
	try {
		const agent = await daemon.connect();
		await action(agent);
		await agent.close();
	} finally {
		await daemon.stop();
		key.fault();
	}
}

async function isWhole(agent) {
	const { certificates } = await agent.call('certificate.list');
	assert.equal(certificates.length, 2 * copies);
	for (const [pem, hasPrivateKey] of [[ours, true], [root, false]])
		assert.equal(certificates.filter((one) => one.id === certificateId(pem) && one.hasPrivateKey === hasPrivateKey).length, copies);
}

test('every certificate once, with its key or without', () => withDaemon([], async (agent) => {
	await isWhole(agent);
	await isWhole(agent);
}));

// The 55th is behind the first piece.
for (const [what, fault, name] of [
	['crashes', 'C_GetAttributeValue 55 crash', 'token.failed'],
	['fails once', 'C_GetAttributeValue 55 error 0x5', null],
	['loses its session', 'C_GetAttributeValue 55 error 0xb3', null],
])
	test(`the module ${what} in the middle of a list`, () => withDaemon([fault], async (agent) => {
		if (name) {
			await refused(agent.call('certificate.list'), name);
			assert.equal((await agent.call('certificate.list').catch(() => ({ certificates: [] }))).certificates.length % (2 * copies), 0);
		}
		await isWhole(agent);
	}));

test('a key of which nothing can be read is no empty one', () => withDaemon(['C_GetAttributeValue 0 error 0x5'], async (agent) => {
	await refused(agent.call('certificate.list'), 'token.failed');
}));
