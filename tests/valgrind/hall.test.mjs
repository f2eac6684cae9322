// One whole renewal with the hall's server under valgrind: no error, nothing definitely lost.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { program } from '../lib/paths.mjs';
import { removeFolder, temporaryFolder } from '../lib/process.mjs';
import { Stage } from '../lib/softkey.mjs';

test('a renewal through the hall under valgrind', async (t) => {
	const folder = temporaryFolder();
	t.after(() => removeFolder(folder));
	const stage = await Stage.make();
	t.after(() => stage.close());
	const clerk = await stage.clerk({ keyType: 'rsa2048' });
	await stage.hall.stop();
	const native = program.hall, wrapper = path.join(folder, 'keyhall-hall');
	writeFileSync(wrapper, `#!/bin/sh
exec valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99 \\
	--log-file='${folder}/valgrind.%p' '${native}' "$@"\n`);
	chmodSync(wrapper, 0o755);
	program.hall = wrapper;
	try {
		await stage.hall.again();
		assert.equal((await clerk.whole()).state, 'INSTALLED');
		await assert.rejects(clerk.client.post('/api/orders', { certificate: 'garbage' }), { name: 'input.invalid' });
		const end = await stage.hall.service.stop();
		const logs = readdirSync(folder).filter((name) => name.startsWith('valgrind.'));
		assert.ok(logs.length > 0, 'valgrind ran');
		for (const name of logs) assert.equal(readFileSync(path.join(folder, name), 'utf8'), '');
		assert.equal(end.code, 0);
	} finally {
		program.hall = native;
	}
});
