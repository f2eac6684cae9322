// What the points of the matrix share: a key with an old certificate and foreign objects, snapshots of it, a page that drives a renewal.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { Daemon } from '../lib/daemon.mjs';
import { PinScript } from '../lib/pin.mjs';
import { freePort, removeFolder, sleep, temporaryFolder } from '../lib/process.mjs';
import { checkReceipt } from '../lib/renewal.mjs';
import { describeObjects, faultMet, storeObjects, triesLeft, usableCertificates } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';

export const origin = 'http://localhost:8080', order = 'M-2026.0001';
const tries = 6;

// The hall's truth: one certificate for one public key, kept until the end.
class HallTruth {
	constructor(stage) { Object.assign(this, { stage, issues: 0, issued: null, publicKey: null, receipt: false }); }
	copy() { return Object.assign(new HallTruth(this.stage), this); }

	async take({ csr, publicKey }) {
		if (this.publicKey === publicKey) return;
		this.issued = await this.stage.issue(csr, publicKey);
		this.publicKey = publicKey;
		this.issues++;
	}
}

export class Stage {
	static async make(keyType, key) {
		const stage = new Stage();
		const folder = temporaryFolder(), place = (name) => { const one = path.join(folder, name); mkdirSync(one); return one; };
		Object.assign(stage, { folder, keyType, key, issuing: Promise.resolve(), known: new Map(), ports: new Set(), bases: [], made: 0 });
		stage.ca = await Authority.make(place('ca'));
		stage.token = await SoftKey.make(place('token'), { pin: '123456' });
		const pair = await makeKey(keyType), foreign = await makeKey('ec-p256');
		stage.oldPem = await stage.ca.issue(await makeRequest(pair, place('old')), { notBefore: days(-345), notAfter: days(20) });
		stage.old = certificateId(stage.oldPem);
		await stage.token.importPair(pair);
		await stage.token.writeCertificate(stage.oldPem);
		await stage.token.importPair(foreign, { id: '0f', label: 'another' });
		const name = '/C=CN/O=Another/CN=Another';
		await stage.token.writeCertificate(await stage.ca.issue(await makeRequest(foreign, place('foreign'), { name })), { id: '0f', label: 'another' });
		writeFileSync(path.join(folder, 'seal'), 'an electronic seal');
		await stage.token.user('--write-object', path.join(folder, 'seal'), '--type', 'data', '--label', 'seal', '--private');
		stage.foreign = storeObjects(stage.token).filter((one) => one.id === '0f' || one.kind === 'data').map((one) => one.print).sort();
		assert.equal(stage.foreign.length, 4);
		stage.bases.push({ store: stage.token.store, hall: new HallTruth(stage) });
		return stage;
	}

	issue(csr, publicKey) {
		if (!this.known.has(publicKey) || this.key === 'new')
			this.known.set(publicKey, this.issuing = this.issuing.catch(() => {}).then(() => this.ca.issue(csr)));
		return this.known.get(publicKey);
	}

	async port() {
		for (;;) {
			const port = await freePort();
			if (!this.ports.has(port) && this.ports.add(port)) return port;
		}
	}

	// A key of its own for one point, as it was after `done` of the renewal's three parts.
	async open(done, faults = []) {
		const one = new Scene(), base = this.bases[done], folder = path.join(this.folder, `point-${this.made++}`);
		mkdirSync(folder);
		cpSync(base.store, path.join(folder, 'softkey'), { recursive: true });
		if (base.state) cpSync(base.state, path.join(folder, 'agent/state'), { recursive: true });
		Object.assign(one, { stage: this, folder, done, hall: base.hall.copy(), errors: [] });
		one.token = Object.assign(new SoftKey(), this.token, { folder, store: path.join(folder, 'softkey') });
		if (faults.length) one.token.fault(...faults);
		one.pins = new PinScript(folder, this.token.pin);
		one.daemon = await Daemon.start({ folder: path.join(folder, 'agent'), token: one.token, origins: [origin], anchors: [this.ca.root],
			port: await this.port(), pinentry: one.pins.program });
		return one;
	}

	// What the parts before leave is where the later ones begin.
	async snapshot(scene) {
		await scene.close(true);
		const base = { store: path.join(this.folder, `base-${this.bases.length}`), state: path.join(this.folder, `state-${this.bases.length}`) };
		cpSync(scene.token.store, base.store, { recursive: true });
		cpSync(path.join(scene.folder, 'agent/state'), base.state, { recursive: true });
		rmSync(path.join(base.store, 'calls'), { force: true });
		this.bases.push({ ...base, hall: scene.hall.copy() });
	}

