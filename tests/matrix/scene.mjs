// One point of the matrix: a key, an agent, a page and a hall of its own, from where the parts before left them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { program, root } from '../lib/paths.mjs';
import { isFree, sleep } from '../lib/process.mjs';
import { faultMet, parseObject } from '../lib/softkey-store.mjs';
import { Hall } from './hall.mjs';
import { order, witnessOf } from './witness.mjs';
import { markLabel } from '../lib/mark.mjs';

const require = createRequire(import.meta.url), Socket = require('ws'), Keyhall = require(path.join(root, 'protocol/js/keyhall.js'));
export const portsOfWorker = 400;
export const origin = 'http://localhost:8080';
globalThis.WebSocket = class extends Socket {
	constructor(url, protocol) {
		super(url, protocol, { origin });
		this.on('error', () => {}); // ws throws where a browser is silent
	}
};

// Below the ports that the system gives away; each worker has its hundreds (pool.mjs).
const share = process.env.KEYHALL_MATRIX_PORTS ?? '12000';
let lastPort = 0, made = 0;
async function nextPort() {
	for (;;) {
		const port = Number(share) + lastPort++ % portsOfWorker;
		if (await isFree(port)) return port;
	}
}

const living = new Set();
process.on('exit', () => { for (const child of living) child.kill('SIGKILL'); });

function plant(tree, folder) {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	for (const [name, bytes] of tree)
		if (bytes) writeFileSync(path.join(folder, name), bytes); else mkdirSync(path.join(folder, name));
}

export class Scene {
	// faults: lines of softkey's fault script. settings: more configuration of the agent.
	static async open(world, done, { faults = [], settings = {} } = {}) {
		const scene = new Scene(), folder = path.join(world.folder, `point-${share}-${made++}`);
		Object.assign(scene, { world, folder, done, errors: [], torn: [], patience: 10, hall: new Hall(world, origin, order, world.bases[done].hall) });
		scene.token = world.newToken(world.token, { folder, store: path.join(folder, 'softkey') });
		scene.witness = witnessOf(scene);
		plant(world.tree(done, 'store'), scene.token.store);
		if (!world.kind.softhsm) mkdirSync(path.join(scene.token.store, 'history'));
		plant(world.tree(done, 'state'), scene.state);
		if (faults.length) scene.token.fault(...faults);
		await scene.configure(scene.settings = settings);
		await scene.start();
		return scene;
	}

	get state() { return path.join(this.folder, 'state'); }
	get met() { return faultMet(this.token); }
	get plugged() { return this.token.plugged; }
	get alive() { return this.child && this.child.exitCode === null && this.child.signalCode === null; }

	async configure(settings) {
		this.port = await nextPort();
		this.configuration = path.join(this.folder, 'keyhall.json');
		writeFileSync(this.configuration, JSON.stringify({
			port: this.port, origins: [origin], modules: [{ path: this.token.module }], pinentry: this.world.pinentry, state: this.state,
			anchors: [this.world.root ?? this.world.ca.root], ...settings,
		}));
	}

	// ---- the agent

	async start() {
		const log = openSync(path.join(this.folder, 'keyhalld.log'), 'a');
		const env = { PATH: process.env.PATH, HOME: this.folder, XDG_RUNTIME_DIR: this.state, XDG_CONFIG_DIRS: this.folder, ...this.token.env };
		for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS']) if (process.env[name]) env[name] = process.env[name];
		const child = this.child = spawn(program.keyhalld, ['--config', this.configuration, '--foreground'], { env, stdio: ['ignore', log, log] });
		closeSync(log);
		living.add(child);
		this.exited = new Promise((resolve) => child.on('exit', () => { living.delete(child); resolve(); }));
		await this.connect();
	}

	// As soon as it listens.
	async connect() {
		for (let i = 0; ; i++) {
			const client = this.client = new Keyhall.Client({ ports: [this.port], locale: 'en' });
			try { return await client.connect(); } catch (error) {
				client.close();
				// A child of the killed one, not yet become another program, has the port a moment longer; or another program took it.
				if (!this.alive && this.patience-- > 0 && /(is in use on|cannot listen).*\s*$/.test(this.log())) {
					await this.configure(this.settings);
					return this.start();
				}
				if (i === 400 || !this.alive) throw new Error(`no agent: ${error.message}\n${this.log()}`);
				await sleep(5);
			}
		}
	}

	log() { return readFileSync(path.join(this.folder, 'keyhalld.log'), 'utf8'); }

