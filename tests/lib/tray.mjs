// keyhall-tray on a desktop with a notification area, and an agent whose states it is to show.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Desktop } from './desktop.mjs';
import { program } from './paths.mjs';
import { children } from './processes.mjs';
import { Service, removeFolder, run, temporaryFolder, until } from './process.mjs';
import { makeSoftScene } from './soft-scene.mjs';

export class Tray {
	// words: of desktop.py; language: of the desktop; settings: of the agent's configuration; the others are makeSoftScene's.
	static async start({ words = ['actions', 'panel'], language = 'zh_CN.UTF-8', settings, ...options } = {}) {
		const tray = new Tray();
		tray.folder = temporaryFolder('kh');
		tray.language = language;
		tray.desktop = await Desktop.start(tray.folder, ...words);
		tray.scene = await makeSoftScene({ to: 200, env: tray.desktop.env, settings: { notify: false, halls: [{ origin: 'http://localhost:8080', name: '示例服务厅' }], ...settings }, ...options });
		mkdirSync(path.join(tray.home, 'Downloads'));
		tray.again();
		return tray;
	}

	get home() { return this.scene.daemon.env.HOME; }

	again(file = program.tray) {
		this.service = new Service(file, ['--config', this.scene.daemon.configuration],
			{ env: { ...this.scene.daemon.env, ...this.desktop.env, LC_ALL: '', LC_MESSAGES: '', LANG: this.language } });
	}

	// Its icon's name behind keyhall-.
	untilIcon(name) { return this.desktop.untilShown((shown) => shown.icon === `keyhall-${name}`, `the icon ${name}`); }
	choose(label) { this.desktop.tell({ choose: label }); }
	look() { this.desktop.tell({ look: true }); }

	// Until no command of its menu runs any more.
	untilIdle() {
		return until(() => !children(this.service.pid).some((pid) => { try { return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'keyhall\n'; } catch { return false; } }), 'the commands to end');
	}

	// An agent that keyhall restart has started is no child of the test.
	async close() {
		try {
			await this.service.stop();
			await run(program.keyhalld, ['--stop', '--config', this.scene.daemon.configuration], { env: this.scene.daemon.env, status: null });
		} finally {
			await this.scene.close();
			await this.desktop.stop();
			removeFolder(this.folder);
		}
	}
}
