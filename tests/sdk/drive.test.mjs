// client.drive: one loop for the first try and for recovery, from every place where an order can stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, wanted, whole } from './scene.mjs';
import { World, failing, peers } from './world.mjs';

const nothing = { key() {}, issued() {}, receipt() {} };

// The key holds what the stage says and the hall has issued for it.
function issuedScene(stage, settings) {
	const scene = new Scene(settings);
	Object.assign(scene.key, { made: 1, spki: 'spki1' });
	if (stage === 'installed') scene.key.certificate = 'certificate of spki1';
	Object.assign(scene.books, { bound: 'spki1', issued: ['spki1'] });
	return scene;
}

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

test('without retries every lost message ends the run with its error; driving again ends well', async () => {
	for (const how of ['before', 'after'])
		for (const [at, name] of whole.entries()) {
			const scene = new Scene({ fault: { at, how } });
			const { error } = await scene.drive({ retries: 0 });
			assert.equal(error.name, name.startsWith('hall.') ? 'hall.unreachable' : 'agent.lost');
			assert.equal(scene.log.length, at + 1, 'and it ends there');
			scene.atEnd(await scene.drive());
			assert.equal(scene.key.made, 1);
		}
});

// The key remembers neither CKA_ID nor label; the hall knows the public key that it has bound.
test('M7: a key without marks: the pair is found by the public key that the hall has bound', async () => {
	for (const dual of [false, true])
		for (const how of ['before', 'after', 'reload-before', 'reload-after'])
			for (let at = 3; at < whole.length; at++) {
				const scene = new Scene({ unmarked: true, dual, fault: { at, how } });
				await scene.drive({ retries: 0 });
				scene.atEnd(await scene.recover());
				assert.ok(scene.key.made === 1 || (at === 3 && scene.key.made === 2), `${how} ${whole[at]}: ${scene.key.made} pairs`);
			}
});

test('M7: publicKey is asked with in every call from the moment it is bound', async () => {
	const seen = [], bound = 'ab', answer = { certificate: 'C', chain: [], publicKey: bound };
	const keep = (name, result) => ({ [name]: (params) => { seen.push([name.split('.')[1], params.publicKey]); return result; } });
	const info = { order: 'A', stage: 'nothing', next: 'begin', source: 'journal' };
	const methods = { ...keep('renewal.inspect', info), ...keep('renewal.begin', { publicKey: bound }), ...keep('renewal.install', { receipt: 'r' }), ...keep('renewal.complete', { retired: [] }) };
	for (const [known, wanted] of [
		[null, [['inspect', undefined], ['begin', undefined], ['install', bound], ['complete', bound]]],
		[{ publicKey: 'cd' }, [['inspect', undefined], ['inspect', 'cd'], ['begin', 'cd'], ['install', bound], ['complete', bound]]],
		[answer, [['inspect', undefined], ['inspect', bound], ['begin', bound], ['install', bound], ['complete', bound]]],
	]) {
		seen.length = 0;
		const world = new World({ ports: { 18317: peers.agent(methods) } });
		let outcome;
		new world.Keyhall.Client().drive('A', { issued: () => known, key: () => answer, receipt() {} }, { certificate: 'old' }, (error, result) => { outcome = error ?? result; });
		await world.pass(60000);
		assert.equal(outcome.stage, 'completed');
		assert.deepEqual(seen, wanted);
	}
});

test('issued and key there: installs without begin', async () => {
	const scene = issuedScene('key');
	scene.atEnd(await scene.drive({ certificate: undefined }));
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued', 'renewal.install', 'hall.receipt', 'renewal.complete']);
});

test('certificate on the key, the hall has no receipt: the same', async () => {
	const scene = issuedScene('installed');
	scene.atEnd(await scene.drive({ certificate: undefined }));
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued', 'renewal.install', 'hall.receipt', 'renewal.complete']);
});

test('the hall has the receipt, only complete is missing', async () => {
	const scene = issuedScene('installed');
	scene.books.receipts = 1;
	scene.atEnd(await scene.drive());
	assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued', 'renewal.complete']);
});

test('the hall has the receipt and nothing is marked on the key: done, no new key', async () => {
	const scene = issuedScene('installed');
	Object.assign(scene.key, { spki: '', certificate: '' });
	scene.books.receipts = 1;
	assert.equal((await scene.drive()).result.stage, 'nothing');
	assert.equal(scene.key.made, 1);
});

test('the certificate is on the key and the hall does not know it', async () => {
	for (const stage of ['certificate', 'encryption-key', 'installed']) {
		const scene = new Scene();
		scene.inspect = () => ({ order: 'A', source: 'key', stage, next: stage === 'installed' ? 'complete' : 'install', publicKey: 'spki1' });
		assert.equal((await scene.drive()).error.name, 'hall.unissued');
		assert.deepEqual(scene.log, ['renewal.inspect', 'hall.issued']);
	}
});

test('still being made: waits, then installs', async () => {
	const scene = new Scene();
	scene.books.slow = true;
	scene.world.after(20000, () => { scene.books.slow = false; });
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.equal(scene.begun.length, 1);
	assert.ok(outcome.steps.filter((step) => step === 'wait').length > 1);
});

test('still being made when patience ends: hall.pending, and going on later needs no begin', async () => {
	const scene = new Scene();
	scene.books.slow = true;
	const outcome = await scene.drive({ patience: 30000 });
	assert.equal(outcome.error.name, 'hall.pending');
	assert.ok(scene.log.length < 15);
	scene.books.slow = false;
	scene.atEnd(await scene.drive());
	assert.equal(scene.begun.length, 1);
});

async function driveAgainst(methods, options, ms) {
	const world = new World({ ports: { 18317: peers.agent(methods) } });
	let error;
	new world.Keyhall.Client().drive('A', nothing, options, (value) => { error = value; });
	await world.pass(ms);
	return { name: error.name, inspected: world.seen.filter((name) => name === 'renewal.inspect').length };
}

test('what only the clerk can mend is not tried again', async () => {
	for (const name of ['pin.incorrect', 'pin.locked', 'pin.cancelled', 'token.absent', 'token.full', 'order.mismatch'])
		assert.deepEqual(await driveAgainst({ 'renewal.inspect': () => failing(name, 1501, { retry: 'user' }) }, {}, 60000), { name, inspected: 1 });
});

test('an agent that never moves on does not loop for ever', async () => {
	const outcome = await driveAgainst({ 'renewal.inspect': () => failing('agent.busy', 1201, { retry: 'later' }) }, { retries: 1000 }, 600000);
	assert.deepEqual(outcome, { name: 'renewal.stuck', inspected: 10 });
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

test('a hall with callbacks, no Promise anywhere; a callback that comes twice counts once', async () => {
	const scene = new Scene({ dual: true });
	const { hall } = scene;
	scene.unopened = 1;
	scene.world.page.Promise = undefined;
	const late = (name) => (argument, done) => {
		hall[name](argument).then((value) => scene.world.after(5, () => { done(null, value); done(null, null); done(new Error('twice')); }), done);
	};
	scene.hall = Object.fromEntries(Object.keys(hall).map((name) => [name, late(name)]));
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
	const scene = new Scene({ fault: { at: 4, how: 'after' } });
	const { ports } = scene.world;
	const run = scene.drive();
	scene.world.ports = new Proxy(ports, { get: (target, port) => (scene.log.length === 5 && scene.world.sockets.length < 4 ? undefined : target[port]) });
	scene.atEnd(await run);
});
