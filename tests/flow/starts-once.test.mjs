// A module that starts once: its token host is replaced in the middle of a run, after the login.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { markLabel } from '../lib/mark.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { faultMet, parseObject, storeObjects } from '../lib/softkey-store.mjs';

const order = 'R-1';
const quiet = (promise) => promise.then((value) => ({ value }), (error) => ({ error }));
const pending = (scene) => storeObjects(scene.key).filter((one) => one.label === markLabel(order));

function drop(scene, kind) {
	const folder = path.join(scene.key.store, 'tokens/A');
	for (const name of readdirSync(folder).filter((one) => one.endsWith('.object'))) {
		const object = parseObject(readFileSync(path.join(folder, name)));
		if (object.kind === kind && object.label === markLabel(order)) rmSync(path.join(folder, name));
	}
}

for (const manner of ['initialize 0x5', null])
	for (const [what, value] of [['C_FindObjectsInit', '0x32'], ['C_GetSessionInfo', '0xb3'], ['C_FindObjects', '0x30']])
		test(`${manner}: cancel says done only when nothing is left; ${what} answers ${value}`, async () => {
			const scene = await makeSoftScene();
			try {
				if (manner) { await scene.daemon.stop(); scene.key.manners(manner); await scene.daemon.again(); }
				const failures = [];
				for (let n = 1; n <= 8; n++) {
					let agent = await scene.connect();
					await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
					await scene.daemon.kill();
					drop(scene, 'public');
					assert.equal(pending(scene).length, 1);
					scene.key.fault(`${what} ${n} error ${value}`);
					await scene.daemon.again();
					agent = await scene.connect();
					const { value: done, error } = await quiet(agent.call('renewal.cancel', { order }));
					const met = faultMet(scene.key);
					if (done && pending(scene).length) failures.push(`${n}: done, left ${pending(scene).map((one) => one.kind)}`);
					scene.key.fault();
					await scene.daemon.kill();
					await scene.daemon.again();
					agent = await scene.connect();
					await quiet(agent.call('renewal.cancel', { order }));
					if (pending(scene).length) failures.push(`${n}: cancelled again, left ${pending(scene).map((one) => one.kind)} (${error?.message})`);
					drop(scene, 'private'); drop(scene, 'public');
					await scene.daemon.kill();
					await scene.daemon.again();
					if (!met) break;
				}
				assert.deepEqual(failures, []);
			} finally { await scene.close(); }
		});

test('begin again: the pair stays the same whatever list dies', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop(); scene.key.manners('initialize 0x5'); await scene.daemon.again();
		let agent = await scene.connect();
		const { publicKey } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const failures = [];
		for (let n = 1; n <= 8; n++) {
			await scene.daemon.kill();
			scene.key.fault(`C_FindObjectsInit ${n} error 0x32`);
			await scene.daemon.again();
			agent = await scene.connect();
			const { value } = await quiet(agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' }));
			const met = faultMet(scene.key);
			if (value && value.publicKey !== publicKey) failures.push(`${n}: another pair`);
			if (pending(scene).length !== 2) failures.push(`${n}: ${pending(scene).length} pending`);
			scene.key.fault();
			if (!met) break;
		}
		assert.deepEqual(failures, []);
	} finally { await scene.close(); }
});
