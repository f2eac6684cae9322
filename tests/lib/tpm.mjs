// A TPM 2.0 in software behind tpm2-pkcs11: swtpm, the broker tpm2-abrmd, and a D-Bus of their own.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Maker } from './maker.mjs';
import { tpm2 } from './paths.mjs';
import { Service, run, until } from './process.mjs';

const broker = 'com.intel.tss2.Tabrmd';

export class TpmKey extends Maker {
	static async make(folder, { label = 'TPM', pin = '123456' } = {}) {
		const key = new this();
		Object.assign(key, { folder, label, pin, soPin: '12345678', module: tpm2, serial: '0000000000000000', store: path.join(folder, 'store'), state: path.join(folder, 'state') });
		for (const place of [key.store, key.state]) mkdirSync(place, { recursive: true });
		try {
			key.bus = await key.serve('bus', 'dbus-daemon', '--session', '--nofork', '--nopidfile', `--address=unix:path=${key.at('bus')}`);
			key.swtpm = await key.serve('tpm', 'swtpm', 'socket', '--tpm2', '--tpmstate', `dir=${key.state}`, '--flags', 'not-need-init',
				'--ctrl', `type=unixio,path=${key.at('tpm.ctrl')}`, '--server', `type=unixio,path=${key.at('tpm')}`);
			await key.startService();
			const module = ['--module', key.module];
			await run('pkcs11-tool', [...module, '--slot-index', '0', '--init-token', '--label', label, '--so-pin', key.soPin], { env: key.env });
			await run('pkcs11-tool', [...module, '--token-label', label, '--init-pin', '--login', '--login-type', 'so', '--so-pin', key.soPin, '--new-pin', pin], { env: key.env });
		} catch (error) { await key.stop(); throw error; }
		return key;
	}

	at(name) { return path.join(this.folder, name); }
	get env() {
		return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${this.at('bus')}`, TPM2_PKCS11_STORE: this.store, TPM2_PKCS11_TCTI: 'tabrmd:bus_type=session' };
	}

	// socket: it is there when the program is ready.
	async serve(socket, file, ...args) {
		const service = new Service(file, args, { env: this.env, log: this.at(`${socket}.log`) });
		await until(() => service.end || existsSync(this.at(socket)), file);
		if (service.end) throw new Error(`${file} ended\n${service.output()}`);
		return service;
	}

	async startService() {
		this.service = new Service('tpm2-abrmd', ['--session', '--allow-root', `--tcti=swtpm:path=${this.at('tpm')}`], { env: this.env, log: this.at('broker.log') });
		const ask = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.NameHasOwner', `string:${broker}`];
		await until(async () => this.service.end || /boolean true/.test((await run('dbus-send', ask, { env: this.env, status: null })).stdout), 'the broker');
		if (this.service.end) throw new Error(`tpm2-abrmd ended\n${this.service.output()}`);
	}

	async stopService() { await this.service.stop(); }
	async restartService() { await this.stopService(); await this.startService(); }
	async stop() { for (const service of [this.service, this.swtpm, this.bus]) await service?.stop(); }
}
