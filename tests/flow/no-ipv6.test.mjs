// A machine without IPv6: "not available" is not "in use".
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

// Root makes a namespace with nothing else, in a chroot, too; everybody else is root in a user namespace.
const unshare = ['unshare', '--net', ...process.getuid() === 0 ? [] : ['--map-root-user']];
const lib = (name) => path.join(root, 'tests/lib', name);

test('P1: no [::1]: 127.0.0.1 alone, logged, and shown in the check', () => {
	const [file, ...args] = [...unshare, 'python3', lib('no-ipv6.py'), process.execPath, lib('no-ipv6.mjs')];
	const seen = JSON.parse(execFileSync(file, args, { encoding: 'utf8', timeout: 60000 }).trim().split('\n').at(-1));
	assert.match(seen.ipv6, /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/, 'the namespace has no [::1]');
	for (const [locale, words] of [['zh-CN', /仅使用 127\.0\.0\.1/], ['en', /on 127\.0\.0\.1 alone/]]) {
		assert.deepEqual([seen[locale].state, seen[locale].code], ['ok', 'agent.ipv4']);
		assert.match(seen[locale].text, words);
	}
	assert.match(seen.doctor, /127\.0\.0\.1 alone|仅使用 127\.0\.0\.1/);
	assert.match(seen.log, /no \[::1\] on this machine: 127\.0\.0\.1 alone/);
	assert.match(seen.log, /listening on 127\.0\.0\.1:\d+$/m);
	assert.match(seen.taken, /is in use/, 'a port that is taken still ends it');
});
