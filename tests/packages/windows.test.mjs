// The Windows installers under wine, each in a Windows of its own: installed silently with a hall's configuration, a renewal by what was installed, upgraded
// while a page is connected and an order is half done, repaired, removed: registry and files are as before. Made by ./dev package; the test key, the
// scripted PIN window and the door for a client outside of wine are built beside (KEYHALL_BUILD_WINDOWS).
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Client } from '../lib/client.mjs';
import { root } from '../lib/paths.mjs';
import { Service, freePort, removeFolder, run, temporaryFolder, until } from '../lib/process.mjs';
import { checkProof, checkReceipt, findCertificate } from '../lib/renewal.mjs';
import { makeKey, sha256 } from '../lib/token.mjs';
import { Wine } from '../lib/wine.mjs';

const dist = process.env.KEYHALL_DIST ?? path.join(root, 'dist');
const tools = path.resolve(root, process.env.KEYHALL_BUILD_WINDOWS ?? 'build-win');
const of = (pattern) => path.join(dist, readdirSync(dist).find((name) => pattern.test(name)) ?? String(pattern));
const exe = of(/^keyhall-setup-[\d.]+-x64\.exe$/), msi = of(/^keyhall-[\d.]+-x64\.msi$/);
const version = /-([\d.]+)-x64/.exec(exe)[1];
const home = 'C:\\Program Files\\Keyhall', data = 'C:\\ProgramData\\Keyhall';
const origin = 'http://localhost:8080', hall = 'https://hall.example.cn';
const policies = 'HKLM\\SOFTWARE\\Policies';
const menu = 'C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs';
let folder, later, installedFiles; // of the first installation

before(() => { folder = temporaryFolder('安装'); });
after(() => removeFolder(folder));

