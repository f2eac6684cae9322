// keyhall.js on pages whose other scripts changed the language's own objects, before it was loaded or after.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import patches from './patches.mjs';
import { Scene, whole } from './scene.mjs';
import { World, failing, peers } from './world.mjs';

const times = Object.entries(patches).flatMap(([name, text]) => ['before', 'after'].map((when) => [`${name}, ${when} the SDK`, { [when]: text }]));
const bare = (value) => structuredClone(value);
const tokens = [{ token: 'pkcs11:serial=1', serial: '一"\\\u0001\n😀', label: '', pin: 'ok' }, { token: 'pkcs11:', since: '2026-01-01T00:00:00Z', free: -1.5e3, some: [null, true, []] }];

for (const [name, patched] of times) {
	test(`P3: a whole renewal: ${name}`, async () => {
		for (const settings of [{}, { dual: true }]) {
			const scene = new Scene({ patched, ...settings });
			scene.atEnd(await scene.drive());
			assert.deepEqual(scene.log, whole);
			assert.deepEqual(scene.begun, [{ order: 'A', certificate: 'old', key: 'new', ...settings }]);
		}
	});

	test(`P3: messages, answers and errors: ${name}`, async () => {
		const seen = [];
		const methods = { 'token.list': () => ({ tokens }), 'renewal.install': (params) => { seen.push(params); return { receipt: 'r' }; }, 'pin.verify': () => failing('pin.incorrect', 1501, { left: 'last' }) };
		const world = new World({ ports: { 28317: peers.agent(methods) }, patched, language: 'en' });
		const { client, states } = await world.connect({ locale: 'zh-CN', minimum: '1.0.0' }, 5000);
		assert.deepEqual(states, ['connecting', 'open']);
		assert.deepEqual(bare(world.sockets[1].sent[0]), { jsonrpc: '2.0', id: 0, method: 'agent.hello', params: { protocols: [1], locale: 'zh-CN' } });
		const answers = [];
		const keep = (error, result) => answers.push(error ?? result);
		client.token.list(keep);
		client.renewal.install({ order: 'A', certificate: 'PEM\n"\\\u0007', chain: ['ä', '证书'], none: undefined }, keep);
		client.pin.verify({ token: 'pkcs11:' }, keep);
		await world.pass(50);
		world.sockets[1].shut(1006);
		client.close();
		client.renewal.list(keep);
		await world.pass(60000);
		assert.deepEqual(bare(answers[0]), { tokens });
		assert.deepEqual(seen, [{ order: 'A', certificate: 'PEM\n"\\\u0007', chain: ['ä', '证书'] }]);
		const [, , error] = answers;
		assert.deepEqual([error.name, error.code, error.message, error.data.left], ['pin.incorrect', 1501, 'pin.incorrect', 'last']);
		assert.ok(error instanceof world.Keyhall.KeyhallError);
	});

	test(`P3: nobody there, and every refusal: ${name}`, async () => {
		for (const [reason, wanted] of [['origin', 'origin.denied'], ['connections', 'agent.connections'], ['toString', 'agent.refused']]) {
			const world = new World({ ports: { 18317: peers.refusing(reason) }, patched });
			const { error } = await world.connect({ locale: 'en' });
			assert.deepEqual([error.name, error.data.retry, error.data.tried.length], [wanted, wanted === 'agent.connections' ? 'user' : 'no', 1]);
			if (wanted === 'agent.refused') assert.equal(error.message, 'The key agent refused the connection (toString).');
		}
		const { error } = await new World({ patched, platform: 'Win32' }).connect({ ports: [1, 2] });
		assert.equal(error.name, 'agent.not_running');
		assert.match(error.message, /^未检测到/);
	});
}

test('an order and an event may be called like a member of every object', async () => {
	const scene = new Scene();
	const client = new scene.world.Keyhall.Client({ reconnect: false });
	const heard = [];
	client.on('toString', (value) => heard.push(value)).on('constructor', (value) => heard.push(value)).off('constructor');
	let outcome;
	client.drive('constructor', scene.hall, { certificate: 'old' }, (error, result) => { outcome = error ?? result; });
	await scene.world.pass(60000);
	scene.world.sockets[0].receive({ jsonrpc: '2.0', method: 'toString', params: 1 });
	await scene.world.pass(10);
	assert.deepEqual([outcome.order, outcome.stage, heard], ['constructor', 'completed', [1]]);
});
