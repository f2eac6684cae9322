// PIN window programs that do not do their work.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { describe } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';

const answers = (getpin) => `echo OK hello; while read -r c; do case $c in GETPIN*) ${getpin};; *) echo OK;; esac; done`;

describe('a program that', { concurrency: 5 }, () => {
	for (const [what, script, expected] of [
		['is not there', null, 'pin.unavailable'],
		['ends at once', 'exit 0', 'pin.unavailable'],
		['crashes', 'kill -SEGV $$', 'pin.unavailable'],
		['says nothing', 'exec sleep 600', 'pin.unavailable'],
		['greets and says nothing more', 'echo OK hello; exec sleep 600', 'pin.unavailable'],
		['has no display', "echo 'ERR 1 no display'; exec sleep 600", 'pin.unavailable'],
		['talks without end', "head -c 10000000 /dev/zero | tr '\\0' a; exec sleep 600", 'pin.unavailable'],
		['answers with another error', answers("echo 'ERR 83886340 Invalid length'"), 'pin.unavailable'],
		['answers more than a PIN can hold', answers('head -c 500 /dev/zero | tr "\\0" 1 | sed "s/^/D /"; echo; echo OK'), 'pin.unavailable'],
		['dies over the question', answers('exit 1'), 'pin.unavailable'],
	])
		test(what, { timeout: 40000 }, async () => {
			const folder = temporaryFolder(), pinentry = path.join(folder, 'pinentry');
			if (script !== null) {
				writeFileSync(pinentry, `#!/bin/sh\n${script}\n`);
				chmodSync(pinentry, 0o755);
			}
			const scene = await makeScene({ keyType: 'ec-p256', settings: { pinentry } });
			try {
				const agent = await scene.connect();
				const { tokens: [token] } = await agent.call('token.list');
				assert.equal(token.pin, 'ok');
				await refused(agent.call('pin.verify', { token: token.token }), expected);
				const { tokens: [same] } = await agent.call('token.list');
				assert.equal(same.pin, 'ok');
				assert.equal((await agent.call('certificate.list')).certificates.length, 1);
				await agent.close();
			} finally { await scene.close(); }
		});
});
