// The tarball, on a new system with the few libraries that the agent is made of, and no more: it builds, says what it built without, and renews a
// certificate. What meson dist makes is the same.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { inMountNamespace } from '../lib/namespace.mjs';
import { program, root } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { renew } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { keyhall } from '../lib/tool.mjs';

const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];
const tools = ['gcc', 'libc6-dev', 'meson', 'ninja-build', 'pkg-config', 'python3', 'xz-utils'];
const libraries = ['libp11-dev', 'opensc', 'libssl-dev', 'libwebsockets-dev', 'libjansson-dev', 'libusb-1.0-0-dev', 'libuv1-dev', 'libsqlite3-dev'];
const dist = path.join(root, 'dist'), tarball = readdirSync(dist).find((name) => name.endsWith('.tar.xz')), unpacked = tarball.replace('.tar.xz', '');
let folder, system;
before(() => { folder = temporaryFolder(); system = path.join(folder, 'system'); });
after(() => removeFolder(folder));

const inside = (command) => run(...(([file, ...rest]) => [file, [...rest, 'sh', '-c', `mount -t proc proc '${system}/proc'; exec chroot '${system}' sh -c '${command}'`]])(inMountNamespace()), { env: { LANG: 'C.UTF-8' } });

test('builds with OpenSC, libp11, OpenSSL, libwebsockets, jansson, libusb, libuv and SQLite', async () => {
	await run('mmdebstrap', ['--variant=minbase', `--include=${[...tools, ...libraries].join(',')}`, release, system]);
	copyFileSync(path.join(dist, tarball), path.join(system, tarball));
	const { stdout } = await inside(`tar -xf ${tarball} && cd ${unpacked} && meson setup build && ninja -C build --quiet`);
	for (const [feature, there] of [['second reader', 'YES'], ['smart card readers', 'NO'], ['report as .zip', 'NO'], ['desktop', 'NO'], ['hall', 'NO'], ['tests', 'NO']])
		assert.match(stdout, new RegExp(`^ *${feature}[^:]*: ${there}`, 'm'), stdout);
});

test('renews a certificate', async () => {
	const built = { ...program }, build = path.join(system, unpacked, 'build');
	const scene = await makeScene({ hall: true });
	try {
		await scene.daemon.stop();
		Object.assign(program, { keyhalld: path.join(build, 'agent/keyhalld'), keyhall: path.join(build, 'agent/keyhall') });
		await scene.daemon.again();
		assert.equal(readFileSync(`/proc/${scene.daemon.service.pid}/cmdline`, 'utf8').split('\0')[0], program.keyhalld);
		const agent = await scene.connect();
		assert.equal((await renew(scene, { agent, hall: scene.hall.client() })).order.state, 'INSTALLED');
		const { items: [{ code }] } = await agent.call('environment.check');
		assert.equal(code, 'ok');
		await agent.close();
		const report = (...args) => keyhall(scene.daemon, ['report', '--locale', 'en', ...args]);
		const { status, stderr } = await report('--yes', '--out', path.join(folder, 'report.zip'));
		assert.equal(status, 1);
		assert.match(stderr, /libzip: this program was built without it/);
		assert.equal(JSON.parse((await report()).stdout).modules.length, 1);
	} finally {
		Object.assign(program, built);
		await scene.close();
	}
});

test('meson dist packs the same files', async () => {
	const source = path.join(folder, 'source'), list = async (file, ...more) => (await run('tar', ['-tf', file, ...more])).stdout.split('\n').filter((name) => name && !name.endsWith('/')).sort();
	await run('git', ['clone', '--quiet', root, source]);
	await run('meson', ['setup', 'build'], { cwd: source });
	await run('meson', ['dist', '-C', 'build', '--no-tests'], { cwd: source });
	const other = path.join(source, 'build/meson-dist', tarball);
	assert.deepEqual(await list(other), await list(path.join(dist, tarball)));
	const places = ['one', 'other'].map((name) => path.join(folder, name));
	for (const [place, file] of [[places[0], path.join(dist, tarball)], [places[1], other]]) {
		mkdirSync(place);
		await run('tar', ['-xf', file, '-C', place]);
	}
	await run('diff', ['-r', ...places]);
});
