// A module (or its maker's tool) gives certificates a label of its own: state never hangs on a label alone (docs/architecture.md, "Completing").
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { markLabel } from '../lib/mark.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { parseObject, storeObjects } from '../lib/softkey-store.mjs';
import { certificateId } from '../lib/token.mjs';

const order = 'L-1', LABEL = 3;

// Another label for what has the order's mark, in the store; the CKA_ID is as it was unless id says otherwise.
function relabel(key, kinds, to) {
	const folder = path.join(key.store, 'tokens/A');
	for (const name of readdirSync(folder).filter((one) => one.endsWith('.object'))) {
		const file = path.join(folder, name), bytes = readFileSync(file), object = parseObject(bytes);
		if (!kinds.includes(object.kind) || object.label !== markLabel(order)) continue;
		const parts = [bytes.subarray(0, 8)];
		for (let at = 8; at < bytes.length;) {
			const type = Number(bytes.readBigUInt64LE(at)), length = Number(bytes.readBigUInt64LE(at + 8));
			const value = type === LABEL ? Buffer.from(to) : bytes.subarray(at + 16, at + 16 + length), head = Buffer.from(bytes.subarray(at, at + 16));
			head.writeBigUInt64LE(BigInt(value.length), 8);
			parts.push(head, value);
			at += 16 + length;
		}
		writeFileSync(file, Buffer.concat(parts));
	}
}

for (const [what, kinds, label] of [['cut to 16 bytes', ['certificate', 'private', 'public'], markLabel(order).slice(0, 16)], ['the container\'s name', ['certificate'], 'Container 1']])
	for (const elsewhere of [false, true])
		test(`a label ${what}${elsewhere ? ', another computer' : ''}: complete retires the old pair`, async () => {
			const scene = await makeSoftScene();
			try {
				let agent = await scene.connect();
				const { csr, publicKey } = await agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
				const certificate = await scene.ca.issue(csr);
				await agent.call('renewal.install', { order, certificate, chain: [], publicKey });
				await scene.daemon.kill();
				relabel(scene.key, kinds, label);
				if (elsewhere) rmSync(scene.daemon.settings.state, { recursive: true, force: true });
				await scene.daemon.again();
				agent = await scene.connect();
				const { stage } = await agent.call('renewal.inspect', { order, publicKey });
				const { retired } = await agent.call('renewal.complete', { order, publicKey });
				const left = storeObjects(scene.key).filter((one) => one.certificate).map((one) => one.sha256);
				assert.deepEqual({ stage, retired, left }, { stage: 'installed', retired: [scene.old], left: [certificateId(certificate)] });
			} finally { await scene.close(); }
		});
