// A card of tests/card behind a pcscd of its own, used through OpenSC's module; see tests/card/README.md. Else it is used as any Token, but
// it takes no pair from outside: it makes them. CardKey is a SmartCard-HSM, Pkcs15Key a MyEID.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Maker, types } from './maker.mjs';
import { inMountNamespace, joinNamespace } from './namespace.mjs';
import { build, opensc } from './paths.mjs';
import { Service, run, until } from './process.mjs';
import { pemToDer } from './token.mjs';

const program = path.join(build, 'tests/card/card');
const vpcd = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
// In a network namespace of one's own every port is free.
const port = 35963;

export class CardKey extends Maker {
	static family = 'sc-hsm';

	static async make(folder, { label = 'Card key', pin = '123456' } = {}) {
		const key = await this.open(folder, { pin });
		try { await key.initialize(label); } catch (error) { await key.stop(); throw error; }
		return key;
	}

	// One whose store is there already; also after its programs were stopped.
	static async open(folder, { pin = '123456' } = {}) {
		const key = new this();
		Object.assign(key, { folder, pin, module: opensc, store: path.join(folder, 'card'), service: path.join(folder, 'pcscd') });
		for (const place of [key.store, key.service]) mkdirSync(place, { recursive: true });
		try { await key.start(); } catch (error) { await key.stop(); throw error; }
		key.serial = key.shownSerial(/^serial=(.*)$/m.exec(key.read('card'))[1]);
		return key;
	}

	// The SO's PIN has sixteen digits. Some of OpenSC's versions add the name of the PIN to the label.
	async initialize(label) {
		this.soPin = '3537363231383830';
		await this.run('sc-hsm-tool', '--initialize', '--so-pin', this.soPin, '--pin', this.pin, '--pin-retry', '3', '--label', label);
		this.label = /token label\s*: (.*)/.exec((await this.run('pkcs11-tool', '--module', this.module, '--list-token-slots')).stdout)[1];
	}

	shownSerial(serial) { return serial; }

	// The card holds the namespaces: vpcd listens on every address, and pcscd's socket has one fixed place.
	async start() {
		const prepare = 'ip link set lo up && mount -t tmpfs tmpfs /run && ln -s "$1" /run/pcscd && touch "$1/prepared" && exec "$2" "$3" "$4"';
		const [unshare, ...options] = inMountNamespace('--net'), prepared = path.join(this.service, 'prepared');
		rmSync(prepared, { force: true });
		writeFileSync(path.join(this.service, 'reader'), `FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:${port}\nLIBPATH ${vpcd}\nCHANNELID ${port}\n`);
		this.card = new Service(unshare, [...options, 'sh', '-c', prepare, 'sh', this.service, program, String(port), this.constructor.family],
			{ env: { CARD_STORE: this.store }, log: path.join(this.folder, 'card.log') });
		await until(() => this.card.end || (existsSync(prepared) && this.read('card')), 'the card');
		if (this.card.end) throw new Error(`the card ended\n${this.card.output()}`);
		await this.startReader();
		await this.untilSeen();
	}

	// The reader's service, as a user may have it restarted; the card is plugged into it by itself.
	async startReader() {
		const [nsenter, ...options] = joinNamespace(this.card.pid, '--net');
		// Since 2.0 it asks polkit who may use it, which a chroot does not have.
		const polkit = (await run('pcscd', ['--help'], { status: null })).stdout.includes('--disable-polkit') ? ['--disable-polkit'] : [];
		this.pcscd = new Service(nsenter, [...options, 'pcscd', '--foreground', ...polkit, '--config', this.service], { log: path.join(this.folder, 'pcscd.log') });
		await until(() => this.pcscd.end || existsSync(this.env.PCSCLITE_CSOCK_NAME), 'pcscd');
		if (this.pcscd.end) throw new Error(`pcscd ended\n${this.pcscd.output()}`);
	}

	async restartReader() {
		await this.pcscd.stop();
		rmSync(this.env.PCSCLITE_CSOCK_NAME, { force: true });
		await this.startReader();
		await this.untilSeen();
	}

	async stop() {
		for (const service of [this.pcscd, this.card]) await service?.stop();
	}

	get env() { return { PCSCLITE_CSOCK_NAME: path.join(this.service, 'pcscd.comm') }; }

	run(file, ...args) { return run(file, args, { env: this.env }); }
	user(...args) { return this.tool(['--login', '--pin', this.pin, ...args], { status: null }); }

