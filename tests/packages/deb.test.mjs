// The .deb packages on a new Debian system: installed with what they need, a renewal with what was installed, upgraded in the middle of another,
// removed. Programs run in a chroot, in which the scene's folder and the scripted PIN window are bound. KEYHALL_RELEASE and KEYHALL_DIST: of
// another release than this system's, with packages that were made there (bare.test.mjs).
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { inMountNamespace } from '../lib/namespace.mjs';
import { program, root } from '../lib/paths.mjs';
import { Service, answers, freePort, removeFolder, run, temporaryFolder, until, untilListening } from '../lib/process.mjs';
import { findCertificate, payOrder, renew, untilIssued } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';

const release = process.env.KEYHALL_RELEASE ?? /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];
const dist = process.env.KEYHALL_DIST ?? path.join(root, 'dist');
const packages = () => readdirSync(dist).filter((name) => name.endsWith('.deb'));
let folder, system;

// In the system, with the folders bound where they are outside.
const inside = (...bound) => [...inMountNamespace(), 'sh', '-c',
	`mount -t proc proc '${system}/proc'\n${bound.map((one) => `mkdir -p '${system}${one}' && mount --rbind '${one}' '${system}${one}'`).join('\n')}\nexec chroot '${system}' "$@"`, 'sh'];
const call = (file, ...args) => run(...(([first, ...rest]) => [first, [...rest, file, ...args]])(inside()), { env: { DEBIAN_FRONTEND: 'noninteractive', LANG: 'C.UTF-8' } });
const apt = (...args) => call('apt-get', '-y', '-qq', '-o', 'Dpkg::Use-Pty=0', ...args);

