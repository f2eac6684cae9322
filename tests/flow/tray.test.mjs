// The lock in a desktop's notification area: what it shows of the agent and the key, and what its menu does.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { program } from '../lib/paths.mjs';
import { run, sleep, until } from '../lib/process.mjs';
import { Tray } from '../lib/tray.mjs';
import { unzip } from '../lib/zip.mjs';

async function staged(options, action) {
	const tray = await Tray.start(options);
	try { await action(tray, tray.scene, tray.desktop); } finally { await tray.close(); }
}

const company = '山西晋钥示例能源有限公司';
const labels = (shown) => shown.menu.map((one) => one.label ?? one.type);
const disabled = (shown) => shown.menu.filter((one) => one.enabled === false).map((one) => one.label);

// What an independent client of the bus reads.
async function readByDbusSend(tray, desktop) {
	const item = `org.kde.StatusNotifierItem-${tray.service.pid}-1`;
	const send = async (place, method, ...args) => (await run('dbus-send', ['--session', '--print-reply', `--dest=${item}`, place, method, ...args], { env: desktop.env })).stdout;
	const menu = (method, ...args) => send('/MenuBar', `com.canonical.dbusmenu.${method}`, ...args);
	const property = (name) => send('/StatusNotifierItem', 'org.freedesktop.DBus.Properties.Get', 'string:org.kde.StatusNotifierItem', `string:${name}`);
	assert.match(await property('IconName'), /string "keyhall-fine"/);
	assert.match(await property('Menu'), /object path "\/MenuBar"/);
	assert.match(await property('ItemIsMenu'), /boolean false/);
	assert.match(await menu('GetProperty', 'int32:3', 'string:label'), /variant +string "证书管理"/);
	const group = await menu('GetGroupProperties', 'array:int32:1,2,99', 'array:string:');
	assert.deepEqual([...group.matchAll(/int32 (\d+)/g)].map((one) => one[1]), ['1', '2']);
	assert.match(await menu('AboutToShowGroup', 'array:int32:0'), /array \[\s*\]\s*array \[\s*\]/);
	await assert.rejects(menu('GetLayout', 'int32:99', 'int32:-1', 'array:string:'), /InvalidArgs/);
	const described = await send('/StatusNotifierItem', 'org.freedesktop.DBus.Introspectable.Introspect');
	for (const one of ['"Activate"', '"ContextMenu"', '"NewIcon"', 'type="(sa(iiay)ss)"']) assert.ok(described.includes(one), one);
}

