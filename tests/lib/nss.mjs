// A database of NSS, used through softoken as browsers have it. pkcs11-tool has no way to give it its text: there tests/shim stands before it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Maker } from './maker.mjs';
import { build, softokn } from './paths.mjs';
import { run } from './process.mjs';

export class NssKey extends Maker {
	static async make(folder, { pin = '12345678' } = {}) {
		const key = new this();
		Object.assign(key, { folder, pin, module: softokn, label: 'NSS Certificate DB', serial: '0000000000000000' });
		Object.assign(key, { store: path.join(folder, 'db'), shim: path.join(folder, 'shim') });
		for (const place of [key.store, key.shim]) mkdirSync(place, { recursive: true });
		await key.certutil('-N');
		return key;
	}

	get init() { return `configdir='sql:${this.store}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`; }
	get settings() { return { modules: [{ path: this.module, init: this.init }] }; }
	get env() { return { SHIM_MODULE: this.module, SHIM_STORE: this.shim, SHIM_INIT: this.init }; }

	tool(args, options = {}) {
		return run('pkcs11-tool', ['--module', path.join(build, 'tests/shim/shim.so'), '--token-label', this.label, ...args], { env: this.env, ...options });
	}

	// NSS's own programs.
	async certutil(...args) {
		const file = path.join(this.folder, 'pin');
		writeFileSync(file, `${this.pin}\n`);
		try { return (await run('certutil', ['-d', `sql:${this.store}`, '-f', file, ...args])).stdout; } finally { rmSync(file); }
	}
}
