// SoftHSM2 behind `p11-kit server`, as a desktop or a container hands a module on: one process of the server for each that uses it.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { p11kitClient, softhsm } from './paths.mjs';
import { Service, until } from './process.mjs';
import { children, untilDead } from './processes.mjs';
import { Token } from './token.mjs';

export class P11KitKey extends Token {
	static async make(folder, options) {
		const key = Object.assign(new this(), await Token.make(folder, options));
		Object.assign(key, { module: p11kitClient, socket: path.join(folder, 'server') });
		try { await key.startService(); } catch (error) { await key.stop(); throw error; }
		return key;
	}

	get env() { return { ...super.env, P11_KIT_SERVER_ADDRESS: `unix:path=${this.socket}` }; }

	async startService() {
		this.service = new Service('p11-kit', ['server', '--foreground', '--provider', softhsm, '--name', this.socket, 'pkcs11:'], { env: super.env, log: path.join(this.folder, 'server.log') });
		await until(() => this.service.end || existsSync(this.socket), 'the server');
		if (this.service.end) throw new Error(`p11-kit server ended\n${this.service.output()}`);
	}

	// Those of its processes that serve a client; each holds that one's logins.
	get sessions() { return children(this.service.pid); }
	async endSessions() {
		const pids = this.sessions;
		for (const pid of pids) process.kill(pid, 'SIGKILL');
		await untilDead(pids);
	}

	async stopService() {
		const pids = this.service.end ? [] : this.sessions, ended = this.service.kill();
		// They have its pipes: until then it has not ended for Node.js.
		for (const pid of pids) process.kill(pid, 'SIGKILL');
		await ended;
		await untilDead(pids);
		rmSync(this.socket, { force: true });
	}

	async restartService() { await this.stopService(); await this.startService(); }
	async stop() { if (this.service) await this.stopService(); }
}
