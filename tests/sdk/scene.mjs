// client.drive's two sides as small models: the key behind an agent, and a hall. Every message is counted and can be
// lost before or after it took effect, doubled, delayed, or end the page.
import assert from 'node:assert/strict';
import { World, failing, peers } from './world.mjs';

export const wanted = { order: 'A', certificate: 'old', key: 'new' };
export const whole = ['renewal.inspect', 'hall.issued', 'renewal.begin', 'hall.key', 'renewal.install', 'hall.receipt', 'renewal.complete'];

const refused = (name, retry = 'no') => Object.assign(new Error(name), { name, data: { name, retry } });

// What is on the key, as PKCS#11 objects would be: pending key, certificates; and whether the old pair was retired.
class Key {
	constructor() { Object.assign(this, { made: 0, spki: '', certificate: '', encryption: '', completed: false, sign: true }); }

	generate() {
		if (!this.spki) this.spki = `spki${++this.made}`;
		return this.spki;
	}

	get stage() {
		if (this.completed) return 'completed';
		if (this.certificate) return this.dual && !this.encryption ? 'certificate' : 'installed';
		return this.spki ? 'key' : 'nothing';
	}
}

// settings: dual (two certificates), same (the old key again), reissues (how many the hall allows), unmarked (the key
// keeps no mark: the pair is found by the public key that the page hands over), patched (World). fault: {at: number of the message, how: before after double late reload-before reload-after}.
export class Scene {
	constructor(settings = {}) {
		const { dual = false, same = false, reissues = 3, fault = {}, unmarked = false, patched } = settings;
		this.key = new Key();
		this.key.dual = dual;
		Object.assign(this, { dual, same, unmarked, fault, log: [], begun: [], asked: [], busyUntil: 0, pages: 0 });
		this.books = { bound: '', issued: [], reissues, receipts: 0, envelopes: 1, slow: false, lag: 0 };
		this.world = new World({ ports: { 18317: this.agent() }, patched });
		this.hall = this.page();
	}

	/* ---- the agent ---- */

	agent() {
		const methods = {
			'renewal.inspect': (params) => this.inspect(params),
			'renewal.begin': (params) => this.begin(params),
			'renewal.install': (params) => this.install(params),
			'renewal.complete': (params) => this.complete(params),
		};
		for (const [name, method] of Object.entries(methods)) methods[name] = (params, socket, id) => this.deliver(name, () => method(params), socket, id);
		return peers.agent(methods);
	}

	deliver(name, method, socket, id) {
		const how = this.count(name);
		if (how === 'before' || how === 'reload-before') { this.cut(how, socket); return undefined; }
		if (name !== 'renewal.inspect' && this.world.now < this.busyUntil) return failing('agent.busy', 1201, { retry: 'later' });
		const result = method();
		if (how === 'after' || how === 'reload-after') { this.cut(how, socket); return undefined; }
		if (how === 'double') socket.receive({ jsonrpc: '2.0', id, result });
		if (how !== 'late') return result;
		this.world.after(240000, () => socket.receive({ jsonrpc: '2.0', id, result }));
		return undefined;
	}

	// A page that goes takes its connection along; the agent may still be at work for a while.
	cut(how, socket) {
		if (how.startsWith('reload')) { this.dead = this.hall; this.busyUntil = this.world.now + 3000; }
		socket.shut(1006);
	}

	// Whether the agent finds the order's pair.
	finds({ publicKey }) { return !this.unmarked || publicKey === this.key.spki; }

	inspect(params) {
		const { stage, spki } = this.finds(params) ? this.key : new Key();
		const next = { nothing: 'begin', key: 'install', certificate: 'install', installed: 'complete', completed: 'none' }[stage];
		const shown = this.same && !this.key.certificate ? { stage: 'nothing', next: 'begin' } : { stage, next, ...(spki ? { publicKey: spki } : {}) };
		return { order: 'A', source: 'key', ...shown };
	}

	begin(params) {
		this.begun.push(params);
		if (!this.finds(params)) this.key.spki = '';
		if (this.key.bare) Object.assign(this.key, { spki: '', certificate: '', bare: false });
		if (this.key.certificate) failing('renewal.state', 1702);
		if (this.key.halved) { this.key.spki = ''; this.key.halved = false; }
		const publicKey = this.same ? this.key.spki = 'old spki' : this.key.generate();
		return { csr: 'csr', publicKey, proof: `proof of ${publicKey}`, importAlgorithms: params.dual ? ['rsa-aes-kw'] : [] };
	}

