// client.drive: one loop for the first try and for recovery. Agent and hall are small models; every message is lost once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, failing, peers } from './world.mjs';

const wanted = { order: 'A', certificate: 'old', key: 'new' };

// The key as renewal.inspect sees it, and a hall as in the order's state machine.
class Scene {
	constructor() {
		Object.assign(this, { stage: 'nothing', spki: 0, keys: 0, issued: {}, receipts: 0, completed: 0, begun: [], log: [], cut: -1, where: 'before' });
		const scene = this;
		const methods = {
			'renewal.inspect': () => scene.info(),
			'renewal.begin': (params) => {
				scene.begun.push(params);
				if (scene.stage === 'nothing') { scene.stage = 'key'; scene.spki = ++scene.keys; }
				return { csr: 'csr', publicKey: `spki${scene.spki}`, proof: 'proof', importAlgorithms: [] };
			},
			'renewal.install': (params) => {
				if (params.certificate !== `certificate of spki${scene.spki}`) failing('certificate.mismatch', 1803, { what: 'spki' });
				if (scene.stage === 'key') scene.stage = 'installed';
				return { receipt: 'receipt' };
			},
			'renewal.complete': () => {
				assert.equal(scene.receipts > 0, true, 'complete only after the hall has the receipt');
				scene.stage = 'completed'; scene.completed += 1;
				return { retired: ['old'] };
			},
		};
		for (const [name, method] of Object.entries(methods)) {
			methods[name] = (params, socket) => {
				const fault = scene.fault(name);
				if (fault === 'before') { socket.shut(1006); return undefined; }
				const result = method(params);
				if (fault === 'after') { socket.shut(1006); return undefined; }
				return result;
			};
		}
		this.world = new World({ ports: { 18317: peers.agent(methods) } });
		this.hall = {
			key: (request) => scene.ask('hall.key', () => { scene.last = request.publicKey; scene.issued[request.publicKey] = (scene.issued[request.publicKey] ?? 0) || 1; return scene.answer(); }),
			issued: () => scene.ask('hall.issued', () => scene.answer()),
			receipt: (receipt) => scene.ask('hall.receipt', () => { assert.equal(receipt, 'receipt'); scene.receipts += 1; }),
		};
	}

	info() {
		const next = { nothing: 'begin', key: 'begin', certificate: 'install', 'encryption-key': 'install', installed: 'complete', completed: 'none' }[this.stage];
		const some = this.spki && this.stage !== 'nothing' ? { publicKey: `spki${this.spki}` } : {};
		return { order: 'A', stage: this.stage, next, source: 'key', ...some };
	}
	answer() {
		if (!this.last) return null;
		const some = this.slow ? {} : { certificate: `certificate of ${this.last}`, chain: ['ca'] };
		return { ...some, publicKey: this.last, installed: this.receipts > 0 };
	}
	fault(name) {
		this.log.push(name);
		return this.log.length - 1 === this.cut ? this.where : '';
	}
	async ask(name, call) {
		const fault = this.fault(name);
		if (fault === 'before') throw new Error('network');
		const value = call();
		if (fault === 'after') throw new Error('network');
		return value;
	}

	async drive(options = wanted, client = new this.world.Keyhall.Client({ reconnect: false }), ms = 300000) {
		const outcome = { steps: [] };
		client.drive('A', this.hall, { ...options, onstep: ({ step }) => outcome.steps.push(step) }, (error, result) => Object.assign(outcome, { error, result }));
		await this.world.pass(ms);
		return outcome;
	}

	atEnd(outcome) {
		assert.equal(outcome.error?.message ?? '', '');
		assert.deepEqual([outcome.result.order, outcome.result.stage], ['A', 'completed']);
		assert.equal(this.stage, 'completed');
		assert.ok(this.receipts >= 1);
		assert.equal(this.keys, Object.keys(this.issued).length);
	}
}

const whole = ['renewal.inspect', 'hall.issued', 'renewal.begin', 'hall.key', 'renewal.install', 'hall.receipt', 'renewal.complete'];

test('a whole renewal, in this order, each step once', async () => {
	const scene = new Scene();
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(scene.log, whole);
	assert.deepEqual(outcome.result.retired, ['old']);
	assert.deepEqual(outcome.steps, ['inspect', 'begin', 'key', 'install', 'receipt', 'complete', 'done']);
	assert.deepEqual(scene.begun, [{ order: 'A', certificate: 'old', key: 'new' }]);
});

test('driving a finished order changes nothing', async () => {
	const scene = new Scene();
	await scene.drive();
	scene.log = [];
	scene.atEnd(await scene.drive());
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued']);
});

for (const where of ['before', 'after']) {
	for (const [cut, name] of whole.entries()) {
		for (const retries of [0, 2]) {
			test(`lost ${where} ${name} took effect, ${retries} retries: driving again ends well, one key, one certificate`, async () => {
				const scene = new Scene();
				Object.assign(scene, { cut, where });
				const first = await scene.drive({ ...wanted, retries });
				const recovered = retries > 0 && name.startsWith('renewal.');
				if (recovered) scene.atEnd(first);
				else assert.ok(first.error);
				scene.atEnd(await scene.drive());
				assert.equal(scene.keys, 1);
			});
		}
	}
}