	// As other programs see it.
	async seen() {
		const { stdout } = await run('opensc-tool', ['--list-readers'], { env: this.env, status: null });
		return /^\d+\s+Yes/m.test(stdout);
	}
	untilSeen(there = true) { return until(async () => await this.seen() === there, there ? 'the key in the reader' : 'the key out of the reader'); }

	async readPublicKey(id) { return pemToDer((await this.run('pkcs15-tool', '--read-public-key', id)).stdout); }

	// OpenSC's own object, which it shows with another handle in each process, is none of the card's.
	async objects() { return (await super.objects()).filter((text) => !text.startsWith('Profile object')); }

	write(name, text) {
		writeFileSync(path.join(this.store, `${name}.new`), text);
		renameSync(path.join(this.store, `${name}.new`), path.join(this.store, name));
	}

	read(name) { return existsSync(path.join(this.store, name)) ? readFileSync(path.join(this.store, name), 'utf8') : ''; }

	// fault('GENERATE 1 pull', …)
	fault(...rules) { this.write('faults', rules.map((rule) => `${rule}\n`).join('')); }

	// Changes lines of the card's own file.
	set(values) {
		let text = this.read('card');
		for (const [name, value] of Object.entries(values)) text = text.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`);
		this.write('card', text);
	}

	// The card's own files, also those that PKCS#11 does not show, and their bytes.
	get files() { return readdirSync(path.join(this.store, 'files')).sort(); }
	// Those of keys and certificates: three for a pair.
	get pairFiles() { return this.files.filter((name) => !['2F02', '2F03'].includes(name)); }
	get used() { return this.files.reduce((sum, name) => sum + statSync(path.join(this.store, 'files', name)).size, 0); }

	// The APDUs that are sent meanwhile, by name.
	async apdus(action) {
		this.write('apdus', '');
		await action();
		const lines = this.read('apdus').trim().split('\n');
		rmSync(path.join(this.store, 'apdus'));
		return lines.map((line) => line.split(' ')[0]);
	}

	async pull() { this.write('pulled', ''); await this.untilSeen(false); }
	async putBack() { rmSync(path.join(this.store, 'pulled'), { force: true }); await this.untilSeen(); }
}

// OpenSC lays PKCS#15 on it: directory files, which each program writes from the picture that it has of them.
export class Pkcs15Key extends CardKey {
	static family = 'myeid';

	async initialize(label) {
		Object.assign(this, { soPin: '87654321', puk: '11223344', label });
		const so = ['--so-pin', this.soPin];
		await this.run('pkcs15-init', '--create-pkcs15', '--label', label, ...so, '--so-puk', '44332211');
		await this.run('pkcs15-init', '--store-pin', '--auth-id', '01', '--label', 'PIN', '--pin', this.pin, '--puk', this.puk, ...so);
		await this.run('pkcs15-init', '--finalize', ...so);
	}

	get pairFiles() { return this.files.filter((name) => /^(43|4B|55)/.test(name)); }

	// The last ten characters, and of those in hexadecimal the last sixteen.
	shownSerial(serial) { return Buffer.from(serial.slice(-8)).toString('hex'); }

	// The same key, used by programs that leave the card logged in; pkcs11-tool ends every login.
	get leftLoggedIn() { return Object.assign(Object.create(this), leftLoggedIn); }
}

const leftLoggedIn = {
	init(what, { id, label }) { return this.run('pkcs15-init', ...what, '--auth-id', '01', '--id', id, '--label', label, '--pin', this.pin); },

	async generate(keyType, place) {
		await this.init(['--generate-key', types[keyType].toLowerCase()], place);
		return pemToDer((await this.run('pkcs15-tool', '--read-public-key', place.id)).stdout);
	},

	async writeCertificate(pem, place) {
		const file = path.join(this.folder, 'foreign.pem');
		writeFileSync(file, pem);
		await this.init(['--store-certificate', file], place);
		rmSync(file);
	},

	async sign(id, data) {
		const at = (name) => path.join(this.folder, `foreign-${name}`);
		writeFileSync(at('in'), createHash('sha256').update(data).digest());
		await this.run('pkcs15-crypt', '--sign', '--key', id, '--pin', this.pin, '--raw', '--sha-256', '--pkcs1', '--signature-format', 'openssl',
			'--input', at('in'), '--output', at('out'));
		const signature = readFileSync(at('out'));
		for (const name of ['in', 'out']) rmSync(at(name));
		return signature;
	},
};
