// One whole renewal with the daemon under valgrind, and what pages do wrong: no error, nothing lost.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { program } from '../lib/paths.mjs';
import { removeFolder, temporaryFolder } from '../lib/process.mjs';
import { findCertificate } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';

test('the daemon is clean through a renewal, bad pages, a token host that dies, and its end', async () => {
	const logs = temporaryFolder('valgrind'), real = program.keyhalld;
	program.keyhalld = path.join(logs, 'keyhalld');
	writeFileSync(program.keyhalld, `#!/bin/sh
exec valgrind --quiet --leak-check=full --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible --trace-children=no \\
	--log-file='${logs}/log.%p' '${real}' "$@"\n`);
	chmodSync(program.keyhalld, 0o755);
	const scene = await makeScene({ keyType: 'ec-p256' });
	try {
		const order = 'V-1', agent = await scene.connect();
		const old = await findCertificate(agent, scene.oldPem);
		for (const method of ['certificate.list', 'environment.check', 'diagnostics.report', 'renewal.list']) await agent.call(method);
		await agent.call('renewal.begin', { order: 'V-0', certificate: old.id, key: 'new' });
		await agent.call('renewal.cancel', { order: 'V-0' });
		const begun = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
		await assert.rejects(agent.call('renewal.install', { order, certificate: scene.oldPem, chain: [] }), (error) => error.rpc === 'certificate.mismatch');
		const refused = await scene.daemon.open({ origin: 'https://evil.example' });
		assert.equal((await refused.closed).code, 4403);
		const gone = await scene.connect();
		gone.call('certificate.list').catch(() => {});
		gone.socket.terminate();
		const [host] = readFileSync(`/proc/${scene.daemon.service.pid}/task/${scene.daemon.service.pid}/children`, 'utf8').trim().split(' ').map(Number);
		process.kill(host, 'SIGSTOP');
		const lost = agent.call('certificate.list').catch((error) => error.rpc);
		process.kill(host, 'SIGKILL');
		const outcome = await lost;
		assert.ok(outcome === 'token.failed' || outcome.certificates, String(outcome));
		await agent.call('renewal.install', { order, certificate: await scene.ca.issue(begun.csr), chain: [scene.ca.rootPem] });
		await agent.call('renewal.inspect', { order });
		await agent.call('renewal.complete', { order });
		await agent.raw('no JSON');
		await agent.raw(`"${'A'.repeat(70000)}"`);
		assert.equal((await agent.closed).code, 1009);
		await scene.connect();
		assert.deepEqual(await scene.daemon.stop(), { code: 0, signal: null });
		const files = readdirSync(logs).filter((name) => name.startsWith('log.'));
		assert.ok(files.length > 0, 'valgrind ran');
		for (const name of files) assert.equal(readFileSync(path.join(logs, name), 'utf8').trim(), '');
	} finally {
		await scene.close();
		removeFolder(logs);
	}
});