test('key lost after issue: a new key, issued again', async () => {
	const scene = new Scene();
	Object.assign(scene, { cut: 4, where: 'before' });
	await scene.drive({ ...wanted, retries: 0 });
	scene.stage = 'nothing';
	scene.atEnd(await scene.drive());
	assert.deepEqual(Object.keys(scene.issued), ['spki1', 'spki2']);
});

test('issued and key there: installs without begin', async () => {
	const scene = new Scene();
	Object.assign(scene, { cut: 4, where: 'before' });
	await scene.drive({ ...wanted, retries: 0 });
	scene.log = [];
	scene.cut = -1;
	scene.atEnd(await scene.drive({}));
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued', 'renewal.install', 'hall.receipt', 'renewal.complete']);
});

test('still being made: waits, then installs', async () => {
	const scene = new Scene();
	scene.slow = true;
	scene.world.after(20000, () => { scene.slow = false; });
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.equal(scene.begun.length, 1);
	assert.ok(outcome.steps.filter((step) => step === 'wait').length > 1);
});

test('still being made when patience ends: hall.pending, and going on later needs no begin', async () => {
	const scene = new Scene();
	scene.slow = true;
	const outcome = await scene.drive({ ...wanted, patience: 30000 });
	assert.equal(outcome.error.name, 'hall.pending');
	assert.ok(scene.log.length < 15);
	scene.slow = false;
	scene.atEnd(await scene.drive());
	assert.equal(scene.begun.length, 1);
});

test('the certificate is on the key and the hall does not know it', async () => {
	for (const stage of ['certificate', 'encryption-key', 'installed']) {
		const scene = new Scene();
		Object.assign(scene, { stage, spki: 1 });
		assert.equal((await scene.drive()).error.name, 'hall.unissued');
		assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued']);
	}
});

test('the hall has the receipt, only complete is missing', async () => {
	const scene = new Scene();
	Object.assign(scene, { stage: 'installed', spki: 1, keys: 1, last: 'spki1', issued: { spki1: 1 }, receipts: 1 });
	scene.atEnd(await scene.drive());
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued', 'renewal.complete']);
});

test('the hall has the receipt and nothing is marked on the key: done, no new key', async () => {
	const scene = new Scene();
	Object.assign(scene, { last: 'spki1', receipts: 1 });
	assert.equal((await scene.drive()).result.stage, 'nothing');
	assert.equal(scene.keys, 0);
});

test('what only the clerk can mend is not tried again', async () => {
	const world = new World({ ports: { 18317: peers.agent({ 'renewal.inspect': () => failing('pin.incorrect', 1501, { retry: 'user' }) }) } });
	const client = new world.Keyhall.Client();
	let error;
	client.drive('A', { key() {}, issued() {}, receipt() {} }, {}, (value) => { error = value; });
	await world.pass(60000);
	assert.equal(error.name, 'pin.incorrect');
	assert.equal(world.seen.filter((name) => name === 'renewal.inspect').length, 1);
});

test('an agent that never moves on does not loop for ever', async () => {
	const world = new World({ ports: { 18317: peers.agent({ 'renewal.inspect': () => failing('agent.busy', 1201, { retry: 'later' }) }) } });
	const client = new world.Keyhall.Client();
	let error;
	client.drive('A', { key() {}, issued() {}, receipt() {} }, { retries: 1000 }, (value) => { error = value; });
	await world.pass(600000);
	assert.equal(error.name, 'renewal.stuck');
	assert.equal(world.seen.filter((name) => name === 'renewal.inspect').length, 10);
});

test('two drives of one order are one run', async () => {
	const scene = new Scene();
	const client = new scene.world.Keyhall.Client();
	const both = Promise.all([client.drive('A', scene.hall, wanted), client.renewal.drive('A', scene.hall, wanted)]);
	await scene.world.pass(1000);
	const [one, two] = await both;
	assert.equal(one, two);
	assert.deepEqual(scene.log, whole);
});

test('a hall with callbacks, no Promise anywhere', async () => {
	const scene = new Scene();
	const { hall } = scene;
	scene.world.page.Promise = undefined;
	const late = (name) => (argument, done) => { hall[name](argument).then((value) => scene.world.after(5, () => done(null, value)), done); };
	scene.hall = { key: late('key'), issued: late('issued'), receipt: late('receipt') };
	scene.atEnd(await scene.drive());
});

test('an error of the hall comes through as it is', async () => {
	const scene = new Scene();
	const mine = new Error('mine');
	scene.hall.key = () => { throw mine; };
	assert.equal((await scene.drive()).error, mine);
	scene.hall.key = () => Promise.reject(mine);
	assert.equal((await scene.drive()).error, mine);
});

test('the agent is killed and comes back within the run', async () => {
	const scene = new Scene();
	Object.assign(scene, { cut: 4, where: 'after' });
	const { ports } = scene.world;
	const run = scene.drive(wanted, undefined, 300000);
	scene.world.ports = new Proxy(ports, { get: (target, port) => (scene.log.length === 5 && scene.world.sockets.length < 4 ? undefined : target[port]) });
	scene.atEnd(await run);
});
