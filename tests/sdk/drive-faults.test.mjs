// client.drive when messages are lost, doubled, delayed, pages reloaded and keys lost: it ends, well or with a clear error,
// after a bounded number of messages, and going on brings every paid order to its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, whole } from './scene.mjs';

const kinds = { 'one certificate': {}, 'two certificates': { dual: true }, 'the same key': { same: true } };

for (const [kind, settings] of Object.entries(kinds)) {
	test(`${kind}: a whole renewal`, async () => {
		const scene = new Scene(settings);
		scene.atEnd(await scene.drive());
		assert.deepEqual(scene.log, whole);
		assert.deepEqual(scene.asked, [{
			csr: 'csr', publicKey: scene.books.bound, proof: `proof of ${scene.books.bound}`, importAlgorithms: settings.dual ? ['rsa-aes-kw'] : [],
		}], 'the hall gets the whole answer of renewal.begin');
		assert.equal(scene.begun[0].dual, settings.dual);
	});

	for (const how of ['before', 'after', 'reload-before', 'reload-after', 'double', 'late'])
		test(`${kind}: every message ${how}`, async () => {
			for (const [at, name] of whole.entries()) {
				const scene = new Scene({ ...settings, fault: { at, how } });
				const outcome = await scene.recover(3);
				scene.atEnd(outcome);
				assert.ok(scene.log.length <= 24, `${name}: ${scene.log.length} messages`);
				assert.equal(scene.books.issued.length, 1, `${name}: issued once`);
				assert.equal(scene.key.made, settings.same ? 0 : 1, `${name}: one key`);
				if (['before', 'after', 'double', 'late'].includes(how)) assert.equal(outcome.times, 1, `${name}: within the run`);
			}
		});
}

test('reloaded while the agent is at work: busy is waited for, then said', async () => {
	const scene = new Scene();
	scene.busyUntil = scene.world.now + 3000;
	scene.atEnd(await scene.drive());
	const other = new Scene();
	other.busyUntil = other.world.now + 600000;
	const { error } = await other.drive({}, 60000);
	assert.equal(error.name, 'agent.busy');
	assert.equal(other.log.filter((name) => name === 'renewal.begin').length, 3);
	other.busyUntil = 0;
	other.atEnd(await other.drive());
});

test('two tabs drive one order at a time: one key, one certificate', async () => {
	const scene = new Scene();
	const both = [scene.drive(), scene.drive()];
	for (const outcome of await Promise.all(both)) if (outcome.error) assert.match(outcome.error.name, /^(agent|token)\./);
	scene.atEnd(await scene.recover());
	assert.equal(scene.key.made, 1);
	assert.deepEqual(scene.books.issued, ['spki1']);
});

test('another tab ends it between the look at the key and the answer of the hall', async () => {
	const scene = new Scene({ fault: { at: 4, how: 'reload-before' } });
	await scene.drive();
	const { answer } = scene;
	scene.answer = () => {
		Object.assign(scene.key, { certificate: 'certificate of spki1', completed: true });
		scene.books.receipts = 1;
		return answer.call(scene);
	};
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'inspect', 'done']);
});

/* ---- keys that are lost ---- */

const lose = (scene) => Object.assign(scene.key, { spki: '', certificate: '', encryption: '' });

test('pending key lost after issue: a new one; more often than the hall allows: said, and no loop', async () => {
	for (const dual of [false, true]) {
		const scene = new Scene({ dual, reissues: 2, fault: { at: 4, how: 'reload-before' } });
		await scene.drive();
		lose(scene);
		scene.atEnd(await scene.recover(1));
		assert.deepEqual(scene.books.issued, ['spki1', 'spki2']);
	}
	const scene = new Scene({ reissues: 1 });
	for (const before of [4, 6]) {
		scene.fault = { at: scene.log.length + before, how: 'reload-before' };
		await scene.drive();
		lose(scene);
	}
	const from = scene.log.length;
	const { error } = await scene.drive();
	assert.equal(error.name, 'order.reissues');
	assert.deepEqual(scene.log.slice(from), ['renewal.inspect', 'hall.issued', 'renewal.inspect', 'hall.issued', 'renewal.begin', 'hall.key'], 'a refusal is not repeated');
	assert.deepEqual(scene.books.issued, ['spki1', 'spki2']);
});

