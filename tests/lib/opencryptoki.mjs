// openCryptoki's soft token behind a pkcsslotd of its own. All its places are fixed: it has them in a mount namespace, with shared memory
// of its own; whoever uses it is started in there. Its group is root's: there is no other in a user namespace.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Maker } from './maker.mjs';
import { inMountNamespace, joinNamespace } from './namespace.mjs';
import { opencryptoki } from './paths.mjs';
import { Service, run, until } from './process.mjs';

const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const prepare = `set -e
	mkdir -p /dev/shm
	for place in run lib log; do mkdir -p "$1/$place"; done
	mount --bind "$1/run" /run
	mount --bind "$1/lib" /var/lib
	mount --bind "$1/log" /var/log
	mount -t tmpfs tmpfs /dev/shm
	mkdir -p /run/lock /var/log/opencryptoki
	sed 's/^pkcs11:.*/pkcs11:x:0:root/' /etc/group >"$1/group"
	mount --bind "$1/group" /etc/group
	for token in swtok tpm icsf lite ccatok ep11tok; do mkdir -p /run/lock/opencryptoki/$token /var/lib/opencryptoki/$token/TOK_OBJ; done
	chgrp -R pkcs11 /run/lock/opencryptoki /var/lib/opencryptoki /var/log/opencryptoki
	chmod -R g+rwX /run/lock/opencryptoki /var/lib/opencryptoki /var/log/opencryptoki
	touch "$1/prepared"
	exec sleep infinity`;

export class OpenCryptokiKey extends Maker {
	// Its PIN has four to eight characters, and the SO's first one is fixed.
	static async make(folder, { label = 'Soft token', pin = '123456' } = {}) {
		const key = new this();
		Object.assign(key, { folder, label, pin, soPin: '87654321', module: opencryptoki, serial: '123', store: path.join(folder, 'opencryptoki') });
		mkdirSync(key.store, { recursive: true });
		try {
			await key.settle();
			await key.startService();
			const so = ['--login', '--login-type', 'so', '--so-pin', key.soPin];
			await key.run('pkcs11-tool', '--module', key.module, '--slot', '3', '--init-token', '--label', label, '--so-pin', key.soPin);
			await key.run('pkcs11-tool', '--module', key.module, '--slot', '3', '--init-pin', ...so, '--new-pin', pin);
			copyFileSync(key.tokenFile, key.tokenKept);
		} catch (error) { await key.stop(); throw error; }
		return key;
	}

	async settle() {
		const [unshare, ...options] = inMountNamespace('--ipc'), prepared = path.join(this.store, 'prepared');
		this.place = new Service(unshare, [...options, 'sh', '-c', prepare, 'sh', this.store], { log: path.join(this.folder, 'place.log') });
		await until(() => this.place.end || existsSync(prepared), 'its places');
		if (this.place.end) throw new Error(`the places of openCryptoki\n${this.place.output()}`);
		this.before = joinNamespace(this.place.pid, '--ipc');
	}

	async startService() {
		const [nsenter, ...options] = this.before, socket = path.join(this.store, 'run/pkcsslotd.socket');
		rmSync(socket, { force: true });
		this.service = new Service(nsenter, [...options, 'pkcsslotd', '-f'], { log: path.join(this.folder, 'pkcsslotd.log') });
		await until(() => this.service.end || existsSync(socket), 'pkcsslotd');
		if (this.service.end) throw new Error(`pkcsslotd ended\n${this.service.output()}`);
	}

	// It does not end by itself while a program uses it: systemd would wait, and then kill it.
	async stopService() { await this.service.kill(); }
	async restartService() { await this.stopService(); await this.startService(); }
	async stop() { for (const service of [this.service, this.place]) await service?.stop(); }

	// It writes its token's file in place at every C_Login, empty first. A kill in that moment ends the token for every program, and nobody's
	// PKCS#11 can mend that: the file comes back, so that what is judged is the renewal.
	get tokenFile() { return path.join(this.store, 'lib/opencryptoki/swtok/NVTOK.DAT'); }
	get tokenKept() { return path.join(this.store, 'NVTOK.kept'); }
	mendToken() { if (statSync(this.tokenFile).size < statSync(this.tokenKept).size) copyFileSync(this.tokenKept, this.tokenFile); }

	run(file, ...args) { return run(this.before[0], [...this.before.slice(1), file, ...args]); }
	tool(args, options = {}) {
		return run(this.before[0], [...this.before.slice(1), 'pkcs11-tool', '--module', this.module, '--token-label', this.label, ...args], { env: this.env, ...options });
	}
	get env() { return {}; }

	// It makes no digest in a signature.
	toSign(data) {
		return { input: Buffer.concat([sha256Info, createHash('sha256').update(data).digest()]), mechanism: ['--mechanism', 'RSA-PKCS'] };
	}
}
