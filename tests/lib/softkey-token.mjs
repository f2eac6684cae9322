// A token of tests/softkey: PINs that lock, faults, removal; see tests/softkey/README.md. Else it is used as any Token.
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, root } from './paths.mjs';
import { run } from './process.mjs';
import { Token, isSm2 } from './token.mjs';

// An object's file, as tests/softkey/attributes.c has it: type, length and value of each attribute. Numbers become CK_ULONGs, booleans bytes.
function packObject(attributes) {
	const number = (value) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); return bytes; };
	const bytes = (value) => (typeof value === 'number' ? number(value) : typeof value === 'boolean' ? Buffer.from([Number(value)]) : Buffer.from(value));
	return Buffer.concat([Buffer.from('SOFTKEY1'), ...Object.entries(attributes).flatMap(([type, value]) =>
		[number(Number(type)), number(bytes(value).length), bytes(value)])]);
}

const CLASS = 0, TOKEN = 1, PRIVATE = 2, LABEL = 3, KEY_TYPE = 0x100, ID = 0x102, SENSITIVE = 0x103, ENCRYPT = 0x104, DECRYPT = 0x105,
	UNWRAP = 0x107, SIGN = 0x108, VERIFY = 0x10a, EXTRACTABLE = 0x162, LOCAL = 0x163, MODIFIABLE = 0x170, EC_PARAMS = 0x180, EC_POINT = 0x181,
	SECRET = 0x80004b48, sm2Curve = Buffer.from('06082a811ccf5501822d', 'hex');

export class SoftKey extends Token {
	// vendor: sansec or tass, whose numbers it has for SM2.
	static async make(folder, { label = 'Soft key', pin = '123456', soPin = '87654321', vendor } = {}) {
		const key = new SoftKey();
		Object.assign(key, { folder, store: path.join(folder, 'softkey'), label, pin, soPin });
		key.module = path.join(build, 'tests/softkey/softkey.so');
		mkdirSync(key.store, { recursive: true });
		if (vendor) key.write('vendor', `${vendor}\n`);
		await key.run('--init-token', '--slot', '0', '--so-pin', soPin, '--label', label);
		await key.run('--slot', '0', '--login', '--login-type', 'so', '--so-pin', soPin, '--init-pin', '--new-pin', pin);
		key.serial = key.read('tokens/A/token').match(/^serial=(.*)$/m)[1];
		return key;
	}

	// One that is there already, as make() left it, or a copy of it.
	static async open(folder, { pin = '123456', soPin = '87654321' } = {}) {
		const key = new SoftKey();
		Object.assign(key, { folder, store: path.join(folder, 'softkey'), pin, soPin, module: path.join(build, 'tests/softkey/softkey.so') });
		[key.label, key.serial] = ['label', 'serial'].map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(key.read('tokens/A/token'))[1]);
		return key;
	}

	get env() { return { SOFTKEY_STORE: this.store }; }

	// What the agent's configuration must have: the packaged profiles leave out the numbers that were made up for this token.
	get settings() { return this.read('vendor') ? { profiles: path.join(root, 'tests/softkey/profiles') } : {}; }

	// pkcs11-tool on it; trial(): whatever it ends with; user(): the same, logged in.
	run(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env }); }
	trial(...args) { return run('pkcs11-tool', ['--module', this.module, ...args], { env: this.env, status: null }); }
	user(...args) { return this.trial('--login', '--pin', this.pin, ...args); }

	async importPair(keyPem, { id = '01', label = '旧证书' } = {}) {
		const at = (name) => path.join(this.folder, `import-${name}`);
		const write = (type) => this.tool(['--login', '--pin', this.pin, '--write-object', at(type), '--type', type, '--id', id, '--label', label]);
		if (isSm2(keyPem)) return this.importSm2(keyPem, id, label);
		writeFileSync(at('pem'), keyPem);
		await run('openssl', ['pkey', '-in', at('pem'), '-outform', 'DER', '-out', at('privkey')]);
		await run('openssl', ['pkey', '-in', at('pem'), '-pubout', '-outform', 'DER', '-out', at('pubkey')]);
		await write('privkey');
		await write('pubkey');
		for (const name of ['pem', 'privkey', 'pubkey']) rmSync(at(name));
	}

	// pkcs11-tool has no SM2: straight into the store.
	importSm2(keyPem, id, label) {
		const key = createPrivateKey(keyPem);
		const point = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-65);
		const common = { [TOKEN]: true, [LABEL]: label, [ID]: Buffer.from(id, 'hex'), [KEY_TYPE]: 0x80000004, [LOCAL]: false, [MODIFIABLE]: true,
			[EC_PARAMS]: sm2Curve };
		const put = (attributes) => writeFileSync(path.join(this.store, `tokens/A/${randomBytes(8).toString('hex')}.object`), packObject(attributes));
		put({ [CLASS]: 3, [PRIVATE]: true, ...common, [SENSITIVE]: true, [EXTRACTABLE]: false, [SIGN]: true, [DECRYPT]: true, [UNWRAP]: true,
			[SECRET]: key.export({ type: 'pkcs8', format: 'der' }) });
		put({ [CLASS]: 2, [PRIVATE]: false, ...common, [VERIFY]: true, [ENCRYPT]: true,
			[EC_POINT]: this.read('vendor').trim() === 'tass' ? point : Buffer.concat([Buffer.from([4, point.length]), point]) });
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
	get plugged() { return /[^-\s]/.test(this.read('slots')); }
	// fault('C_Sign 1 error 0x30', …)
	fault(...rules) { this.write('faults', rules.map((rule) => `${rule}\n`).join('')); }

	// manners('find 1', …): what the module does otherwise, from its next start on.
	manners(...words) { this.write('manners', words.map((word) => `${word}\n`).join('')); }

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
		return this.read('calls').trim().split('\n').map((line) => line.split(' ')[0]);
	}
}