// A Windows with the test key, its CA and a hall's file; who else has policies there.
async function makeScene(name) {
	const at = (...names) => path.join(folder, name, ...names), scene = { at, store: at('store') };
	for (const one of [at('ca'), at('old'), at('offer'), at('key'), at('pin window'), at('store/seed')]) mkdirSync(one, { recursive: true });
	scene.ca = await Authority.make(at('ca'));
	const pair = await makeKey('ec-p256');
	scene.oldPem = await scene.ca.issue(await makeRequest(pair, at('old')), { notBefore: days(-345), notAfter: days(20) });
	writeFileSync(at('store/seed/A.pem'), pair + scene.oldPem);
	copyFileSync(path.join(tools, 'tests/softkey/softkey.dll'), at('key/测试 key.dll'));
	copyFileSync(path.join(tools, 'tests/windows/pinentry.exe'), at('pin window/pinentry.exe'));
	writeFileSync(at('pin window/pin'), '123456\n');
	scene.port = await freePort();
	scene.wine = await Wine.make();
	const { there } = scene.wine;
	// Of the user, whose environment the agent has. A login, at which wine makes keys that every Windows has; but for one.
	await scene.wine.run('reg', 'add', 'HKCU\\Environment', '/v', 'SOFTKEY_STORE', '/d', there(scene.store), '/f');
	await scene.wine.run('wineboot');
	await scene.wine.run('reg', 'add', 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run', '/f');
	scene.settings = { port: scene.port, origins: [origin, hall], halls: [{ origin: hall, name: '示例服务厅' }], anchors: [scene.ca.rootPem],
		modules: [{ path: there(at('key/测试 key.dll')) }], pinentry: there(at('pin window/pinentry.exe')) };
	scene.offer = at('offer/hall.json');
	writeFileSync(scene.offer, JSON.stringify(scene.settings));
	for (const [key, value, text] of [
		[`${policies}\\Google\\Chrome\\LoopbackNetworkAllowedForUrls`, '7', 'https://other.example'],
		[`${policies}\\Google\\Chrome`, 'AutoLaunchProtocolsFromOrigins', '[{"protocol": "mailto", "allowed_origins": ["https://mail.example"]}]'],
		[`${policies}\\Microsoft\\Edge\\LocalNetworkAccessAllowedForUrls`, '1', hall],
	]) await scene.wine.run('reg', 'add', key, '/v', value, '/t', 'REG_SZ', '/d', text, '/f');
	scene.relay = new Service('wine', [path.join(tools, 'tests/windows/relay.exe'), '0', String(scene.port)], { env: scene.wine.env });
	const door = Number(await until(() => /relay: (\d+)/.exec(scene.relay.output())?.[1], 'the relay'));
	scene.connect = () => Client.connect(door, { origin, headers: { Host: `127.0.0.1:${scene.port}` } });
	scene.untilAnswers = () => until(() => scene.connect().catch(() => null), 'an answer of the agent');
	scene.close = async () => {
		await scene.wine.close();
		for (const stream of [scene.relay.child.stdout, scene.relay.child.stderr]) stream.destroy();
		await scene.relay.kill();
	};
	return scene;
}

// What an installation may leave nothing of.
const everything = async ({ wine }) => ({ registry: await wine.registry('HKLM\\SOFTWARE'), files: wine.files('C:\\Program Files', 'C:\\ProgramData', 'C:\\users').filter((name) => !/\\Temp\\~nsu/.test(name)) });
const lists = async ({ wine }) => {
	const rows = await wine.registry(policies), found = {};
	for (const [name, value] of Object.entries(rows)) {
		const [, key] = /^HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\((?:Google|Microsoft|Mozilla|Chromium)(?:\\.*)?)\\"/i.exec(name) ?? [];
		if (key) (found[key] ??= []).push(JSON.parse(value));
	}
	return found;
};

async function begin(scene, order) {
	const agent = await scene.untilAnswers(), old = await findCertificate(agent, scene.oldPem), { tokens } = await agent.call('token.list');
	const { csr, proof } = await agent.call('renewal.begin', { order, certificate: old.id, key: 'new' });
	checkProof(proof, { order, origin, serial: tokens[0].serial, csr, certificate: scene.oldPem });
	return { agent, order, old, serial: tokens[0].serial, pem: await scene.ca.issue(csr) };
}

async function finish(scene, agent, { order, old, serial, pem }) {
	const { receipt } = await agent.call('renewal.install', { order, certificate: pem, chain: [scene.ca.rootPem] });
	checkReceipt(receipt, { order, origin, serial, certificate: pem });
	assert.deepEqual((await agent.call('renewal.complete', { order })).retired, [old.id]);
	assert.ok((await findCertificate(agent, pem)).hasPrivateKey);
	scene.oldPem = pem;
}

// The next version: what is installed, without one file and with another.
async function makeLater(scene) {
	const tree = path.join(folder, 'tree'), out = path.join(folder, 'later');
	cpSync(scene.wine.path(home), tree, { recursive: true });
	for (const name of ['uninstall.exe', 'modules.d/nss.json']) rmSync(path.join(tree, name));
	writeFileSync(path.join(tree, 'modules.d/新 new.json'), readFileSync(path.join(scene.wine.path(home), 'modules.d/nss.json')));
	await run(path.join(root, 'installer/windows/make'), [tree, '99.0.0', out], { env: { SOURCE_DATE_EPOCH: '1700000000' } });
	return out;
}

test('the installers are as small as they should be', (t) => {
	for (const file of [exe, msi]) t.diagnostic(`${path.basename(file)}: ${(statSync(file).size / 1e6).toFixed(2)} MB`);
	assert.ok(statSync(exe).size <= 5e6);
});

test('setup.exe', { timeout: 1200000 }, async (t) => {
	const scene = await makeScene('exe'), { wine } = scene;
	t.after(() => scene.close());
	const setup = (file, ...args) => wine.run(wine.there(file), '/S', ...args);
	// It goes on as a copy of itself, which Windows deletes when it starts the next time.
	const uninstall = async (...args) => {
		assert.equal((await wine.run(`${home}\\uninstall.exe`, '/S', ...args)).status, 0);
		await until(() => !existsSync(wine.path(home)), 'the end of the removal');
	};
	const once = await everything(scene);

	await t.test('installs with the file that lies beside it, and the agent answers', async (t) => {
		const copy = scene.at('offer', path.basename(exe)), begun = Date.now();
		copyFileSync(exe, copy);
		assert.equal((await setup(copy)).status, 0, wine.files(data).includes(`${data}\\setup.log`) && readFileSync(wine.path(`${data}\\setup.log`), 'utf8'));
		const installed = Date.now(), agent = await scene.untilAnswers();
		t.diagnostic(`installed in ${installed - begun} ms, first answer ${Date.now() - begun} ms after the beginning`);
		assert.equal(agent.hello.version, version);
		await agent.close();
		assert.deepEqual(JSON.parse(readFileSync(wine.path(`${data}\\config.json`), 'utf8')), scene.settings);
	});

	await t.test('registry: autostart, scheme, list of programs; the start menu', async () => {
		const rows = await wine.registry('HKLM\\SOFTWARE'), value = (key, name) => rows[`HKEY_LOCAL_MACHINE\\SOFTWARE\\${key}\\${name === '@' ? name : JSON.stringify(name)}`];
		assert.equal(value('Microsoft\\Windows\\CurrentVersion\\Run', 'Keyhall'), JSON.stringify(`"${home}\\keyhalld.exe"`));
		assert.equal(value('Classes\\keyhall\\shell\\open\\command', '@'), JSON.stringify(`"${home}\\keyhalld.exe"`));
		assert.equal(value('Classes\\keyhall', 'URL Protocol'), '""');
		assert.equal(value('Microsoft\\Windows\\CurrentVersion\\Uninstall\\Keyhall', 'DisplayVersion'), JSON.stringify(version));
		assert.equal(wine.files(menu).filter((one) => one.endsWith('.lnk')).length, 3);
		installedFiles = wine.files(home);
	});

	await t.test('browsers know the https hall, beside what others have said', async () => {
		assert.deepEqual(await lists(scene), {
			'Chromium': [`[{"protocol":"keyhall","allowed_origins":["${hall}"]}]`],
			'Chromium\\LocalNetworkAccessAllowedForUrls': [hall], 'Chromium\\LoopbackNetworkAllowedForUrls': [hall],
			'Google\\Chrome': [`[{"protocol":"mailto","allowed_origins":["https://mail.example"]},{"protocol":"keyhall","allowed_origins":["${hall}"]}]`],
			'Google\\Chrome\\LocalNetworkAccessAllowedForUrls': [hall], 'Google\\Chrome\\LoopbackNetworkAllowedForUrls': ['https://other.example', hall],
			'Microsoft\\Edge': [`[{"protocol":"keyhall","allowed_origins":["${hall}"]}]`],
			'Microsoft\\Edge\\LocalNetworkAccessAllowedForUrls': [hall], 'Microsoft\\Edge\\LoopbackNetworkAllowedForUrls': [hall],
			'Mozilla\\Firefox\\LocalNetworkAccess\\SkipDomains': ['hall.example.cn'],
		});
	});

	await t.test('a renewal by what was installed', async () => {
		const begun = await begin(scene, 'W-2026.0001');
		await finish(scene, begun.agent, begun);
		await begun.agent.close();
	});

	await t.test('upgraded while a page is connected and an order half done: it goes on', async (t) => {
		later = await makeLater(scene);
		const half = await begin(scene, 'W-2026.0002'), started = Date.now();
		assert.equal((await setup(path.join(later, 'keyhall-setup-99.0.0-x64.exe'))).status, 0);
		assert.equal((await half.agent.closed).code, 1001);
		const agent = await scene.untilAnswers();
		t.diagnostic(`upgraded, and the first answer, after ${Date.now() - started} ms`);
		assert.equal((await agent.call('renewal.inspect', { order: half.order })).stage, 'key');
		await finish(scene, agent, half);
		await agent.close();
		const profiles = wine.files(`${home}\\modules.d`);
		assert.ok(profiles.includes(`${home}\\modules.d\\新 new.json`) && !profiles.includes(`${home}\\modules.d\\nss.json`));
		assert.deepEqual(JSON.parse(readFileSync(wine.path(`${data}\\config.json`), 'utf8')), scene.settings);
	});

	await t.test('repaired by the same installer: what is gone or broken is whole again', async () => {
		const installed = wine.files(home), program = wine.path(`${home}\\keyhall-token.exe`), whole = readFileSync(program);
		writeFileSync(program, 'broken');
		rmSync(wine.path(`${home}\\modules.d`), { recursive: true });
		assert.equal((await setup(path.join(later, 'keyhall-setup-99.0.0-x64.exe'))).status, 0);
		assert.deepEqual(wine.files(home), installed);
		assert.ok(readFileSync(program).equals(whole));
		await (await scene.untilAnswers()).close();
	});

	await t.test('a wrong configuration is refused: the one before stays, and the agent runs', async () => {
		const wrong = scene.at('wrong.json');
		writeFileSync(wrong, '{"origins": ["https://hall.example.cn/path"]}');
		assert.equal((await setup(exe, `/CONFIG=${wine.there(wrong)}`)).status, 3);
		assert.deepEqual(JSON.parse(readFileSync(wine.path(`${data}\\config.json`), 'utf8')), scene.settings);
		assert.match(readFileSync(wine.path(`${data}\\setup.log`), 'utf8'), /origins\.0/);
		await (await scene.untilAnswers()).close();
	});

	await t.test('origins, anchors and driver profiles by parameter', async () => {
		const drivers = scene.at('drivers 驱动');
		mkdirSync(drivers);
		copyFileSync(path.join(root, 'pkcs11/modules.d/nss.json'), path.join(drivers, 'own.json'));
		assert.equal((await setup(exe, '/ORIGINS=https://one.example,http://localhost:8080', `/ANCHORS=${wine.there(scene.ca.root)}`, `/MODULES=${wine.there(drivers)}\\`)).status, 0);
		const taken = JSON.parse(readFileSync(wine.path(`${data}\\config.json`), 'utf8'));
		assert.deepEqual(taken, { ...scene.settings, origins: ['https://one.example', origin], anchors: [`${data}\\anchors\\${path.basename(scene.ca.root)}`], drivers: `${data}\\drivers` });
		assert.deepEqual((await lists(scene))['Google\\Chrome\\LoopbackNetworkAllowedForUrls'], ['https://other.example', 'https://one.example']);
		assert.ok(existsSync(wine.path(`${data}\\drivers\\own.json`)));
		await (await scene.untilAnswers()).close();
	});

	await t.test('an address keyhall: starts the agent, and so does a login', async () => {
		for (const command of [['start', 'keyhall:start?--stop'], ['wineboot']]) {
			assert.equal((await wine.run(`${home}\\keyhalld.exe`, '--stop')).status, 0);
			await assert.rejects(scene.connect());
			await wine.run(...command);
			await (await scene.untilAnswers()).close();
		}
	});

	await t.test('removed, what agents keep of orders stays, and nothing else', async () => {
		await uninstall();
		const left = await everything(scene), journal = left.files.filter((one) => !once.files.includes(one));
		assert.deepEqual(left.registry, once.registry);
		assert.ok(journal.length > 0 && journal.every((one) => /^C:\\users\\[^\\]+\\AppData\\Local\\Keyhall/.test(one)), journal.join('\n'));
	});

	await t.test('removed with the journal: all is as before', async () => {
		assert.equal((await setup(exe)).status, 0);
		await uninstall('/JOURNAL');
		assert.deepEqual(await everything(scene), once);
	});
});

// Empty keys of Windows Installer's own, which wine makes with the first product.
const withoutBooks = ({ registry, files }) => ({ files, registry: Object.fromEntries(Object.entries(registry).filter(([name, value]) => value !== '' || !/\\(Classes|CurrentVersion)\\Installer(\\|$)/.test(name))) });

// No upgrade: wine does not tell the old version that another one takes its place (UPGRADINGPRODUCTCODE), so that it takes the configuration away.
test('the .msi', { timeout: 1200000 }, async (t) => {
	const scene = await makeScene('msi'), { wine } = scene;
	t.after(() => scene.close());
	const msiexec = (...args) => wine.run('msiexec', ...args, '/qn');
	const once = await everything(scene);

	await t.test('installs with a hall\'s file, and the agent answers', async (t) => {
		const begun = Date.now();
		assert.equal((await msiexec('/i', wine.there(msi), `CONFIG=${wine.there(scene.offer)}`)).status, 0);
		const agent = await scene.untilAnswers();
		t.diagnostic(`installed, and the first answer, after ${Date.now() - begun} ms`);
		assert.equal(agent.hello.version, version);
		await agent.close();
		assert.deepEqual(JSON.parse(readFileSync(wine.path(`${data}\\config.json`), 'utf8')), scene.settings);
		assert.deepEqual((await lists(scene))['Google\\Chrome\\LoopbackNetworkAllowedForUrls'], ['https://other.example', hall]);
	});

	await t.test('the same files, start menu, autostart and scheme as by the .exe', async () => {
		const rows = await wine.registry('HKLM\\SOFTWARE'), value = (key, name) => rows[`HKEY_LOCAL_MACHINE\\SOFTWARE\\${key}\\${name === '@' ? name : JSON.stringify(name)}`];
		assert.deepEqual(wine.files(home), installedFiles.filter((name) => !name.endsWith('\\uninstall.exe')));
		assert.equal(value('Microsoft\\Windows\\CurrentVersion\\Run', 'Keyhall'), JSON.stringify(`"${home}\\keyhalld.exe"`));
		assert.equal(value('Classes\\keyhall\\shell\\open\\command', '@'), JSON.stringify(`"${home}\\keyhalld.exe"`));
		// wine has no start menu of all users for an .msi.
		assert.deepEqual(wine.files(menu, 'C:\\users').filter((one) => one.endsWith('.lnk')).map((one) => path.win32.basename(one)).sort(), ['环境检测.lnk', '证书管理.lnk'].sort());
	});

	await t.test('one of the two is on a computer, not both', async () => {
		assert.equal((await wine.run(wine.there(exe), '/S')).status, 4);
		assert.ok(!existsSync(wine.path(`${home}\\uninstall.exe`)));
	});

	await t.test('a renewal by what was installed', async () => {
		const begun = await begin(scene, 'W-2026.0003');
		await finish(scene, begun.agent, begun);
		await begun.agent.close();
	});

	await t.test('repaired', async () => {
		const installed = wine.files(home);
		rmSync(wine.path(`${home}\\keyhall-token.exe`));
		assert.equal((await msiexec('/i', wine.there(msi), 'REINSTALL=ALL', 'REINSTALLMODE=amus')).status, 0);
		assert.deepEqual(wine.files(home), installed);
		await (await scene.untilAnswers()).close();
	});

	await t.test('removed with the journal: all is as before', async () => {
		assert.equal((await msiexec('/x', wine.there(msi), 'JOURNAL=1')).status, 0);
		assert.deepEqual(withoutBooks(await everything(scene)), withoutBooks(once));
	});
});

// The tables of the .msi, of which wine proves little: rows by their first column.
async function table(name) {
	const [columns, , , ...rows] = (await run('msiinfo', ['export', msi, name])).stdout.replace(/\r/g, '').trimEnd().split('\n').map((line) => line.split('\t'));
	return new Map(rows.map((row) => [row[0], Object.fromEntries(columns.map((column, i) => [column, row[i]]))]));
}

test('the .msi: every action stands where Windows Installer wants it', async () => {
	const sequence = await table('InstallExecuteSequence'), actions = await table('CustomAction');
	const place = (name) => Number(sequence.get(name).Sequence);
	const order = ['AppSearch', 'LaunchConditions', 'CostFinalize', 'stop_own', 'InstallValidate', 'RemoveExistingProducts', 'InstallInitialize', 'stop', 'remove', 'remove_journals', 'RemoveFiles', 'InstallFiles',
		'WriteRegistryValues', 'settle', 'InstallFinalize'];
	assert.deepEqual([...order].sort((a, b) => place(a) - place(b)), order);
	assert.equal(new Set([...sequence.values()].map((row) => row.Sequence)).size, sequence.size);
	const deferred = 0x400, asSystem = 0x800;
	for (const [name, { Type: type }] of actions) {
		assert.ok(name === 'stop_own' ? (type & (deferred | asSystem)) === 0 : (type & (deferred | asSystem)) === (deferred | asSystem), name);
		if (type & deferred) assert.ok(place(name) > place('InstallInitialize') && place(name) < place('InstallFinalize'), name);
	}
	for (const name of ['remove', 'remove_journals']) assert.match(sequence.get(name).Condition, /^REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE AND (NOT )?JOURNAL$/);
});

test('the .msi: 64 bits, Chinese, one for all users', async () => {
	const of64 = 0x100, property = await table('Property');
	for (const [name, row] of await table('Component')) assert.ok(row.Attributes & of64, name);
	assert.equal(property.get('ProductName').Value, '数字证书控件');
	assert.equal(property.get('ProductVersion').Value, version);
	assert.equal(property.get('ALLUSERS').Value, '1');
	assert.match(property.get('SecureCustomProperties').Value, /CONFIG;KEY;ORIGINS;ANCHORS;MODULES;JOURNAL/);
	assert.match((await run('msiinfo', ['suminfo', msi])).stdout, /^Template: x64;2052$/m);
});

test('made twice, byte for byte the same', async () => {
	const tree = path.join(folder, 'tree'), digests = [];
	for (const name of ['one', 'two']) {
		await run(path.join(root, 'installer/windows/make'), [tree, '98.0.0', path.join(folder, name)], { env: { SOURCE_DATE_EPOCH: '1700000000' } });
		digests.push(readdirSync(path.join(folder, name)).filter((one) => /\.(exe|msi|zip)$/.test(one)).map((one) => sha256(readFileSync(path.join(folder, name, one)))));
	}
	assert.equal(digests[0].length, 3);
	assert.deepEqual(digests[0], digests[1]);
});

test('winget\'s manifests name both installers', async () => {
	const place = path.join(folder, 'winget'), manifest = (ending) => readFileSync(path.join(place, `Keyhall.Keyhall${ending}.yaml`), 'utf8');
	await run('unzip', ['-q', path.join(dist, `keyhall-${version}-winget.zip`), '-d', place]);
	const installer = manifest('.installer');
	for (const file of [exe, msi]) assert.ok(installer.includes(`/${path.basename(file)}"\n  InstallerSha256: "${sha256(readFileSync(file)).toUpperCase()}"`), installer);
	for (const ending of ['', '.installer', '.locale.zh-CN', '.locale.en-US']) assert.match(manifest(ending), new RegExp(`^PackageIdentifier: "Keyhall.Keyhall"\\nPackageVersion: "${version}"$`, 'm'));
	assert.match(manifest('.locale.zh-CN'), /^PackageName: "数字证书控件"$/m);
});

test('signed with a certificate that is thrown away, and verified; without one nothing is signed', async () => {
	const keys = temporaryFolder('sign'), at = (name) => path.join(keys, name), tree = path.join(folder, 'tree'), out = path.join(folder, 'signed');
	await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Thrown away', '-addext', 'extendedKeyUsage=codeSigning', '-days', '2', '-keyout', at('sign-key.pem'), '-out', at('sign.pem')]);
	const verify = (file) => run('osslsigncode', ['verify', '-CAfile', at('sign.pem'), '-in', file], { status: null });
	await run(path.join(root, 'installer/windows/make'), [tree, '98.0.0', out], { env: { SOURCE_DATE_EPOCH: '1700000000', KEYHALL_SIGN: `-certs ${at('sign.pem')} -key ${at('sign-key.pem')}` } });
	for (const name of ['keyhall-setup-98.0.0-x64.exe', 'keyhall-98.0.0-x64.msi']) {
		const { status, stdout } = await verify(path.join(out, name));
		assert.equal(status, 0, stdout);
		assert.notEqual((await verify(path.join(folder, 'one', name))).status, 0);
	}
});
