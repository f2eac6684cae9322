// A SoftHSM2 token behind tests/shim: faults and removal as a SoftKey has them, but no "cut", no "write" and one slot.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, softhsm } from './paths.mjs';
import { run } from './process.mjs';
import { SoftKey } from './softkey-token.mjs';
import { Token } from './token.mjs';

export class ShimToken extends SoftKey {
	static async make(folder, { label = 'Shim key', pin = '123456', soPin = '87654321' } = {}) {
		const key = new ShimToken();
		Object.assign(key, { folder, store: path.join(folder, 'shim'), label, pin, soPin });
		key.module = path.join(build, 'tests/shim/shim.so');
		mkdirSync(path.join(key.store, 'tokens'), { recursive: true });
		await key.initialize(label);
		key.serial = await key.findSerial();
		return key;
	}

	// The configuration names the folder it is in: a copy of the store is a token of its own.
	get env() {
		const configuration = path.join(this.store, 'softhsm2.conf');
		writeFileSync(configuration, `directories.tokendir = ${path.join(this.store, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
		return { SHIM_MODULE: softhsm, SHIM_STORE: this.store, SOFTHSM2_CONF: configuration };
	}

	// Beside the uninitialized slot SoftHSM2 always shows.
	run(...args) { return this.tool(args); }
	trial(...args) { return this.tool(args, { status: null }); }
	// The arguments for the same without the shim.
	plain(...args) { return ['--module', softhsm, '--token-label', this.label, ...args]; }

	// The serial number of another token of the same label.
	async findOther() {
		const { stdout } = await run('softhsm2-util', ['--show-slots'], { env: this.env });
		return [...stdout.matchAll(/Serial number:\s+([0-9a-f]+)/g)].map((found) => found[1]).find((serial) => serial !== this.serial);
	}

	importPair(...args) { return Token.prototype.importPair.apply(this, args); }

	place(left, right = '-') {
		if (right !== '-') throw new Error('a token behind the shim has one slot');
		if (left === '-') this.pull();
		else this.putBack();
	}

	pull() { this.write('pulled', '*\n'); }
	putBack() { rmSync(path.join(this.store, 'pulled'), { force: true }); }
	get plugged() { return this.read('pulled').trim() === ''; }
	set() { throw new Error('SoftHSM2 keeps its own counters'); }
}