	close() { removeFolder(this.folder); }
}

class Scene {
	get objects() { return storeObjects(this.token); }

	async page() {
		if (!this.agent || this.agent.end) this.agent = await this.daemon.connect();
		return this.agent;
	}

	async call(method, params = {}) { return (await this.page()).call(method, { order, ...params }); }

	async begin() { await this.hall.take(await this.call('renewal.begin', { certificate: this.stage.old, key: this.stage.key })); }

	async install() {
		if (!this.hall.issued) await this.begin();
		const { receipt } = await this.call('renewal.install', { certificate: this.hall.issued, chain: [] });
		checkReceipt(receipt, { order, origin, serial: this.token.serial, certificate: this.hall.issued });
		this.hall.receipt = true;
	}

	async complete() {
		if (!this.hall.receipt) await this.install();
		await this.call('renewal.complete').catch(async (error) => {
			if (error.rpc !== 'renewal.state' || !await this.listed()) throw error;
			this.ended = true;
		});
	}

	async part(number) { await [this.begin, this.install, this.complete][number].call(this); }

	// With the same key a finished order leaves no mark; where the journal does not know the end either (another
	// computer, or a daemon killed before the answer), the list of certificates tells it.
	async listed() {
		if (this.stage.key !== 'same' || !this.hall.receipt) return false;
		const { certificates } = await this.page().then((agent) => agent.call('certificate.list'));
		const has = (id) => certificates.some((one) => one.id === id);
		return has(certificateId(this.hall.issued)) && !has(this.stage.old);
	}

	// What a page does at first and for recovery: it looks, and does what is next.
	async drive() {
		for (let i = 0; i < 8; i++) {
			const { next, stage } = await this.call('renewal.inspect');
			if (next === 'none') return assert.equal(stage, 'completed');
			if (next === 'begin' && await this.listed()) return;
			await this[next]();
			if (this.ended) return;
		}
		throw new Error('it goes in circles');
	}

	// Again and again, as the clerk would, while the errors say that this may help.
	async recover() {
		for (let i = 0; ; i++) {
			try { return await this.drive(); } catch (error) {
				this.errors.push(error.rpc ?? error.message);
				if (i === 6 || (error.data && error.data.retry === 'no')) throw error;
				this.checkUsable('while it recovered');
				await sleep([20, 200, 800, 2000, 2000, 4000][i]);
			}
		}
	}

	checkUsable(when) {
		const mine = [this.stage.old, this.hall.issued ? certificateId(this.hall.issued) : ''];
		assert.ok(usableCertificates(this.objects).some((id) => mine.includes(id)), `no usable certificate ${when}`);
		assert.ok(triesLeft(this.token) >= tries - 1, `PIN tries wasted ${when}`);
	}

	checkEnd(expected) {
		const objects = this.objects, id = certificateId(this.hall.issued);
		assert.deepEqual(describeObjects(objects), expected);
		assert.ok(usableCertificates(objects).includes(id), 'the new certificate has its key');
		const prints = new Set(objects.map((one) => one.print));
		assert.ok(this.stage.foreign.every((print) => prints.has(print)), 'foreign objects were touched');
		assert.equal(this.hall.issues, 1, 'issued once');
		assert.equal(triesLeft(this.token), tries, 'PIN tries are full');
	}

	// kill -9; what its token host is doing goes on without it.
	async killDaemon() {
		const gone = new Promise((resolve) => this.daemon.service.child.on('exit', resolve));
		this.daemon.service.child.kill('SIGKILL');
		await gone;
		this.killed = true;
	}

	get met() { return faultMet(this.token); }

	// A daemon that runs, on a computer that knows nothing where fresh.
	async startAgain(fresh) {
		if (fresh && !this.killed && !this.daemon.service.end) await this.killDaemon();
		if (fresh) rmSync(this.daemon.settings.state, { recursive: true, force: true });
		if (this.killed || this.daemon.service.end) await this.daemon.again();
		this.killed = false;
	}

	async close(keep = false) {
		await this.agent?.close();
		await (keep ? this.daemon.stop() : this.daemon.kill());
		if (!keep) rmSync(this.folder, { recursive: true, force: true });
	}
}