test('only the private key is lost: install finds out, a new pair in the same run', async () => {
	const scene = new Scene({ fault: { at: 4, how: 'reload-before' } });
	await scene.drive();
	scene.key.halved = true;
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'install', 'begin', 'key', 'install', 'receipt', 'complete', 'done']);
	assert.deepEqual(scene.books.issued, ['spki1', 'spki2']);
});

test('the new certificate is there and its keys are lost: a new pair in the same run', async () => {
	const scene = new Scene({ fault: { at: 4, how: 'reload-before' } });
	await scene.drive();
	Object.assign(scene.key, { certificate: 'certificate of spki1', bare: true });
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'install', 'begin', 'key', 'install', 'receipt', 'complete', 'done']);
	assert.deepEqual(scene.books.issued, ['spki1', 'spki2']);
});

test('the hall answers with a certificate of another key: asked again once, then certificate.mismatch', async () => {
	const scene = new Scene({ fault: { at: 4, how: 'reload-before' } });
	await scene.drive();
	scene.books.stale = 'spki0';
	const from = scene.log.length;
	const { error } = await scene.drive();
	assert.deepEqual([error.name, error.data.what], ['certificate.mismatch', 'spki']);
	assert.deepEqual(scene.log.slice(from), ['renewal.inspect', 'hall.issued', 'renewal.install', 'renewal.begin', 'hall.key', 'renewal.install']);
	assert.equal(scene.key.made, 1);
	scene.books.stale = undefined;
	scene.atEnd(await scene.drive());
});

test('another computer asks for another key while this one waits: this one looks again', async () => {
	const scene = new Scene();
	scene.books.slow = true;
	scene.world.after(5000, () => {
		Object.assign(scene.books, { bound: 'spki9', slow: false });
		scene.books.issued.push('spki9');
	});
	scene.atEnd(await scene.drive());
	assert.deepEqual(scene.books.issued, ['spki1', 'spki9', 'spki1']);
	assert.equal(scene.key.made, 1);
});

test('the same key on another computer, nothing of it to be seen there', async () => {
	for (let at = 2; at < 5; at++) {
		const scene = new Scene({ same: true, fault: { at, how: 'reload-after' } });
		await scene.drive();
		scene.atEnd(await scene.recover(2));
		assert.deepEqual(scene.books.issued, ['old spki']);
	}
});

/* ---- two certificates ---- */

for (const name of ['encryption.unopened', 'encryption.mismatch'])
	test(`${name}: one new envelope, then the clerk`, async () => {
		const scene = new Scene({ dual: true });
		Object.assign(scene, { unopened: 1, unopenedName: name });
		const outcome = await scene.drive();
		scene.atEnd(outcome);
		assert.deepEqual(outcome.steps, ['inspect', 'begin', 'key', 'install', 'envelope', 'install', 'receipt', 'complete', 'done']);
		assert.equal(scene.books.envelopes, 2);

		const bad = new Scene({ dual: true });
		Object.assign(bad, { unopened: 3, unopenedName: name });
		assert.equal((await bad.drive()).error.name, name);
		assert.deepEqual([bad.books.envelopes, bad.books.receipts, bad.key.stage], [2, 0, 'certificate']);
		const from = bad.log.length;
		bad.atEnd(await bad.drive());
		assert.deepEqual(bad.log.slice(from), ['renewal.inspect', 'hall.issued', 'renewal.install', 'hall.envelope', 'renewal.install', 'hall.receipt', 'renewal.complete']);
	});