// The same package under a later version.
async function later(file, version) {
	const place = path.join(folder, 'later'), name = path.join(folder, `later-${version}.deb`);
	await run('dpkg-deb', ['-R', file, place]);
	const control = path.join(place, 'DEBIAN/control');
	writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`));
	await run('dpkg-deb', ['-b', place, name]);
	removeFolder(place);
	return name;
}

async function install(file) {
	const name = path.join('/var/tmp', path.basename(file));
	copyFileSync(file, path.join(system, name));
	await apt('install', '--no-install-recommends', name);
	await call('rm', name);
}

const deb = (name) => path.join(dist, packages().find((one) => one.startsWith(`${name}_`)));
const ours = async () => (await call('sh', '-c', 'find /etc /usr /opt /var /srv /home -xdev -iname "*keyhall*" -not -path "/var/lib/dpkg/*" -not -path "/var/cache/*" -not -path "/var/log/*"')).stdout.trim();
const every = async () => (await call('sh', '-c', 'find /etc /usr /opt /var/lib /srv -xdev -not -path "/var/lib/dpkg/*" -not -path "/var/lib/apt/*" | sort')).stdout;

// A scene whose daemon and programs are the installed ones.
async function installed(action) {
	const scene = await makeScene({ hall: true });
	const built = program.keyhalld;
	try {
		await scene.daemon.stop();
		program.keyhalld = '/usr/bin/keyhalld';
		scene.daemon.before = inside(scene.folder, root);
		await scene.daemon.again();
		await action(scene);
	} finally {
		program.keyhalld = built;
		await scene.close();
	}
}

before(async () => {
	folder = temporaryFolder();
	system = path.join(folder, 'system');
	await run('mmdebstrap', ['--variant=apt', '--include=softhsm2,ca-certificates,systemd', release, system]);
	await apt('update');
});
after(() => removeFolder(folder));

test('lintian finds nothing', async () => {
	const { stdout, stderr, status } = await run('lintian', ['--allow-root', '--fail-on', 'warning,error', ...packages().map((name) => path.join(dist, name))], { status: null });
	assert.equal(status, 0, stdout + stderr);
});

const configuration = () => path.join(system, 'etc/keyhall/config.json');
const chromium = () => path.join(system, 'etc/chromium/policies/managed/zz-keyhall.json');
const launched = () => JSON.parse(readFileSync(chromium(), 'utf8')).AutoLaunchProtocolsFromOrigins[0].allowed_origins;

test('installs on a system that has nothing of it but a configuration, which it keeps; browsers know its hall', async () => {
	const text = '{\n  "origins": ["https://hall.example.cn"]\n}';
	mkdirSync(path.dirname(configuration()));
	writeFileSync(configuration(), text);
	await install(deb('keyhall'));
	assert.equal(readFileSync(configuration(), 'utf8'), text);
	assert.deepEqual(launched(), ['https://hall.example.cn']);
	assert.match((await call('keyhall', '--version')).stdout, /^keyhall \d/);
	assert.match((await call('sh', '-c', 'keyhall doctor --locale en; true')).stdout, /2102 {2}The key agent is not running/);
	assert.match((await call('sh', '-c', 'LD_BIND_NOW=1 /usr/bin/keyhalld --version')).stdout, /^keyhalld \d/);
	assert.match(readFileSync(path.join(system, 'usr/lib/udev/rules.d/60-keyhall.rules'), 'utf8'), /ATTR\{idVendor\}=="055c", ATTR\{idProduct\}=="e618", TAG\+="uaccess"/);
	assert.ok(existsSync(path.join(system, 'usr/share/man/man1/keyhalld.1.gz')));
	for (const name of ['usr/libexec/keyhall/keyhall-tray', 'usr/libexec/keyhall/keyhall-notify', 'etc/xdg/autostart/keyhall-tray.desktop', 'etc/xdg/autostart/keyhall.desktop'])
		assert.ok(existsSync(path.join(system, name)), name);
	for (const name of readdirSync(path.join(root, 'agent/tray/hicolor'), { recursive: true }).filter((one) => one.endsWith('.svg')))
		assert.ok(existsSync(path.join(system, 'usr/share/icons/hicolor', name)), name);
	for (const name of ['applications/keyhall-manager.desktop', 'icons/hicolor/scalable/apps/keyhall.svg', 'bash-completion/completions/keyhall', 'zsh/site-functions/_keyhall', 'fish/vendor_completions.d/keyhall.fish', 'man/zh_CN/man1/keyhall.1.gz'])
		assert.ok(existsSync(path.join(system, 'usr/share', name)), name);
});

test('the file of a hall is taken by one command; one that is wrong stops no installation and is refused', async () => {
	const offered = path.join(system, 'var/tmp/hall.json'), again = () => call('dpkg-reconfigure', '-f', 'noninteractive', 'keyhall');
	writeFileSync(offered, '{"origins": ["https://hall.example.cn/path"]}');
	const refused = await run(...(([file, ...before]) => [file, [...before, 'keyhall', 'configure', '--yes', '--locale', 'en', '/var/tmp/hall.json']])(inside()), { status: null });
	assert.deepEqual([refused.status, refused.stderr.trim().split('\n').length], [2, 1], refused.stderr);
	assert.deepEqual(launched(), ['https://hall.example.cn']);
	writeFileSync(offered, '{"origins": ["https://other.example.cn"]}');
	await call('keyhall', 'configure', '--yes', '/var/tmp/hall.json');
	assert.equal(readFileSync(configuration(), 'utf8'), readFileSync(offered, 'utf8'));
	assert.equal(statSync(configuration()).mode & 0o777, 0o644);
	await again();
	assert.deepEqual(launched(), ['https://other.example.cn']);
	writeFileSync(configuration(), '{"origins": [');
	assert.match((await again()).stderr, /^keyhall policies: \/etc\/keyhall\/config\.json: .*$/m);
	assert.ok(!existsSync(chromium()));
	await call('rm', '/var/tmp/hall.json', '/etc/keyhall/config.json');
	await again();
});

test('from the package to the first answer', (t) => installed(async (scene) => {
	await scene.daemon.stop();
	await apt('remove', 'keyhall');
	copyFileSync(deb('keyhall'), path.join(system, 'var/tmp/keyhall.deb'));
	const begun = Date.now();
	await call('dpkg', '-i', '/var/tmp/keyhall.deb');
	const unpacked = Date.now();
	await scene.daemon.again();
	await (await scene.connect()).close();
	t.diagnostic(`${release}: installed in ${unpacked - begun} ms, first answer ${Date.now() - begun} ms after the beginning`);
	await call('rm', '/var/tmp/keyhall.deb');
}));

test('a whole renewal with what was installed', () => installed(async (scene) => {
	const agent = await scene.connect();
	const done = await renew(scene, { agent, hall: scene.hall.client() });
	assert.equal(done.order.state, 'INSTALLED');
	await agent.close();
}));

test('upgraded with a renewal half done: the new version completes it', () => installed(async (scene) => {
	const hall = scene.hall.client(), agent = await scene.connect();
	const old = await findCertificate(agent, scene.oldPem);
	const order = await payOrder(hall, (await hall.post('/api/orders', { certificate: old.pem })).order, { serial: scene.token.serial, company: scene.company });
	const { csr, proof } = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
	const { issued } = await untilIssued(hall, (await hall.post(`/api/orders/${order.id}/key`, { csr, proof })).order);

	await install(await later(deb('keyhall'), '99.0.0'));
	assert.match((await call('dpkg-query', '-W', 'keyhall')).stdout, /99\.0\.0/);
	await scene.daemon.stop();
	await scene.daemon.again();
	const next = await scene.connect();
	assert.equal((await next.call('renewal.inspect', { order: order.id })).stage, 'key');
	const { receipt } = await next.call('renewal.install', { order: order.id, certificate: issued.certificate, chain: issued.chain });
	await hall.post(`/api/orders/${order.id}/receipt`, { receipt });
	assert.deepEqual((await next.call('renewal.complete', { order: order.id })).retired, [old.id]);
	await next.close();
}));

const own = '/run/user/1000';
const asClerk = (...command) => {
	const [file, ...before] = inside();
	return [file, [...before, 'setpriv', '--reuid=clerk', '--regid=clerk', '--clear-groups', 'env', 'HOME=/home/clerk', `XDG_RUNTIME_DIR=${own}`, ...command]];
};

// Somebody is logged in: with the real systemd of a user, in a control group of its own.
async function loggedIn(action) {
	const group = `keyhall-${process.pid}`, [file, ...before] = inside();
	const groups = 'mount -t cgroup2 cgroup2 /sys/fs/cgroup', user = 'setpriv --reuid=clerk --regid=clerk --clear-groups env HOME=/home/clerk';
	const enter = `set -e; mount -t sysfs sysfs /sys; ${groups}; cd /sys/fs/cgroup; mkdir ${group}; echo $$ >${group}/cgroup.procs; chown -R clerk ${group}; cd /
		umount /sys/fs/cgroup; mkdir -p -m 755 /run/user /run/systemd/system; mkdir -p -m 700 ${own}; chown clerk ${own}
		exec unshare --cgroup sh -c '${groups}; exec ${user} XDG_RUNTIME_DIR=${own} SYSTEMD_LOG_TARGET=console /usr/lib/systemd/systemd --user'`;
	await call('useradd', '--create-home', '--uid', '1000', 'clerk');
	const manager = new Service(file, [...before, 'sh', '-c', enter]);
	try {
		await until(() => {
			assert.ok(!manager.end, manager.output());
			return existsSync(path.join(system, own, 'systemd/private'));
		}, 'the systemd of the user');
		await action();
	} finally {
		await manager.stop();
		await run(file, [...before, 'sh', '-c', `mount -t sysfs sysfs /sys; mount -t cgroup2 cgroup2 /sys/fs/cgroup; find /sys/fs/cgroup/${group} -depth -type d -exec rmdir {} +`]);
		await call('sh', '-c', 'userdel --remove clerk; rm -r /run/user /run/systemd/system');
	}
}

test('starts with the desktop, and again when it has died', () => loggedIn(async () => {
	const tell = async (property) => (await run(...asClerk('systemctl', '--user', 'show', '--value', `--property=${property}`, 'keyhalld.service'))).stdout.trim();
	const pid = async () => Number(await tell('MainPID'));
	const configure = (settings) => writeFileSync(configuration(), JSON.stringify(settings));
	configure({ port: await freePort(), origins: ['https://hall.example'] });
	await run(...asClerk('/usr/libexec/keyhall/start'));
	assert.equal(await tell('ActiveState'), 'active');
	const rows = async () => JSON.parse((await run(...asClerk('keyhall', 'doctor', '--json'), { status: null })).stdout).items;
	await until(async () => (await rows()).find(({ id }) => id === 'agent').code === 'ok', 'an answer of the agent');

	const first = await pid(), about = readFileSync(`/proc/${first}/status`, 'utf8');
	assert.match(about, /^NoNewPrivs:\t1$/m);
	assert.match(about, /^Seccomp:\t2$/m);
	process.kill(first, 'SIGKILL');
	await until(async () => await pid() > 0 && await pid() !== first, 'another agent');

	const port = await freePort(), second = await pid();
	configure({ port, origins: ['https://hall.example'] });
	await until(() => answers(port), 'the agent of the other configuration');
	const third = await pid();
	assert.notEqual(third, second);
	configure({ port, origins: ['https://hall.example/path'] });
	await until(async () => (await run(...asClerk('systemctl', '--user', 'show', '--value', '--property=Result', 'keyhall-configuration.service'))).stdout.includes('exec-condition'), 'the look at the wrong one');
	assert.equal(await pid(), third);
	removeFolder(configuration());
}));

test('the hall serves as a user of its own', async () => {
	await install(deb('keyhall-hall'));
	const port = await freePort(), [file, ...before] = inside();
	const hall = new Service(file, [...before, 'setpriv', '--reuid=keyhall-hall', '--regid=keyhall-hall', '--clear-groups', 'sh', '-c',
		`cd /tmp && keyhall-hall init --state hall && exec keyhall-hall --state hall --port ${port}`]);
	try {
		await untilListening(hall, port);
		const page = await (await fetch(`http://127.0.0.1:${port}/renew`)).text();
		for (const [, place] of page.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g)) assert.equal((await fetch(`http://127.0.0.1:${port}${place}`)).status, 200, place);
		assert.match(page, /sdk\/keyhall\.js/);
	} finally { await hall.stop(); }
	await call('rm', '-r', '/tmp/hall');
});

test('the units say nothing that systemd does not know', async () => {
	const { stdout, stderr } = await call('sh', '-c', 'XDG_RUNTIME_DIR=/tmp systemd-analyze verify --man=no --user /usr/lib/systemd/user/keyhalld.service /usr/lib/systemd/user/keyhall-configuration.path /usr/lib/systemd/user/keyhall-configuration.service; systemd-analyze verify --man=no keyhall-hall.service keyhall-policies.service keyhall-policies.path');
	assert.equal(stdout + stderr, '');
});

test('removed, nothing of it is left', async () => {
	writeFileSync(configuration(), '{"origins": ["https://hall.example.cn"]}');
	await call('/usr/libexec/keyhall/policies', 'install');
	await apt('purge', 'keyhall', 'keyhall-hall');
	assert.equal(await ours(), '');
	const once = await every();
	await install(deb('keyhall'));
	await apt('purge', 'keyhall');
	assert.equal(await every(), once);
});