	// Its token host goes with it.
	async kill(signal = 'SIGKILL') {
		this.client.close();
		this.child.kill(signal);
		await this.exited;
	}

	stop() { return this.kill('SIGTERM'); }

	// An agent that runs, on a computer that knows nothing where fresh.
	async startAgain(fresh) {
		if (!fresh && this.alive) return;
		await this.kill();
		if (fresh) rmSync(this.state, { recursive: true, force: true });
		await this.start();
	}

	// ---- the page

	async part(number) {
		const { renewal } = this.client, { dual, same } = this.world.kind;
		if (number === 0) await this.hall.key(await renewal.begin({ order, certificate: this.world.old, key: same ? 'same' : 'new', ...(dual ? { dual } : {}) }));
		if (number === 1) {
			const { certificate, chain, encryption } = this.hall.answer;
			await this.hall.receipt((await renewal.install({ order, certificate, chain, ...(encryption ? { encryption } : {}) })).receipt);
		}
		if (number === 2) await renewal.complete({ order });
	}

	drive() {
		const { dual, same } = this.world.kind;
		return this.client.drive(order, this.hall, { certificate: this.world.old, key: same ? 'same' : 'new', retries: 0, ...(dual ? { dual } : {}) });
	}

	// Again and again, as the clerk would, while the errors say that this may help.
	async recover() {
		for (let i = 0; ; i++) {
			try {
				const { stage } = await this.drive();
				// Without the key it ends where the hall has its receipt. Same key, no journal: nothing but the certificates tells of the order.
				if (stage === 'completed' || (this.world.kind.same && await this.isDone())) return;
				throw new Error(`ended as ${stage}`);
			} catch (error) {
				this.errors.push(error.name === 'Error' ? error.message : error.name);
				if (i === 6 || (error.data && error.data.retry === 'no')) throw error;
				await this.checkUsable('while it recovered');
				await sleep([20, 200, 800, 2000, 2000, 4000][i]);
			}
		}
	}

	// Objects of the order vanish.
	lose(kinds) {
		const folder = path.join(this.token.store, 'tokens/A');
		for (const name of readdirSync(folder).filter((one) => one.endsWith('.object'))) {
			const { kind, label } = parseObject(readFileSync(path.join(folder, name)));
			if (label === markLabel(order) && kinds.includes(kind)) rmSync(path.join(folder, name));
		}
	}

	// What a torn write left without the order's marks is nobody's: it may stay, and must.
	noteTorn() { this.torn = this.witness.unmarked(); }

	// ---- what must be true

	// The old certificate, or one that the hall issued.
	get mine() { return [...this.hall.facts.issued.map((one) => one.certificate), this.world.oldPem]; }

	async checkUsable(when) {
		const objects = await this.witness.objects();
		let usable = false;
		for (const pem of this.mine) usable ||= await this.witness.isUsable(pem, objects);
		assert.ok(usable, `no usable certificate ${when}`);
		this.witness.checkTries(1);
	}

	checkHistory() { this.witness.checkHistory(this.mine); }

	async isDone() { return isDeepStrictEqual(this.witness.describe(await this.witness.objects()), this.world.expected); }

	async checkEnd(issues = 1) {
		const objects = await this.witness.objects(), prints = new Set(this.witness.printsOf(objects));
		const { certificate, encryption } = this.hall.answer;
		assert.deepEqual(this.witness.unmarked(), this.torn, 'what nobody marked');
		assert.deepEqual(this.witness.describe(objects), this.world.expected);
		assert.ok(await this.witness.isUsable(certificate, objects), 'the new certificate has its key');
		assert.ok(!encryption || await this.witness.isUsable(encryption.certificate, objects), 'the encryption certificate has its key');
		assert.equal(objects.length, this.world.foreign.length + 3 * (encryption ? 2 : 1));
		assert.deepEqual(this.world.foreign.filter((print) => !prints.has(print)), [], 'foreign objects were touched');
		assert.ok(this.hall.facts.issued.length <= issues, `issued ${this.hall.facts.issued.length} times`);
		assert.ok(this.hall.facts.installed, 'the hall has the receipt');
		this.witness.checkTries(0);
		this.checkHistory();
	}

	remove() { rmSync(this.folder, { recursive: true, force: true }); }

	async close() {
		this.closed = true;
		if (this.alive) await this.kill(); else this.client?.close();
		this.remove();
	}
}