// Each on a desktop of its own; most of their time is waiting.
describe('the lock', { concurrency: 6 }, () => {
	it('a key that is fine, pulled and locked', () => staged({}, async (tray, scene, desktop) => {
		const fine = await tray.untilIcon('fine');
		assert.deepEqual([fine.title, fine.status, fine.id, fine.category, fine.attention, fine.pixmaps], ['数字证书控件', 'Active', 'keyhall', 'Hardware', 'keyhall-fine', []]);
		assert.deepEqual(labels(fine), ['USB Key 正常', 'separator', '证书管理', '环境检测', '诊断报告', '重新启动', '关于']);
		assert.deepEqual(disabled(fine), ['USB Key 正常']);
		assert.equal(fine.tooltip[0], '数字证书控件');
		assert.match(fine.tooltip[1], new RegExp(`^${company}：证书有效期至 \\d{4}-\\d\\d-\\d\\d（剩余 \\d{3} 天）。$`));
		await until(async () => (await scene.key.calls(() => sleep(2500))).join('') === '', 'no key to be polled for it');
		await readByDbusSend(tray, desktop);

		scene.key.pull();
		tray.look();
		const none = await tray.untilIcon('no-key');
		assert.deepEqual([none.status, labels(none)[0], none.tooltip[1]], ['Active', '未插入 USB Key', '未检测到 USB Key。']);
		scene.key.putBack();
		scene.key.set({ left: 0 });
		tray.look();
		const wrong = await tray.untilIcon('wrong');
		assert.deepEqual([wrong.status, labels(wrong)[0], wrong.tooltip[1]], ['NeedsAttention', '存在异常', 'PIN 码已锁定。']);
		assert.equal((await tray.service.stop()).code, 0);
		await until(() => desktop.shown === null, 'the icon to go');
		assert.equal(tray.service.output(), '');
	}));

	it('an agent that is gone and back', () => staged({}, async (tray, scene) => {
		await tray.untilIcon('fine');
		await scene.daemon.kill();
		const absent = await tray.untilIcon('absent');
		assert.deepEqual([absent.status, absent.tooltip[1]], ['Active', '数字证书控件未运行。']);
		assert.deepEqual(labels(absent), ['控件未运行', 'separator', '证书管理', '环境检测', '诊断报告', '启动', '关于']);
		assert.deepEqual(disabled(absent), ['控件未运行', '证书管理', '环境检测']);
		await scene.daemon.again();
		await tray.untilIcon('fine');
	}));

	it('a certificate that can be renewed, an order that waits, a renewal by a page; in English', () => staged({ to: 20, language: 'en_US.UTF-8' }, async (tray, scene) => {
		const due = await tray.untilIcon('due');
		assert.deepEqual(labels(due), ['The certificate can be renewed', 'separator', 'Certificate manager', 'Environment check', 'Support report', 'Restart', 'About']);
		assert.deepEqual([due.title, due.status], ['Key agent', 'NeedsAttention']);
		assert.match(due.tooltip[1], new RegExp(`^${company}: the certificate expires on .* It can be renewed now\\.$`));
		const page = await scene.connect(), order = '202611300001';
		const { csr } = await page.call('renewal.begin', { order, certificate: scene.old, key: 'new' });
		const pending = await tray.desktop.untilShown((shown) => labels(shown)[0] === 'Unfinished order', 'the order');
		assert.deepEqual([pending.icon, pending.tooltip[1]], ['keyhall-due', `An order is not finished: ${order}.`]);
		await page.call('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [scene.ca.rootPem] });
		await page.call('renewal.complete', { order });
		await tray.untilIcon('fine');
		await page.close();
	}));

	it('each entry does what it says, also without an agent; a failure is told in the tool\'s words', () => staged({}, async (tray, scene, desktop) => {
		const address = `http://127.0.0.1:${scene.daemon.port}/`, opened = (count) => until(() => desktop.opened().length === count && desktop.opened().at(-1), `address ${count}`);
		await tray.untilIcon('fine');
		tray.choose('证书管理');
		assert.equal((await opened(1)).trim(), address);
		tray.choose('环境检测');
		assert.equal((await opened(2)).trim(), `${address}#check`);
		desktop.tell({ activate: true });
		assert.equal(await opened(3), `${address} token-of-the-panel`);

		tray.choose('诊断报告');
		const saved = await desktop.untilNotified(1), downloads = path.join(tray.home, 'Downloads');
		const [file] = readdirSync(downloads);
		assert.match(file, /^keyhall-report-\d{8}-\d{6}\.zip$/);
		assert.deepEqual([saved.title, saved.body, saved.actions], ['诊断报告', `已写入 ${file}，请发给客服。`, ['default', '打开文件夹', 'open', '打开文件夹']]);
		assert.ok((await unzip(path.join(downloads, file)))['summary.txt']);
		desktop.tell({ click: [saved.id, 'default'] });
		assert.match(await opened(4), new RegExp(`^${downloads} `));

		tray.choose('关于');
		const about = await desktop.untilNotified(2);
		assert.match(about.title, /^数字证书控件 \d+\.\d+\.\d+$/);
		assert.match(about.body, /^数字证书控件 [\d.]+ 运行正常.*服务厅：示例服务厅。.*Apache License 2\.0。$/);
		assert.equal(about.actions[1], '打开服务厅');

		tray.choose('重新启动');
		await scene.daemon.service.exited;
		const agent = await until(() => scene.connect().catch(() => null), 'the agent that was started');
		await agent.close();
		await tray.untilIdle();
		await tray.untilIcon('fine');
		await run(program.keyhalld, ['--stop', '--config', scene.daemon.configuration], { env: scene.daemon.env });
		await tray.untilIcon('absent');
		tray.choose('诊断报告');
		assert.match((await desktop.untilNotified(3)).body, /^已写入 keyhall-report-.*\.zip，请发给客服。$/);
		writeFileSync(scene.daemon.configuration, '{"port": "none"}');
		tray.choose('启动');
		const { title, body } = await desktop.untilNotified(4);
		assert.equal(title, '启动');
		assert.match(body, /^keyhall：.*port/);
		writeFileSync(scene.daemon.configuration, JSON.stringify(scene.daemon.settings));
		desktop.tell({ activate: true });
		await tray.untilIcon('fine');
	}));

	it('waits for a desktop that shows icons, and survives one that starts again', () => staged({ words: [] }, async (tray, scene, desktop) => {
		await until(() => /hello from http/.test(scene.daemon.service.output()), 'the tray to ask the agent');
		assert.equal(desktop.shown, null);
		desktop.tell({ panel: true });
		await tray.untilIcon('fine');
		desktop.tell({ panel: false });
		scene.key.pull();
		const page = await scene.connect();
		await until(() => page.notifications.some((one) => one.method === 'token.changed'), 'the key to go');
		await page.close();
		desktop.tell({ panel: true });
		await tray.untilIcon('no-key');
	}));

	it('ends by itself: its program is removed, it runs already, the session is over, there is none, it is switched off', () => staged({}, async (tray, scene, desktop) => {
		await tray.untilIcon('fine');
		await tray.service.stop();
		const place = path.join(tray.folder, 'keyhall-tray'), replace = () => run('sh', ['-c', `cp '${program.tray}' '${place}.new' && mv '${place}.new' '${place}'`]);
		await replace();
		tray.again(place);
		await tray.untilIcon('fine');
		await replace();
		await scene.daemon.stop();
		await until(() => readFileSync(`/proc/${tray.service.pid}/maps`, 'utf8').includes(`${place}\n`), 'the new program');
		await tray.untilIcon('absent');
		rmSync(place);
		assert.equal((await tray.service.exited).code, 0);
		await scene.daemon.again();
		tray.again();
		await tray.untilIcon('fine');

		const again = async (env = {}) => run(program.tray, ['--config', scene.daemon.configuration], { env: { ...scene.daemon.env, ...desktop.env, ...env }, status: null });
		const silent = { status: 0, stdout: '', stderr: '' };
		const said = ({ status, stdout, stderr }) => ({ status, stdout, stderr });
		assert.deepEqual(said(await again()), silent);
		const stop = async () => said(await run(program.tray, ['--stop'], { env: { ...scene.daemon.env, ...desktop.env } }));
		assert.deepEqual(await stop(), silent);
		assert.equal((await tray.service.exited).code, 0);
		assert.deepEqual(await stop(), silent);
		await until(() => desktop.shown === null, 'the icon to go');
		tray.again();
		await until(() => desktop.shown, 'the icon');
		assert.deepEqual(said(await again({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' })), silent);
		await desktop.bus.stop();
		assert.equal((await tray.service.exited).code, 0);
		writeFileSync(scene.daemon.configuration, JSON.stringify({ ...scene.daemon.settings, tray: false }));
		assert.deepEqual(said(await again()), silent);
		writeFileSync(scene.daemon.configuration, '{"tray": 1}');
		const wrong = await again();
		assert.equal(wrong.status, 2);
		assert.match(wrong.stderr, /tray/);
		assert.equal((await run(program.tray, ['--loud'], { status: null })).status, 2);
		assert.match((await run(program.tray, ['--help'])).stdout, /^keyhall-tray: /);
	}));
});
