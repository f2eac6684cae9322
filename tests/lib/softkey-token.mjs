// A token of tests/softkey: PINs that lock, faults, removal. Driven by pkcs11-tool; see tests/softkey/README.md.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './paths.mjs';
import { run } from './process.mjs';

export class SoftKey {
	static async make(folder, { label = 'Soft key', pin = '123456', soPin = '87654321' } = {}) {
		const key = new SoftKey();
		Object.assign(key, { store: path.join(folder, 'softkey'), label, pin, soPin });
		key.module = path.join(build, 'tests/softkey/softkey.so');
		key.env = { SOFTKEY_STORE: key.store };
		mkdirSync(key.store, { recursive: true });
		await key.tool('--init-token', '--slot', '0', '--so-pin', soPin, '--label', label);
		await key.tool('--slot', '0', '--login', '--login-type', 'so', '--so-pin', soPin, '--init-pin', '--new-pin', pin);
		return key;
	}

	// pkcs11-tool on it; status as for run().
	tool(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env }); }
	async trial(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env, status: null }); }
	user(...args) { return this.trial('--login', '--pin', this.pin, ...args); }

	write(name, text) {
		writeFileSync(path.join(this.store, `${name}.new`), text);
		renameSync(path.join(this.store, `${name}.new`), path.join(this.store, name));
	}

	read(name) { return existsSync(path.join(this.store, name)) ? readFileSync(path.join(this.store, name), 'utf8') : ''; }

	// place('A', '-'): what is in the left and in the right slot.
	place(left, right = '-') { this.write('slots', `${left} ${right}\n`); }
	// fault('C_Sign 1 error 0x30', …)
	fault(...rules) { this.write('faults', rules.map((rule) => `${rule}\n`).join('')); }

	// Changes lines of tokens/A/token.
	set(values, token = 'A') {
		let text = this.read(`tokens/${token}/token`);
		for (const [name, value] of Object.entries(values)) text = text.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`);
		this.write(`tokens/${token}/token`, text);
	}

	// The calls that happen meanwhile, by name.
	async calls(action) {
		writeFileSync(path.join(this.store, 'calls'), '');
		await action();
		return this.read('calls').trim().split('\n');
	}
}
