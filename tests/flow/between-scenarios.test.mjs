// What breaks between page, hall and agent in longer ways than one message: hall and CA gone, notices late, keys lost, tabs,
// computers. Every time a fresh page drives to the end: hall and key agree, paid once, one certificate.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { Ground } from '../lib/between.mjs';
import { readBooks } from '../lib/end.mjs';
import { until } from '../lib/process.mjs';
import { losePending, storeObjects } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { markLabel } from '../lib/mark.mjs';

let ground;
before(async () => { ground = await Ground.make({ hallArgs: ['--ca-retry-seconds', '0', '--ca-tries', '1000'] }); });
after(() => ground.close());

async function staged(action, options) {
	const scene = await ground.scene(options);
	try { await action(scene); } finally { await scene.close(); }
}

const stop = () => Object.assign(new Error('stopped'), { data: { retry: 'no' } });
const pendingOf = (scene) => storeObjects(scene.token).filter((one) => one.label === markLabel(scene.order));

// A page that stops where `stops` says: before or after its message of that name to the hall.
async function runUntil(page, when, name) {
	const ask = page.web.json.bind(page.web);
	page.web.json = async (method, where, body) => {
		const it = method === 'POST' && where.endsWith(`/${name}`);
		if (it && when === 'before') { page.held = () => ask(method, where, body); throw stop(); }
		const answer = await ask(method, where, body);
		if (it) throw stop();
		return answer;
	};
	await assert.rejects(page.run(), /stopped/);
	page.web.json = ask;
	page.leave();
}

test('the hall is killed and started again at every state of the order', async () => {
	const own = await Ground.make(), seen = [];
	try {
		for (let n = 0; n <= seen.length; n++) {
			const scene = await own.scene(), met = [];
			try {
				const page = scene.page(), ask = page.web.json.bind(page.web);
				page.web.json = async (...request) => {
					const answer = await ask(...request), state = answer.order?.state;
					if (!state || met.includes(state)) return answer;
					met.push(state);
					if (met.length - 1 !== n) return answer;
					await own.hall.kill();
					scene.restarted = own.hall.again();
					throw new Error('the hall was killed');
				};
				await page.run().catch((error) => scene.note(error));
				page.leave();
				if (met.length > seen.length) seen.push(...met.slice(seen.length));
				await scene.restarted;
				await scene.finish();
				await scene.checkEnd();
			} finally { await scene.close(); }
		}
		assert.deepEqual(seen, ['NEW', 'BOUND', 'CONFIRMED', 'PAYING', 'PAID', 'ISSUED', 'INSTALLED']);
	} finally { await own.close(); }
});

for (const payment of [{ mode: 'late', seconds: 1 }, { mode: 'twice' }, { mode: 'silent' }])
	test(`the bank's notice: ${payment.mode}`, () => staged(async (scene) => {
		scene.payment = payment;
		await scene.finish();
		await scene.checkEnd();
	}));

test('the CA is away when the key comes, the page gives up; the CA is back', () => staged(async (scene) => {
	const down = path.join(ground.ca.state, 'ca-down'), page = scene.page();
	await runUntil(page, 'before', 'key');
	writeFileSync(down, '');
	try {
		const second = scene.page();
		await second.openOrder();
		await assert.rejects(second.drive({ patience: 1 }), { name: 'hall.pending' });
		assert.equal((await second.look()).state, 'APPLIED');
		assert.equal((await second.look()).problem.name, 'ca.unavailable');
		second.leave();
		await scene.killDaemon();
		await scene.daemon.again();
	} finally { rmSync(down); }
	await scene.finish();
	await scene.checkEnd();
}));

test('the receipt is lost, and the agent\'s own state too', () => staged(async (scene) => {
	await runUntil(scene.page(), 'before', 'receipt');
	await scene.daemon.stop();
	rmSync(scene.daemon.settings.state, { recursive: true });
	await scene.daemon.again();
	await scene.finish();
	await scene.checkEnd();
}));

/* ---- the pending key is lost ---- */

// The pair is gone; the agent starts anew.
async function loseKey(scene) {
	await scene.daemon.stop();
	assert.equal(losePending(scene.token, scene.order), 2);
	await scene.daemon.again();
	// Proofs say the second they were made in; a clerk needs longer than one.
	const now = Math.floor(Date.now() / 1000);
	await until(() => Math.floor(Date.now() / 1000) > now, 'the next second');
}

