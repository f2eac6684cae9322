// C3: files with CA certificates as administrators have them: what can be read is used, and the check tries them.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { freePort, removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { pemToDer } from '../lib/token.mjs';
import { keyhall } from '../lib/tool.mjs';

// files: names of anchors, in a folder that is empty at first.
async function staged(files, action) {
	const folder = temporaryFolder(), place = (name) => path.join(folder, name);
	mkdirSync(folder, { recursive: true });
	const scene = await makeSoftScene({ settings: { anchors: files.map(place) } });
	try {
		scene.agent = await scene.connect();
		scene.put = (name, content) => writeFileSync(place(name), content);
		scene.row = async () => {
			const { items } = await scene.agent.call('environment.check');
			const { state, code, text } = items.find((item) => item.id === 'anchors');
			return [state, code, text];
		};
		scene.pkcs7 = async (form) => (await run('openssl', ['crl2pkcs7', '-nocrl', '-certfile', scene.ca.root, '-outform', form])).bytes;
		await action(scene);
		await scene.agent.close();
	} finally { await scene.close(); removeFolder(folder); }
}

async function installs(scene, order) {
	const { csr } = await scene.agent.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
	const pem = await scene.ca.issue(csr);
	return scene.agent.call('renewal.install', { order, certificate: pem, chain: [] });
}

const fine = ['ok', 'ok', 'CA 根证书可用。'];

test('C3: DER, .p7b, TRUSTED CERTIFICATE and UTF-16 are read, and a certificate is installed', () => staged(['root'], async (scene) => {
	const pem = scene.ca.rootPem;
	const trusted = (await run('openssl', ['x509', '-trustout', '-addtrust', 'clientAuth', '-in', scene.ca.root])).stdout;
	assert.match(trusted, /TRUSTED/);
	for (const [i, content] of [pem, pemToDer(pem), await scene.pkcs7('PEM'), await scene.pkcs7('DER'), trusted, `\ufeff${pem}`, Buffer.from(`\ufeff${pem}`, 'utf16le'),
		pem.replaceAll('\n', '\r\n'), `Bag Attributes\n    friendlyName: root\n${pem}`].entries()) {
		scene.put('root', content);
		assert.deepEqual(await scene.row(), fine, `form ${i}`);
	}
	scene.put('root', await scene.pkcs7('DER'));
	assert.deepEqual(await scene.row(), fine);
	assert.ok((await installs(scene, 'ANCHOR-1')).receipt);
}));

test('C3: a file that is of no use is named with the reason, in the check, in doctor and in the report', () => staged(['root.p7b'], async (scene) => {
	assert.deepEqual(await scene.row(), ['fail', 'anchors.unusable', 'CA 根证书均无法使用：root.p7b（文件不存在）。']);
	for (const [content, reason] of [['', '文件为空'], ['hello', '文件中没有证书'], [readFileSync(path.join(scene.ca.folder, 'key.pem')), '文件中含有私钥'],
		[scene.oldPem, '不是 CA 证书']]) {
		scene.put('root.p7b', content);
		assert.deepEqual(await scene.row(), ['fail', 'anchors.unusable', `CA 根证书均无法使用：root.p7b（${reason}）。`]);
	}
	scene.put('root.p7b', '');
	const { items } = await scene.agent.call('diagnostics.report');
	assert.match(items.find((item) => item.id === 'anchors').text, /root\.p7b（文件为空）/);
	const doctor = (...args) => keyhall(scene.daemon, ['doctor', ...args]);
	assert.match((await doctor()).stdout, /root\.p7b（文件为空）/);
	await refused(installs(scene, 'ANCHOR-2'), 'certificate.untrusted');
	scene.put('root.p7b', scene.ca.rootPem);
	assert.deepEqual(await scene.row(), fine, 'a file that was mended is used without a new start');
	await scene.daemon.stop();
	rmSync(scene.daemon.settings.anchors[0]);
	const alone = await doctor('--port', String(await freePort()));
	assert.equal(alone.status, 3);
	assert.match(alone.stdout, /root\.p7b（文件不存在）/);
	await scene.daemon.again();
	scene.agent = await scene.connect();
}));

test('C3: one good file is enough to go on', () => staged(['good.pem', 'bad.pem'], async (scene) => {
	scene.put('good.pem', scene.ca.rootPem);
	scene.put('bad.pem', '');
	assert.deepEqual(await scene.row(), ['warn', 'anchors.partial', '部分 CA 根证书无法使用：bad.pem（文件为空）。']);
	assert.ok((await installs(scene, 'ANCHOR-3')).receipt);
}));

test('C3: without a driver nothing is said of what was not tried', () => staged(['root.pem'], async (scene) => {
	scene.put('root.pem', scene.ca.rootPem);
	await scene.agent.close();
	await scene.daemon.stop();
	await scene.daemon.again({ modules: [{ path: '/nonexistent/module.so' }] });
	scene.agent = await scene.connect();
	assert.deepEqual((await scene.row()).slice(0, 2), ['unknown', 'anchors.untried']);
}));

test('C3: PEM text in the configuration itself is used as a file is, and told of as PEM', () => staged(['root.pem'], async (scene) => {
	const again = async (anchors) => {
		await scene.agent.close();
		await scene.daemon.stop();
		await scene.daemon.again({ anchors });
		scene.agent = await scene.connect();
	};
	await again([scene.ca.rootPem]);
	assert.deepEqual(await scene.row(), fine);
	assert.ok((await installs(scene, 'ANCHOR-TEXT')).receipt);
	await again([scene.ca.rootPem, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']);
	assert.deepEqual((await scene.row()).slice(0, 2), ['warn', 'anchors.partial']);
	assert.match((await scene.row())[2], /PEM（/);
	await scene.daemon.stop();
	scene.daemon.settings.anchors = ['root.pem'];
	await assert.rejects(scene.daemon.again(), /anchors\.0.*(须为绝对路径，或以 -----BEGIN|must be an absolute path, or PEM text)/);
	await scene.daemon.again({ anchors: [scene.ca.rootPem] });
	scene.agent = await scene.connect();
}));