test('the encryption key breaks before the end: it is imported again, once', async () => {
	const scene = new Scene({ dual: true });
	scene.torn = 2;
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'begin', 'key', 'install', 'receipt', 'complete', 'install', 'receipt', 'complete', 'done']);
	assert.equal(scene.books.envelopes, 1);

	const bad = new Scene({ dual: true });
	bad.torn = 9;
	assert.equal((await bad.drive({ retries: 0 })).error.name, 'encryption.mismatch');
	assert.equal(bad.log.filter((name) => name === 'renewal.complete').length, 2);
});

test('a page without hall.envelope: the error at once', async () => {
	const scene = new Scene({ dual: true });
	scene.unopened = 1;
	delete scene.hall.envelope;
	assert.equal((await scene.drive()).error.name, 'encryption.unopened');
	assert.equal(scene.log.filter((name) => name === 'renewal.install').length, 1);
});

test('the envelope lost, doubled, delayed, the page reloaded there', async () => {
	for (const how of ['before', 'after', 'double', 'late', 'reload-before', 'reload-after']) {
		const scene = new Scene({ dual: true, fault: { at: 5, how } });
		scene.unopened = 1;
		scene.atEnd(await scene.recover(2));
		assert.ok(scene.books.envelopes <= 3);
	}
	const refusing = new Scene({ dual: true });
	refusing.unopened = 9;
	refusing.hall.envelope = () => { throw Object.assign(new Error('order.envelopes'), { name: 'order.envelopes', data: { retry: 'no' } }); };
	assert.equal((await refusing.drive()).error.name, 'order.envelopes');
});

test('another computer: the key does not say that a second certificate is to come, the hall does', async () => {
	const scene = new Scene({ dual: true });
	scene.unopened = 9;
	await scene.drive();
	Object.assign(scene, { unopened: 0 });
	scene.key.dual = false;
	assert.equal(scene.key.stage, 'installed');
	const outcome = await scene.drive({ dual: undefined });
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'install', 'receipt', 'complete', 'done']);
});

/* ---- halls that forget, agents that go ---- */

test('the hall lost the receipt of a key that is done: the receipt again', async () => {
	const scene = new Scene();
	scene.atEnd(await scene.drive());
	scene.books.receipts = 0;
	const outcome = await scene.drive();
	scene.atEnd(outcome);
	assert.deepEqual(outcome.steps, ['inspect', 'install', 'receipt', 'complete', 'done']);
	assert.deepEqual(outcome.result.retired, []);
});

test('the hall is away: tried as often as asked, then its error', async () => {
	for (const retries of [0, 2, 5]) {
		const scene = new Scene();
		const away = Object.assign(new Error('away'), { name: 'hall.unreachable', data: { retry: 'later' } });
		scene.hall.issued = async () => { scene.log.push('hall.issued'); throw away; };
		assert.equal((await scene.drive({ retries })).error, away);
		assert.equal(scene.log.filter((name) => name === 'hall.issued').length, retries + 1);
	}
});

test('no agent: tried as often as asked, then agent.not_running', async () => {
	const scene = new Scene();
	scene.world.ports = {};
	const { error } = await scene.drive();
	assert.equal(error.name, 'agent.not_running');
	assert.ok(scene.world.sockets.length <= 6);
});

test('what a page throws in onstep or its callback does not stop the run', async () => {
	const scene = new Scene();
	const client = new scene.world.Keyhall.Client({ reconnect: false });
	const answers = [];
	const rude = () => { throw new Error('page'); };
	const thrown = [];
	const { setTimeout: later } = scene.world.page;
	scene.world.page.setTimeout = (call, ms) => later(() => { try { call(); } catch (error) { thrown.push(error.message); } }, ms);
	client.drive('A', scene.hall, { certificate: 'old', onstep: rude }, rude);
	client.drive('A', scene.hall, {}, (error, result) => answers.push(error ?? result.stage));
	await scene.world.pass(60000);
	assert.deepEqual(answers, ['completed']);
	assert.equal(thrown.length, 8, 'each is thrown where the page sees it');
});
