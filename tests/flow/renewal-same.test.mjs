// The same key certified again: no mark stays on it, so the certificates on the key tell where the order stands.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused, unchanged } from '../lib/assert.mjs';
import { days } from '../lib/ca.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId } from '../lib/token.mjs';

const order = 'SAME-1';

async function staged(action) {
	const scene = await makeSoftScene();
	const restart = scene.restart = async (forget) => {
		await scene.agent?.close();
		await scene.daemon.stop();
		if (forget) rmSync(scene.daemon.settings.state, { recursive: true });
		await scene.daemon.again();
		scene.agent = await scene.connect();
	};
	Object.assign(scene, {
		agent: await scene.connect(),
		call: (method, params = {}) => scene.agent.call(method, { order, ...params }),
		async install() {
			const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key: 'same' });
			scene.pem = await scene.ca.issue(csr);
			return scene.again();
		},
		async again(pem = scene.pem) {
			const { receipt } = await scene.call('renewal.install', { certificate: pem, chain: [] });
			checkReceipt(receipt, { order, origin: scene.origin, serial: scene.key.serial, certificate: pem });
		},
		stands: async () => { const { stage, next, source } = await scene.call('renewal.inspect'); return [stage, next, source]; },
		// The journal as it was before, as after a kill: the state folder's files put back.
		keep: async () => {
			await scene.daemon.stop();
			copyFileSync(path.join(scene.daemon.settings.state, 'journal.db'), path.join(scene.folder, 'journal'));
			await restart(false);
		},
		putBack: async () => {
			await scene.daemon.stop();
			for (const part of ['-wal', '-shm']) rmSync(path.join(scene.daemon.settings.state, `journal.db${part}`), { force: true });
			assert.ok(existsSync(path.join(scene.folder, 'journal')));
			copyFileSync(path.join(scene.folder, 'journal'), path.join(scene.daemon.settings.state, 'journal.db'));
			await restart(false);
		},
	});
	try { await action(scene); await scene.agent.close(); } finally { await scene.close(); }
}

const objects = (scene) => scene.key.objects();

test('the daemon dies after the retiring, before it could note it', () => staged(async (scene) => {
	await scene.install();
	await scene.keep();
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	await scene.putBack();
	assert.deepEqual(await scene.stands(), ['completed', 'none', 'key']);
	const listed = (await scene.agent.call('renewal.list')).renewals.find((one) => one.order === order);
	assert.deepEqual([listed.stage, listed.next, listed.source, listed.serial], ['completed', 'none', 'key', scene.key.serial]);
	await unchanged(scene.key, async () => {
		assert.deepEqual((await scene.call('renewal.complete')).retired, []);
		assert.deepEqual(await scene.stands(), ['completed', 'none', 'key']);
		await refused(scene.call('renewal.cancel'), 'renewal.state');
		await refused(scene.call('renewal.begin', { certificate: certificateId(scene.pem), key: 'same' }), 'renewal.state');
		await scene.again();
		assert.deepEqual((await scene.call('renewal.complete')).retired, []);
	});
}));

test('another computer after the end: the receipt again, and the end again', () => staged(async (scene) => {
	await scene.install();
	await scene.call('renewal.complete');
	await scene.restart(true);
	assert.deepEqual(await scene.stands(), ['nothing', 'begin', 'key']);
	await refused(scene.call('renewal.begin', { certificate: scene.old, key: 'same' }), 'certificate.absent');
	await refused(scene.call('renewal.complete'), 'renewal.state');
	await unchanged(scene.key, async () => {
		await scene.again();
		assert.deepEqual(await scene.stands(), ['completed', 'none', 'key']);
		assert.deepEqual((await scene.call('renewal.complete')).retired, []);
	});
}));

test('another computer after the install', () => staged(async (scene) => {
	await scene.install();
	await scene.restart(true);
	assert.deepEqual(await scene.stands(), ['installed', 'complete', 'key']);
	await scene.again();
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	assert.deepEqual(await scene.stands(), ['completed', 'none', 'key']);
}));

test('the key is believed, not the journal: the old certificate is back', () => staged(async (scene) => {
	await scene.key.user('--version');
	const before = await objects(scene);
	await scene.install();
	await scene.call('renewal.complete');
	await scene.key.user('--delete-object', '--type', 'cert', '--id', '01');
	await scene.key.writeCertificate(scene.oldPem);
	assert.deepEqual((await objects(scene)).length, before.length);
	assert.deepEqual(await scene.stands(), ['nothing', 'begin', 'key']);
	const { csr } = await scene.call('renewal.begin', { certificate: scene.old, key: 'same' });
	assert.match(csr, /BEGIN/);
	await scene.again();
	assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
}));

test('a second renewal does not undo the first one\'s end', () => staged(async (scene) => {
	await scene.install();
	await scene.call('renewal.complete');
	const { csr } = await scene.agent.call('renewal.begin', { order: 'SAME-2', certificate: certificateId(scene.pem), key: 'same' });
	const pem = await scene.ca.issue(csr, { notAfter: days(700) });
	await scene.agent.call('renewal.install', { order: 'SAME-2', certificate: pem, chain: [] });
	await scene.agent.call('renewal.complete', { order: 'SAME-2' });
	assert.deepEqual(await scene.stands(), ['completed', 'none', 'journal']);
	assert.equal((await scene.agent.call('renewal.inspect', { order: 'SAME-2' })).stage, 'completed');
}));

test('no receipt for a certificate that another has replaced, or that is another order\'s', () => staged(async (scene) => {
	await scene.install();
	await scene.restart(true);
	await unchanged(scene.key, async () => {
		await refused(scene.agent.call('renewal.install', { order: 'OTHER', certificate: scene.pem, chain: [] }), 'renewal.state');
		await refused(scene.agent.call('renewal.install', { order: 'OTHER', certificate: scene.oldPem, chain: [] }), 'renewal.state');
	});
}));

// The look that finds nothing because the key is just gone is no sign that the mark has been taken off.
for (const method of ['complete', 'inspect', 'begin'])
	test(`pulled out during the look of renewal.${method}: the order is not taken for completed`, () => staged(async (scene) => {
		await scene.install();
		for (let n = 1; n < 4; n++) {
			scene.key.fault(`C_FindObjectsInit ${n} pull A`);
			await scene.restart(false);
			const params = method === 'begin' ? { certificate: scene.old, key: 'same' } : {};
			const answer = await scene.call(`renewal.${method}`, params).catch((error) => error);
			scene.key.fault();
			scene.key.putBack();
			await scene.restart(false);
			if (method === 'inspect') assert.notEqual(answer.stage, 'completed', `search ${n}`);
			if (answer.retired?.length) return;
			assert.deepEqual((await scene.stands()).slice(0, 2), ['installed', 'complete'], `search ${n}`);
		}
		assert.deepEqual((await scene.call('renewal.complete')).retired, [scene.old]);
	}));
