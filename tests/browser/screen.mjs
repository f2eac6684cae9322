// A screen of its own (Xvfb) with the real PIN window on it: looked at by import, typed into by xdotool.
import { spawn } from 'node:child_process';
import { run, sleep, until } from '../lib/process.mjs';

export class Screen {
	static async open() {
		const screen = new Screen();
		screen.child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1000x700x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
		const number = await new Promise((resolve, reject) => {
			screen.child.stdio[3].once('data', (data) => resolve(String(data).trim()));
			screen.child.once('error', reject);
			screen.child.once('exit', () => reject(new Error('Xvfb ended')));
		});
		screen.env = { DISPLAY: `:${number}`, LC_ALL: 'C.UTF-8' };
		return screen;
	}

	tool(...args) { return run('xdotool', args, { env: this.env, status: null }); }

	// The PIN window's number, once it is shown and takes keys.
	async pinWindow() {
		const window = await until(async () => (await this.tool('search', '--onlyvisible', '--class', 'pinentry')).stdout.trim().split('\n').pop(), 'the PIN window');
		await sleep(1000);
		return window;
	}

	async type(text) {
		await this.tool('type', '--delay', '30', text);
		await this.tool('key', 'Return');
	}

	async noPinWindow() {
		await until(async () => !(await this.tool('search', '--onlyvisible', '--class', 'pinentry')).stdout.trim(), 'the PIN window to close');
	}

	async picture(window, file) {
		await run('import', ['-window', window, `png:${file}`], { env: this.env });
	}

	close() { this.child.kill(); }
}
