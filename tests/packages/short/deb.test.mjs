// What ./dev test --packages does at length, without a system of its own: the .deb is made of what is built already, installed by dpkg into an empty folder
// that has this computer's packages by name only, and unpacked into a home folder without root. A renewal with each; removed, nothing is left.
// KEYHALL_DIST: a folder where it is already.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { Client } from '../../lib/client.mjs';
import { noDesktop } from '../../lib/daemon.mjs';
import { build, program, root } from '../../lib/paths.mjs';
import { answers, removeFolder, run, temporaryFolder, until } from '../../lib/process.mjs';
import { renew } from '../../lib/renewal.mjs';
import { makeScene } from '../../lib/scene.mjs';

let folder, deb;
const file = (...parts) => path.join(folder, ...parts);
const files = async (place) => (await run('find', [place, '!', '-type', 'd', '-printf', '%P\n'])).stdout.split('\n').filter((name) => name && !name.startsWith('var/lib/dpkg/') && !name.startsWith('var/log/')).sort();
const everything = async (place) => (await run('find', [place, '-printf', '%P %y\n'])).stdout.split('\n').sort();

before(async () => {
	folder = temporaryFolder();
	const dist = process.env.KEYHALL_DIST ?? file('dist');
	if (!process.env.KEYHALL_DIST) await run(path.join(root, 'installer/linux/deb'), [dist], { env: { KEYHALL_BUILT: build } });
	deb = path.join(dist, readdirSync(dist).find((name) => name.startsWith('keyhall_')));
});
after(() => removeFolder(folder));

// dpkg's books as they are here, without the lists of files: so what the package depends on is looked for, and nothing of it is there twice.
async function makeRoot(place) {
	mkdirSync(path.join(place, 'var/lib/dpkg/info'), { recursive: true });
	mkdirSync(path.join(place, 'var/lib/dpkg/updates'));
	const rows = readFileSync('/var/lib/dpkg/status', 'utf8').split('\n\n').filter((row) => row.trim() && !/^Package: keyhall/m.test(row));
	writeFileSync(path.join(place, 'var/lib/dpkg/status'), `${rows.join('\n\n')}\n`);
	writeFileSync(path.join(place, 'var/lib/dpkg/info/format'), '1\n');
	for (const row of rows) {
		const [, name] = /^Package: (.*)$/m.exec(row), same = /^Multi-Arch: same$/m.test(row) ? `:${/^Architecture: (.*)$/m.exec(row)[1]}` : '';
		writeFileSync(path.join(place, 'var/lib/dpkg/info', `${name}${same}.list`), '');
	}
}

const dpkg = (place, ...args) => run('dpkg', [`--root=${place}`, '--force-script-chrootless', '--force-not-root', '--force-unsafe-io', `--log=${file('dpkg.log')}`, ...args], { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });

test('dpkg: installed beside a configuration, a renewal, the next version, purged', async (t) => {
	const place = file('root'), configuration = path.join(place, 'etc/keyhall/config.json'), chromium = path.join(place, 'etc/chromium/policies/managed/zz-keyhall.json');
	await makeRoot(place);
	const once = await files(place);
	mkdirSync(path.dirname(configuration), { recursive: true });
	writeFileSync(configuration, '{"origins": ["https://hall.example.cn"]}');
	const scene = await makeScene({ hall: true, keyType: 'ec-p256' }), built = program.keyhalld;
	try {
		await scene.daemon.stop();
		program.keyhalld = path.join(place, 'usr/bin/keyhalld');
		const begun = Date.now();
		await dpkg(place, '--install', deb);
		await scene.daemon.again();
		const agent = await scene.connect();
		t.diagnostic(`installed, and the first answer, after ${Date.now() - begun} ms`);
		assert.match(readFileSync(chromium, 'utf8'), /https:\/\/hall\.example\.cn/);
		assert.match(await readFileSync(`/proc/${scene.daemon.service.pid}/cmdline`, 'utf8'), new RegExp(`^${program.keyhalld}`));
		assert.equal((await renew(scene, { agent, hall: scene.hall.client() })).order.state, 'INSTALLED');
		await agent.close();

		await dpkg(place, '--install', deb);
		await scene.daemon.stop();
		await scene.daemon.again();
		const next = await scene.connect();
		assert.equal((await next.call('certificate.list')).certificates.length, 1);
		await next.close();
	} finally {
		program.keyhalld = built;
		await scene.close();
	}
	await dpkg(place, '--purge', 'keyhall');
	assert.deepEqual(await files(place), once);
	assert.ok(!existsSync(path.dirname(configuration)));
});