	install(params) {
		const { key } = this;
		if (key.bare) failing('certificate.no_key', 1802);
		if (key.halved || !key.spki || !this.finds(params)) failing('renewal.state', 1702);
		if (params.certificate !== `certificate of ${key.spki}`) failing('certificate.mismatch', 1803, { what: 'spki' });
		key.certificate = params.certificate;
		if (this.dual) {
			assert.ok(params.encryption, 'the second certificate is handed over');
			if (this.unopened > 0) { this.unopened -= 1; failing(this.unopenedName ?? 'encryption.unopened', 1901, { retry: 'later' }); }
			key.encryption = params.encryption.certificate;
			if (this.torn > 0) this.torn -= 1;
		}
		return { receipt: `receipt of ${params.certificate}` };
	}

	complete(params) {
		assert.ok(this.finds(params));
		assert.ok(this.books.receipts > 0, 'complete only after the hall has the receipt');
		assert.ok(this.key.certificate);
		if (this.torn) failing('encryption.mismatch', 1902, { retry: 'user' });
		const retired = this.key.completed ? [] : ['old'];
		this.key.completed = true;
		return { retired };
	}

	/* ---- the hall, and the page's functions that reach it ---- */

	page() {
		const mine = ++this.pages, { books } = this;
		const ask = (name, call) => async () => {
			const how = this.count(name);
			const alive = () => mine === this.pages && this.dead !== this.hall;
			const gone = new Promise(() => {});
			if (!alive()) return gone;
			if (how === 'reload-before') { this.dead = this.hall; return gone; }
			if (how === 'before') throw refused('hall.unreachable', 'later');
			if (how === 'double') call();
			const value = call();
			if (how === 'reload-after') { this.dead = this.hall; return gone; }
			if (how === 'after') throw refused('hall.unreachable', 'later');
			if (how === 'late') await new Promise((resolve) => this.world.after(240000, resolve));
			return alive() ? value : gone;
		};
		const hall = {
			key: (request) => ask('hall.key', () => this.bind(request))(),
			issued: () => ask('hall.issued', () => this.answer())(),
			receipt: (receipt) => ask('hall.receipt', () => {
				assert.equal(receipt, `receipt of certificate of ${books.bound}`);
				books.receipts += 1;
			})(),
		};
		if (this.dual) hall.envelope = () => ask('hall.envelope', () => { books.envelopes += 1; return this.answer(); })();
		return hall;
	}

	bind(request) {
		const { books } = this;
		this.asked.push(request);
		assert.equal(request.proof, `proof of ${request.publicKey}`);
		if (books.bound !== request.publicKey) {
			if (books.bound && books.reissues-- <= 0) throw refused('order.reissues');
			books.bound = request.publicKey;
			books.issued.push(request.publicKey);
		}
		return this.answer();
	}

	answer() {
		const { books } = this;
		if (!books.bound) return null;
		if (books.slow) return { publicKey: books.bound, installed: false };
		const certificate = `certificate of ${books.stale ?? books.bound}`;
		const encryption = { certificate: `encryption of ${books.bound}`, envelope: `envelope ${books.envelopes}`, format: 'rsa-aes-kw' };
		return { certificate, chain: ['ca'], publicKey: books.bound, installed: books.receipts > 0, ...(this.dual ? { encryption } : {}) };
	}

	/* ---- a run ---- */

	count(name) {
		this.log.push(name);
		return this.log.length - 1 === this.fault.at ? this.fault.how : '';
	}

	// Drives as a page does that was opened just now, until it ends or its time is up; outcome.over says which.
	async drive(options = {}, ms = 900000) {
		const outcome = { steps: [], over: 0 };
		if (this.dead) { this.dead = null; this.hall = this.page(); }
		const client = new this.world.Keyhall.Client({ reconnect: false });
		client.drive('A', this.hall, { ...wanted, key: this.same ? 'same' : 'new', ...(this.dual ? { dual: true } : {}), ...options, onstep: ({ step }) => outcome.steps.push(step) },
			(error, result) => { outcome.over += 1; Object.assign(outcome, { error, result }); });
		await this.world.pass(ms);
		if (client._socket) client.close();
		assert.ok(outcome.over <= 1, 'an answer comes once');
		assert.ok(this.log.length < 80, `no loop: ${this.log.join(' ')}`);
		return outcome;
	}

	// Again and again, as the clerk does with 异常恢复; how often is told.
	async recover(times = 4, options = {}) {
		for (let i = 1; i <= times; i++) {
			const outcome = await this.drive(options);
			if (outcome.over && !outcome.error) return { ...outcome, times: i };
			this.lastError = outcome.error;
		}
		throw new Error(`not done after ${times} times: ${this.lastError?.name ?? 'silence'}; ${this.log.join(' ')}`);
	}

	atEnd(outcome) {
		assert.equal(outcome.error?.message ?? '', '');
		assert.deepEqual([outcome.result.order, outcome.result.stage], ['A', 'completed']);
		const { key, books } = this;
		assert.equal(key.stage, 'completed');
		assert.equal(key.certificate, `certificate of ${books.bound}`);
		assert.equal(key.encryption, this.dual ? `encryption of ${books.bound}` : '');
		assert.ok(books.receipts >= 1);
	}
}
