// Two token hosts at one key, each for the same order: another agent on the computer, or the token host of a killed one where the state folder
// is gone. Then two pairs carry the order's mark; the certificate says which of them is the order's, and the other one goes.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { mark } from '../lib/dual.mjs';
import { makeScene } from '../lib/scene.mjs';
import { objectFiles } from '../lib/softhsm-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';

const order = 'STRAY-1';
// SoftHSM2 destroys no object without its lock file.
const filesOf = (token) => (token instanceof SoftKey
	? readdirSync(path.join(token.store, 'tokens/A')).filter((name) => name.endsWith('.object')).map((name) => path.join(token.store, 'tokens/A', name))
	: objectFiles(token).flatMap((file) => [file, file.replace('.object', '.lock')]));

// begin twice, each with a pair of its own; then both pairs are there. Returns the two requests.
async function beginTwice(scene, begin) {
	const old = filesOf(scene.token), away = path.join(scene.folder, 'away'), requests = [];
	let agent = await scene.connect();
	requests.push(await begin(agent));
	mkdirSync(away);
	const first = filesOf(scene.token).filter((file) => !old.includes(file));
	for (const file of first) cpSync(file, path.join(away, path.basename(file)));
	await agent.call('renewal.cancel', { order });
	requests.push(await begin(agent));
	await scene.daemon.kill();
	for (const file of first) cpSync(path.join(away, path.basename(file)), file);
	await scene.daemon.again();
	agent = await scene.connect();
	return { agent, requests };
}

// The order's own objects: one certificate, one pair.
async function checkOne(token, id = mark(order)) {
	const objects = (await token.objects()).filter((text) => text.includes(id));
	assert.deepEqual(objects.map((text) => text.split(/;| Object/)[0]), ['Certificate', 'Private Key', 'Public Key'], objects.join('\n'));
}

for (const keyType of ['ec-p256', 'rsa2048'])
	for (const kind of [undefined, SoftKey])
		for (const which of [0, 1])
			test(`two pairs with the mark, ${keyType}${kind ? '' : ' on SoftHSM2'}: the ${which ? 'second' : 'first'} one is certified`, async () => {
				const scene = await makeScene({ keyType, ...(kind ? { kind } : {}) }), old = certificateId(scene.oldPem);
				try {
					const begin = (agent) => agent.call('renewal.begin', { order, certificate: old, key: 'new' });
					const { agent, requests } = await beginTwice(scene, begin);
					const certificate = await scene.ca.issue(requests[which].csr);
					await agent.call('renewal.install', { order, certificate, chain: [] });
					await checkOne(scene.token);
					assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old]);
					await checkOne(scene.token);
					assert.equal((await scene.token.objects()).length, 3);
					assert.ok(await scene.token.signs(mark(order), certificate, keyType));
				} finally { await scene.close(); }
			});