test('in a home folder, without root: a renewal, once more, removed', async () => {
	const home = file('张 三'), unpacked = file('unpacked'), here = (...parts) => path.join(home, ...parts);
	mkdirSync(home);
	await run('dpkg-deb', ['-x', deb, unpacked]);
	const scene = await makeScene({ hall: true, keyType: 'ec-p256' });
	try {
		await scene.daemon.stop();
		const { XDG_CONFIG_HOME: _, XDG_STATE_HOME: __, ...rest } = scene.daemon.env;
		const env = { ...rest, ...noDesktop, HOME: home, LC_ALL: 'en_US.UTF-8', XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', XDG_DATA_HOME: '' };
		const script = async (name, ...args) => run(name, args, { env, status: null });
		const install = path.join(unpacked, 'usr/libexec/keyhall/home'), own = here('.local/libexec/keyhall/home'), offer = file('hall.json');
		const empty = await everything(home);

		writeFileSync(offer, '{"origins": [1]}');
		const wrong = await script(install, 'install', offer);
		assert.deepEqual([wrong.status, wrong.stderr.trim().split('\n').length], [1, 1], wrong.stderr);
		assert.deepEqual(await everything(home), empty);

		const { state: _state, ...settings } = scene.daemon.settings;
		writeFileSync(offer, JSON.stringify(settings));
		const { status, stdout, stderr } = await script(install, 'install', offer);
		assert.equal(status, 0, stderr);
		assert.match(stdout, /^keyhalld \d.* is installed in .*\.local\..*\nWithout root: the browser asks once/);
		for (const name of ['.local/bin/keyhall', '.local/share/systemd/user/keyhalld.service', '.local/share/applications/keyhall-start.desktop', '.local/share/icons/hicolor/scalable/apps/keyhall.svg',
			'.local/share/bash-completion/completions/keyhall', '.local/share/man/zh_CN/man1/keyhall.1.gz', '.config/fish/completions/keyhall.fish', '.config/autostart/keyhall.desktop', '.config/keyhall/config.json'])
			assert.ok(existsSync(here(name)), name);
		for (const name of (await files(home)).filter((one) => !/\.gz$|bin\/|libexec\/keyhall\/keyhall-/.test(one)))
			assert.doesNotMatch(readFileSync(here(name), 'utf8').replace(/^#.*$/gm, ''), name.endsWith('/home') ? /^$/ : /\/usr\/(bin|libexec)\//, name);
		const entry = readFileSync(here('.config/autostart/keyhall.desktop'), 'utf8');
		assert.match(entry, new RegExp(`^Exec="${here('.local/libexec/keyhall/start')}"$`, 'm'));

		await until(() => answers(scene.daemon.port), 'the agent in the home folder');
		const agent = await Client.connect(scene.daemon.port, { origin: scene.origin });
		assert.equal((await renew(scene, { agent, hall: scene.hall.client() })).order.state, 'INSTALLED');
		await agent.close();
		assert.ok(existsSync(here('.local/state/keyhall')));

		rmSync(path.join(unpacked, 'usr/share/fish'), { recursive: true });
		assert.equal((await script(install, 'install')).status, 0);
		assert.ok(!existsSync(here('.config/fish')), 'what the next version has no more goes');
		await until(() => answers(scene.daemon.port), 'the agent of the next version');
		assert.equal((await script(own, 'install')).status, 1);

		assert.equal((await script(own, 'remove')).status, 0);
		await until(async () => !await answers(scene.daemon.port), 'its end');
		assert.deepEqual((await files(home)).filter((name) => !/^\.config\/keyhall\/config\.json$|^\.local\/state\/keyhall\//.test(name)), []);
		assert.equal((await script(install, 'purge')).status, 0);
		assert.deepEqual(await everything(home), empty);
	} finally {
		await run(path.join(unpacked, 'usr/libexec/keyhall/home'), ['purge'], { env: { HOME: home, XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', XDG_DATA_HOME: '' }, status: null });
		await scene.close();
	}
});
