// One whole renewal with the token host under valgrind: no error, nothing definitely lost.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { program, root, softhsm } from '../lib/paths.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';

test('the token host is clean through a renewal, a wrong PIN and a refused certificate', async () => {
	const scene = await makeScene({ keyType: 'ec-p256', prepare: (folder) => {
		const host = path.join(folder, 'token-host');
		writeFileSync(host, `#!/bin/sh
exec valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --child-silent-after-fork=yes \\
	--suppressions='${path.join(root, 'tests/lib/valgrind.supp')}' --log-file='${folder}/valgrind.%p' '${program.token}' "$@"\n`);
		chmodSync(host, 0o755);
		return { settings: { modules: [{ path: softhsm, host }] } };
	} });
	try {
		const order = 'V-1';
		const agent = await scene.connect();
		scene.pins.answer('00000000', '12345678');
		const { tokens: [token] } = await agent.call('token.list');
		await assert.rejects(agent.call('pin.verify', { token: token.token }), (error) => error.rpc === 'pin.incorrect');
		await agent.call('pin.verify', { token: token.token });
		const old = await findCertificate(agent, scene.oldPem);
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		await assert.rejects(agent.call('renewal.install', { order, certificate: scene.oldPem, chain: [] }), (error) => error.rpc === 'certificate.mismatch');
		const certificate = await scene.ca.issue(begun.csr);
		await agent.call('renewal.install', { order, certificate, chain: [scene.ca.rootPem] });
		await agent.call('renewal.complete', { order });
		await agent.close();
		await scene.daemon.stop();
		const logs = readdirSync(scene.folder).filter((name) => name.startsWith('valgrind.'));
		assert.ok(logs.length > 0, 'valgrind ran');
		for (const log of logs) assert.equal(readFileSync(path.join(scene.folder, log), 'utf8').trim(), '');
	} finally {
		await scene.close();
	}
});
