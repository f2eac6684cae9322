// A session bus of its own with a desktop on it (desktop.py), and a browser that notes what it is to open.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Service, until } from './process.mjs';

// Debian's own: python3-dbus belongs to it, whatever python3 comes first in PATH.
const python = '/usr/bin/python3';

const configuration = (socket) => `<busconfig>
<type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
`;

export class Desktop {
	// words: of desktop.py. The folder must be short: a socket is in it.
	static async start(folder, ...words) {
		const desktop = new Desktop();
		desktop.folder = path.join(folder, 'desktop');
		mkdirSync(path.join(desktop.folder, 'bin'), { recursive: true });
		const socket = desktop.at('bus');
		writeFileSync(desktop.at('bus.conf'), configuration(socket));
		writeFileSync(desktop.at('bin/xdg-open'), `#!/bin/sh\necho "$1 $XDG_ACTIVATION_TOKEN" >>'${desktop.at('opened')}'\n`);
		chmodSync(desktop.at('bin/xdg-open'), 0o755);
		desktop.bus = new Service('dbus-daemon', [`--config-file=${desktop.at('bus.conf')}`, '--nofork', '--nopidfile']);
		await until(() => existsSync(socket), 'the session bus');
		desktop.env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`, PATH: `${desktop.at('bin')}:${process.env.PATH}` };
		await desktop.login(...words);
		return desktop;
	}

	async login(...words) {
		this.service = new Service(python, [new URL('desktop.py', import.meta.url).pathname, ...words], { env: this.env, input: 'pipe' });
		await until(() => this.service.end || this.said('ready').length > 0, 'the desktop');
	}

	at(name) { return path.join(this.folder, name); }

	// Its lines that have this, in turn.
	said(what) {
		return this.service.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter((line) => what in line).map((line) => line[what]);
	}

	// What the notification area shows now; null: nothing.
	get shown() { return this.said('shows').at(-1) ?? null; }
	untilShown(condition, what) { return until(() => this.shown && condition(this.shown) && this.shown, `${what}; last: ${JSON.stringify(this.shown)}`); }

	get notifications() { return this.said('notify'); }
	untilNotified(count = 1) { return until(() => this.notifications.length >= count && this.notifications[count - 1], `notification ${count}`); }
	tell(what) { this.service.child.stdin.write(`${JSON.stringify(what)}\n`); }

	async lock(locked) {
		const before = this.said('locked').length;
		this.tell({ lock: locked });
		await until(() => this.said('locked').length > before, 'the screen');
	}

	// What xdg-open was called with: address and the token that brings it to the front.
	opened() { return existsSync(this.at('opened')) ? readFileSync(this.at('opened'), 'utf8').trim().split('\n') : []; }

	async stop() {
		await this.service.stop();
		await this.bus.stop();
	}
}
