// ./dev package on a bare Debian of each release: it installs what it needs and makes everything. Packages of another release than this
// system's then have to pass deb.test.mjs there.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { inMountNamespace } from '../lib/namespace.mjs';
import { root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

const own = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];
const releases = process.env.KEYHALL_RELEASES?.split(' ') ?? ['bookworm', 'trixie'];
const made = [/^keyhall_[\d.]+_\w+\.deb$/, /^keyhall-hall_[\d.]+_\w+\.deb$/, /^keyhall-[\d.]+-1\.\w+\.rpm$/, /^keyhall-hall-[\d.]+-1\.\w+\.rpm$/, /^keyhall-[\d.]+-1\.src\.rpm$/, /^keyhall-[\d.]+\.tar\.xz$/,
	/^keyhall-setup-[\d.]+-x64\.exe$/, /^keyhall-[\d.]+-x64\.msi$/, /^keyhall-[\d.]+-winget\.zip$/, /^keyhall-[\d.]+\.provenance\.json$/, /^SHA256SUMS$/];

for (const release of releases)
	test(release, async (t) => {
		const folder = temporaryFolder(), system = path.join(folder, 'system'), dist = path.join(folder, 'dist');
		const inside = (command) => run(...(([file, ...before]) => [file, [...before, 'sh', '-c',
			`mount -t proc proc '${system}/proc'; exec chroot '${system}' sh -c '${command}'`]])(inMountNamespace()), { env: { LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' } });
		try {
			await run('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', release, system]);
			if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', path.join(system, 'etc/resolv.conf'));
			await run('git', ['clone', '--quiet', '--no-hardlinks', root, path.join(system, 'keyhall')]);
			const begun = Date.now();
			await inside('cd /keyhall && ./dev package');
			t.diagnostic(`${release}: made in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
			cpSync(path.join(system, 'keyhall/dist'), dist, { recursive: true });
			const names = readdirSync(dist);
			for (const name of made) assert.ok(names.some((one) => name.test(one)), `${name} in ${names}`);
			for (const name of names.filter((one) => /\.(deb|rpm|xz)$/.test(one))) assert.ok(names.includes(`${name}.cdx.json`), `the bill of ${name}`);
			await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: dist });
			removeFolder(system);
			if (release === own) return;
			const { status, stdout, stderr } = await run('env', ['-u', 'NODE_TEST_CONTEXT', process.execPath, '--test', '--test-reporter=spec', path.join(root, 'tests/packages/deb.test.mjs')],
				{ env: { KEYHALL_RELEASE: release, KEYHALL_DIST: dist }, status: null });
			for (const line of stdout.match(/^.*first answer.*$/gm) ?? []) t.diagnostic(line.trim());
			assert.equal(status, 0, stdout + stderr);
		} finally { removeFolder(folder); }
	});
