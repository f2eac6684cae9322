// A token of tests/softkey: PINs that lock, faults, removal; see tests/softkey/README.md. Else it is used as any Token.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './paths.mjs';
import { run } from './process.mjs';
import { Token } from './token.mjs';

export class SoftKey extends Token {
	static async make(folder, { label = 'Soft key', pin = '123456', soPin = '87654321' } = {}) {
		const key = new SoftKey();
		Object.assign(key, { folder, store: path.join(folder, 'softkey'), label, pin, soPin });
		key.module = path.join(build, 'tests/softkey/softkey.so');
		mkdirSync(key.store, { recursive: true });
		await key.run('--init-token', '--slot', '0', '--so-pin', soPin, '--label', label);
		await key.run('--slot', '0', '--login', '--login-type', 'so', '--so-pin', soPin, '--init-pin', '--new-pin', pin);
		key.serial = key.read('tokens/A/token').match(/^serial=(.*)$/m)[1];
		return key;
	}

	get env() { return { SOFTKEY_STORE: this.store }; }

	// pkcs11-tool on it; trial(): whatever it ends with; user(): the same, logged in.
	run(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env }); }
	trial(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env, status: null }); }
	user(...args) { return this.trial('--login', '--pin', this.pin, ...args); }

	async importPair(keyPem, { id = '01', label = '旧证书' } = {}) {
		const at = (name) => path.join(this.folder, `import-${name}`);
		const write = (type) => this.tool(['--login', '--pin', this.pin, '--write-object', at(type), '--type', type, '--id', id, '--label', label]);
		writeFileSync(at('pem'), keyPem);
		await run('openssl', ['pkey', '-in', at('pem'), '-outform', 'DER', '-out', at('privkey')]);
		await run('openssl', ['pkey', '-in', at('pem'), '-pubout', '-outform', 'DER', '-out', at('pubkey')]);
		await write('privkey');
		await write('pubkey');
		for (const name of ['pem', 'privkey', 'pubkey']) rmSync(at(name));
	}

	write(name, text) {
		writeFileSync(path.join(this.store, `${name}.new`), text);
		renameSync(path.join(this.store, `${name}.new`), path.join(this.store, name));
	}

	read(name) { return existsSync(path.join(this.store, name)) ? readFileSync(path.join(this.store, name), 'utf8') : ''; }

	// What is in the left and in the right slot: place('A'), place('-', 'A').
	place(left, right = '-') { this.write('slots', `${left} ${right}\n`); }
	pull() { this.place('-'); }
	putBack() { this.place('A'); }
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
