// The lock in the notification area under wine: what it asks the taskbar to show (taskbar.c), and what the user does there. wine does not know
// who has accepted a connection, so to its clients each agent is another user's: what the agent's news look like is seen on Linux only.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Screen } from '../browser/screen.mjs';
import { Service, answers, run, until } from '../lib/process.mjs';
import { unzip } from '../lib/zip.mjs';
import { makeScene, program, there, untilEnded } from './scene.mjs';

// The lock's body and its badge (agent/tray/icons.py), as taskbar.c tells them.
const icons = { wrong: 'f7b90f c8281e', absent: 'b4b4b4 5e5e5e' };
const UP = 38, RETURN = 13, WM_CLOSE = 16, WM_ENDSESSION = 22;
const entries = ['关于', '启动', '诊断报告', '环境检测', '证书管理']; // from below
const patience = 30000; // ms

class Taskbar {
	static async start(scene) {
		const taskbar = new Taskbar();
		taskbar.service = new Service('wine', [program('tests/windows/taskbar')], { env: scene.env, input: 'pipe' });
		await until(() => taskbar.lines.includes('ready'), 'the taskbar');
		return taskbar;
	}

	get lines() { return this.service.output().split(/\r?\n/).slice(0, -1); }
	said(word) { return this.lines.filter((line) => line.startsWith(`${word} `) || line === word); }
	tell(line) { this.service.child.stdin.write(`${line}\n`); }

	// What it shows now.
	get shown() { return this.lines.slice(this.lines.lastIndexOf('gone') + 1).findLast((line) => line.startsWith('icon ')); }

	// Its tooltip.
	async untilIcon(name) {
		const begin = `icon ${icons[name]} `;
		return (await until(() => this.shown?.startsWith(begin) && this.shown, `the icon ${name}`, patience)).slice(begin.length);
	}

	untilBalloon(count) { return until(() => this.said('balloon')[count - 1], `balloon ${count}`, patience); }

	// By the keyboard.
	async openMenu() {
		const before = this.said('open').length;
		this.tell('menu');
		await until(() => this.said('open').length > before, 'the menu', patience);
	}
	async choose(label) {
		await this.openMenu();
		for (let i = 0; i <= entries.indexOf(label); i++) this.tell(`key ${UP}`);
		this.tell(`key ${RETURN}`);
	}
	async stop() { this.service.child.stdin.end(); await untilEnded(this.service); }
}

// Addresses open in a program that notes them.
async function makeBrowser(scene) {
	const file = scene.at('opened');
	await run('wine', ['reg', 'add', 'HKLM\\Software\\Classes\\http\\shell\\open\\command', '/ve', '/f', '/d', `cmd.exe /c echo %1>>"${there(file)}"`]);
	return () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\r?\n/) : []);
}

test('the lock in the notification area under wine', { timeout: 300000 }, async (t) => {
	const screen = await Screen.open();
	t.after(() => screen.close());
	const scene = await makeScene('x86-64', { screen, settings: { notify: false, locale: 'zh-CN' } });
	const opened = await makeBrowser(scene), own = program('agent/keyhall-tray');
	const arguments_ = [own, '--config', there(scene.configuration)];
	const taskbar = await Taskbar.start(scene);
	const stop = () => run('wine', [own, '--stop'], { env: scene.env });
	let tray;
	const again = () => { tray = new Service('wine', arguments_, { env: scene.env }); };
	await scene.stop();
	await untilEnded(scene.daemon);

	await t.test('is there, and again when the taskbar is', async () => {
		again();
		assert.equal(await taskbar.untilIcon('absent'), '数字证书控件 | 数字证书控件未运行。');
		await until(() => taskbar.said('version').at(-1) === 'version 4', 'the messages that tell of the keyboard');
		const count = taskbar.said('icon').length;
		taskbar.tell('again');
		await until(() => taskbar.said('icon').length > count, 'the icon on the new taskbar');
	});

	await t.test('runs once', async () => {
		const { stdout } = await run('wine', arguments_, { env: scene.env });
		assert.equal(stdout, '');
		assert.equal(tray.end, undefined);
	});

	await t.test('the menu by the keyboard', async () => {
		await taskbar.choose('关于');
		assert.match(await taskbar.untilBalloon(1), /^balloon 数字证书控件 [\d.]+ \| .*服务厅：某省数字证书服务大厅。/);
		taskbar.tell('balloon');
		assert.match(await until(() => opened()[0], 'the address', patience), /^http:\/\/localhost:8080/);

		await taskbar.choose('诊断报告');
		const [, file] = /^balloon 诊断报告 \| 已写入 (keyhall-report-\d{8}-\d{6}\.zip)，请发给客服。$/.exec(await taskbar.untilBalloon(2)) ?? [];
		const users = path.join(process.env.WINEPREFIX, 'drive_c/users');
		const saved = readdirSync(users).map((user) => path.join(users, user, 'Downloads', file)).find(existsSync);
		assert.ok((await unzip(saved))['summary.txt']);
		rmSync(saved);
	});

	await t.test('a double click starts the agent once', async () => {
		taskbar.tell('click');
		taskbar.tell('click');
		await until(() => answers(scene.port), 'the agent', patience);
		assert.match(await taskbar.untilIcon('wrong'), /other user/);
	});

	await t.test('ends with the session, and when an installer asks', async () => {
		for (const ask of [() => taskbar.tell(`post ${WM_ENDSESSION} 1`), () => taskbar.tell(`post ${WM_CLOSE} 0`), stop]) {
			const before = taskbar.said('gone').length;
			await taskbar.untilIcon('wrong');
			await ask();
			assert.equal((await untilEnded(tray)).code, 0, tray.output());
			assert.equal(taskbar.said('gone').length, before + 1);
			again();
		}
		await taskbar.untilIcon('wrong');
		await stop();
		await untilEnded(tray);
		await stop();
	});

	await taskbar.stop();
	await scene.close();
});