test('the pending key is lost after the issue: again with a new key, counted, the old request comes late', () => staged(async (scene) => {
	const first = scene.page();
	await runUntil(first, 'before', 'key');
	const old = first.held;
	await runUntil(scene.page(), 'after', 'key');
	await loseKey(scene);
	await runUntil(scene.page(), 'after', 'key');
	first.web.signal = undefined;
	await assert.rejects(old(), (error) => error.status >= 400 && error.status < 500);
	assert.equal((await readBooks(scene.hall.state, scene.order, scene.oldPem)).reissues, 1);
	await scene.finish();
	await assert.rejects(old(), (error) => error.status >= 400 && error.status < 500);
	await scene.checkEnd({ keysLost: 1 });
}));

test('the pending key is lost again and again: three times a new one, then a clear word', () => staged(async (scene) => {
	for (let lost = 0; lost < 4; lost++) {
		await runUntil(scene.page(), 'after', 'key');
		const books = await readBooks(scene.hall.state, scene.order, scene.oldPem);
		assert.deepEqual([books.state, books.reissues, books.issued, books.valid.length], ['ISSUED', lost, lost + 1, 1]);
		await loseKey(scene);
	}
	for (let i = 0; i < 2; i++) {
		const page = scene.page();
		const error = await page.run().then(() => assert.fail('it went on'), (cause) => cause);
		assert.equal(error.name, 'order.reissues', error.stack);
		assert.ok(error.error.message.zh.length > 5);
		page.leave();
		assert.equal(pendingOf(scene).length, 2, 'one pending pair, however often');
	}
	const books = await readBooks(scene.hall.state, scene.order, scene.oldPem);
	assert.deepEqual([books.state, books.reissues, books.issued, books.valid.length, books.paid], ['ISSUED', 3, 4, 1, 1]);
}));

/* ---- several at once ---- */

for (const from of ['the beginning', 'payment', 'issue', 'receipt'])
	test(`three tabs at once, from ${from}`, () => staged(async (scene) => {
		const first = scene.page();
		if (from === 'payment') await first.pay(await first.openOrder());
		if (from === 'issue') await runUntil(first, 'after', 'key');
		if (from === 'receipt') await runUntil(first, 'after', 'receipt');
		const tabs = [1, 2, 3].map(() => scene.page({ cookie: first.web.cookie }));
		const ends = await Promise.allSettled(tabs.map((tab) => tab.run()));
		for (const end of ends.filter((one) => one.status === 'rejected'))
			assert.ok(['agent.busy', 'order.state', 'renewal.state'].includes(end.reason.name), end.reason.stack);
		for (const tab of tabs) tab.leave();
		await scene.finish({ cookie: first.web.cookie });
		await scene.checkEnd();
	}));

/* ---- two computers ---- */

// The key is pulled here, which is seen, and plugged in there.
async function move({ key, agent }, { key: to }) {
	const page = await agent.connect();
	key.place('-');
	await until(async () => (await page.call('token.list')).tokens.length === 0, 'the key to be gone');
	page.close();
	cpSync(path.join(key.store, 'tokens/A'), path.join(to.store, 'tokens/A'), { recursive: true });
	rmSync(path.join(key.store, 'tokens/A'), { recursive: true });
	to.place('A');
	return to;
}

test('two computers: the key moves between them at every stage', () => staged(async (scene) => {
	const other = Object.assign(new SoftKey(), scene.token, { store: path.join(scene.folder, 'softkey-other') });
	mkdirSync(path.join(other.store, 'tokens/B'), { recursive: true });
	other.place('-');
	const computers = [{ key: scene.token, agent: scene.daemon }, { key: other, agent: await scene.computer('agent-other', other) }];
	let at = 0;
	const page = () => scene.page({ agentPort: computers[at].agent.port });
	const go = async () => { scene.token = await move(computers[at], computers[at = 1 - at]); };
	for (const [when, name] of [['after', 'bind'], ['after', 'confirm'], ['after', 'payment'], ['before', 'key'], ['before', 'key'], ['after', 'key'],
		['before', 'receipt'], ['before', 'receipt'], ['after', 'receipt']]) {
		await runUntil(page(), when, name);
		await go();
	}
	await scene.finish({ agentPort: computers[at].agent.port });
	await scene.checkEnd();
	// There and back: the first computer's journal is behind, and says nothing against the key.
	await go();
	const last = page();
	assert.equal((await last.agent.renewal.inspect({ order: scene.order })).stage, 'completed');
	await last.run();
	last.leave();
	await scene.checkEnd();
}));
