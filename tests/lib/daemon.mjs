// keyhalld with a configuration and a home of its own.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from './client.mjs';
import { program } from './paths.mjs';
import { Service, freePort, untilListening } from './process.mjs';

// Nothing of a test is to be seen on the desktop of whoever runs it.
export const noDesktop = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

export class Daemon {
	// folder: its own; token: for module, SOFTHSM2_CONF and what it is started with (before); settings: more configuration keys.
	static async start({ folder, token, origins, anchors = [], port, pinentry, settings = {}, env = {} }) {
		const daemon = new Daemon();
		const home = path.join(folder, 'home'), runtime = path.join(folder, 'run');
		for (const place of [folder, home, runtime]) mkdirSync(place, { recursive: true, mode: 0o700 });
		chmodSync(runtime, 0o700);
		daemon.port = port ?? await freePort();
		daemon.folder = folder;
		daemon.configuration = path.join(folder, 'keyhall.json');
		daemon.settings = {
			port: daemon.port, origins, modules: [{ path: token.module }], ...(pinentry ? { pinentry } : {}),
			state: path.join(folder, 'state'), anchors, ...token.settings, ...settings,
		};
		daemon.env = {
			HOME: home, XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: path.join(home, '.config'), XDG_STATE_HOME: path.join(home, '.local/state'),
			XDG_CONFIG_DIRS: path.join(folder, 'none'), ...noDesktop, ...token.env, ...env,
		};
		daemon.before = token.before;
		await daemon.again();
		return daemon;
	}

	// Starts it, also after a kill, with the same settings; before: a program to start it with.
	async again(settings = {}) {
		Object.assign(this.settings, settings);
		writeFileSync(this.configuration, JSON.stringify(this.settings, null, '\t'));
		const [file, ...args] = [...this.before ?? [], program.keyhalld, '--config', this.configuration, '--foreground'];
		this.service = new Service(file, args,
			{ env: this.env, log: path.join(this.folder, 'keyhalld.log') });
		await untilListening(this.service, this.port);
	}

	connect(options = {}) { return Client.connect(this.port, { origin: this.settings.origins[0], ...options }); }
	open(options = {}) { return Client.open(this.port, { origin: this.settings.origins[0], ...options }); }
	stop() { return this.service.stop(); }
	kill() { return this.service.kill(); }
}
