// keyhall.js: calls, answers, notifications, lost connections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, failing, hello, peers } from './world.mjs';

const { agent, nobody } = peers;

async function open(methods = {}, options = {}, page = {}) {
	const world = new World({ ports: { 18317: agent(methods) }, ...page });
	const { client, states } = await world.connect(options, 100);
	return { world, client, states, socket: world.sockets[0] };
}
const settled = (promise) => promise.then((value) => ({ value }), (error) => ({ error }));

test('a function for every method; parameters arrive by name', async () => {
	const seen = [];
	const { world, client } = await open({ 'pin.verify': (params) => { seen.push(params); return {}; }, 'token.list': (params) => { seen.push(params); return { tokens: [] }; } });
	const answers = Promise.all([client.pin.verify({ token: 'pkcs11:' }), client.token.list()]);
	await world.pass(10);
	assert.deepEqual(await answers, [{}, { tokens: [] }]);
	assert.deepEqual(seen, [{ token: 'pkcs11:' }, {}]);
});

test('a call that takes long is told of, with the longest it may take, until it ends', async () => {
	const { world, client, socket } = await open({ 'certificate.list': () => undefined, 'environment.check': () => undefined });
	const seen = [];
	client.on('slow', (slow) => seen.push(slow));
	client.certificate.list(() => {});
	client.environment.check(() => {});
	await world.pass(4900);
	assert.deepEqual(seen, []);
	await world.pass(6000);
	assert.deepEqual(seen, [5, 10].map((seconds) => ({ method: 'certificate.list', seconds, limit: 65 })));
	socket.receive({ jsonrpc: '2.0', id: socket.sent[1].id, result: { certificates: [] } });
	await world.pass(20000);
	assert.equal(seen.length, 2);
	assert.equal(world.timers.length, 0, 'no timer is left');
});

test('callbacks always: with parameters, without, and no promise then', async () => {
	const { world, client } = await open({ 'token.list': () => ({ tokens: [] }) });
	const answers = [];
	assert.equal(client.token.list((error, result) => answers.push([error, result])), undefined);
	assert.equal(client.token.list({}, (error, result) => answers.push([error, result])), undefined);
	await world.pass(10);
	assert.deepEqual(answers, [[null, { tokens: [] }], [null, { tokens: [] }]]);
});

test('without Promise the callbacks still work', async () => {
	const { world, client } = await open({ 'token.list': () => ({ tokens: [] }) }, {}, { promise: false });
	let answer;
	client.token.list((error, result) => { answer = result; });
	assert.equal(client.token.list(), undefined);
	await world.pass(10);
	assert.deepEqual(answer, { tokens: [] });
});

test('an error of the agent keeps name, code, message and data', async () => {
	const { world, client } = await open({ 'pin.verify': () => failing('pin.incorrect', 1501, { retry: 'user', left: 'last' }) });
	const outcome = settled(client.pin.verify({ token: 'pkcs11:' }));
	await world.pass(10);
	const { error } = await outcome;
	assert.ok(error instanceof world.Keyhall.KeyhallError);
	assert.equal(String(error.constructor.name), 'KeyhallError');
	assert.deepEqual([error.name, error.code, error.message, error.data.left], ['pin.incorrect', 1501, 'pin.incorrect', 'last']);
});

test('answers find their calls in any order', async () => {
	const { world, client, socket } = await open();
	socket.answer = () => {};
	const first = client.token.list(), second = client.renewal.list();
	await world.pass(1);
	const [, one, two] = socket.sent;
	socket.receive({ jsonrpc: '2.0', id: two.id, result: { renewals: [] } });
	socket.receive({ jsonrpc: '2.0', id: 99, result: {} });
	socket.receive({ jsonrpc: '2.0', id: one.id, result: { tokens: [] } });
	await world.pass(10);
	assert.deepEqual(await Promise.all([first, second]), [{ tokens: [] }, { renewals: [] }]);
});

test('notifications reach their handlers; off takes them away', async () => {
	const { world, client, socket } = await open();
	const seen = [];
	const handler = (value) => seen.push(value);
	client.on('token.changed', handler).on('renewal.progress', handler);
	socket.receive({ jsonrpc: '2.0', method: 'token.changed', params: { tokens: [] } });
	socket.receive({ jsonrpc: '2.0', method: 'renewal.progress', params: { order: 'A', step: 1, of: 2, text: 'x' } });
	await world.pass(10);
	client.off('token.changed', handler).off('renewal.progress');
	socket.receive({ jsonrpc: '2.0', method: 'token.changed', params: { tokens: [] } });
	socket.receive({ jsonrpc: '2.0', method: 'renewal.progress', params: {} });
	await world.pass(10);
	assert.deepEqual(seen, [{ tokens: [] }, { order: 'A', step: 1, of: 2, text: 'x' }]);
});

test('a message over the limit is not sent', async () => {
	const { world, client, socket } = await open();
	const outcome = settled(client.call('renewal.install', { order: 'A', certificate: '证'.repeat(22000), chain: [] }));
	await world.pass(10);
	assert.equal((await outcome).error.name, 'request.too_large');
	assert.equal(socket.sent.length, 1);
});

test('a lost connection fails the running calls, then comes back by itself', async () => {
	const { world, client, socket } = await open();
	const closed = [], opened = [];
	client.on('close', (error) => closed.push(error.name)).on('open', (info) => opened.push(info));
	const outcome = settled(client.token.list());
	await world.pass(10);
	socket.shut(1006);
	assert.equal(client.state, 'agent.lost');
	const { error } = await outcome;
	assert.deepEqual([error.name, error.data.retry, error.data.close], ['agent.lost', 'later', 1006]);
	await world.pass(1500);
	assert.equal(client.state, 'open');
	assert.deepEqual([closed, opened], [['agent.lost'], [hello]]);
});

test('connecting again is bounded and spaced', async () => {
	const { world, socket } = await open();
	world.ports = {};
	const begin = world.now;
	socket.shut(1006);
	await world.pass(3600000);
	assert.deepEqual(world.dialled, [18317, 18317, 28317, 18317, 28317, 18317, 28317]);
	assert.equal(world.timers.length, 0);
	assert.ok(begin < world.now);
});

test('a call connects again when the page wants no reconnecting', async () => {
	const { world, client, socket } = await open({ 'token.list': () => ({ tokens: [] }) }, { reconnect: false });
	socket.shut(1001);
	await world.pass(60000);
	assert.equal(world.sockets.length, 1);
	const outcome = client.token.list();
	await world.pass(100);
	assert.deepEqual(await outcome, { tokens: [] });
	assert.equal(world.sockets.length, 2);
});

test('no reconnecting after the agent closed on purpose', async () => {
	for (const [code, reason, name] of [[4400, 'protocol', 'agent.lost'], [4403, 'origin', 'origin.denied'], [4408, 'too slow', 'agent.lost']]) {
		const { world, client, socket } = await open();
		socket.shut(code, reason);
		await world.pass(60000);
		assert.equal(client.state, name);
		assert.equal(world.sockets.length, 1);
	}
});

test('close 1009 is request.too_large', async () => {
	const { world, client, socket } = await open();
	const outcome = settled(client.token.list());
	await world.pass(1);
	socket.shut(1009);
	assert.equal((await outcome).error.name, 'request.too_large');
});

test('close by the page: calls fail, nothing reconnects, a later call does', async () => {
	const { world, client, socket } = await open({ 'renewal.list': () => ({ renewals: [] }) });
	const outcome = settled(client.token.list());
	await world.pass(1);
	client.close();
	assert.deepEqual([(await outcome).error.name, (await outcome).error.data.retry], ['agent.lost', 'no']);
	assert.equal(socket.closedByPage, 1000);
	assert.equal(client.state, 'closed');
	await world.pass(60000);
	assert.equal(world.sockets.length, 1);
	const again = client.renewal.list();
	await world.pass(100);
	assert.deepEqual(await again, { renewals: [] });
});

test('what is no JSON ends the connection', async () => {
	const { world, client, socket } = await open({}, { reconnect: false });
	const outcome = settled(client.token.list());
	socket.receive('{');
	await world.pass(100);
	assert.equal((await outcome).error.name, 'agent.lost');
	assert.notEqual(client.state, 'open');
});

test('a handler that throws harms neither the others nor the client', async () => {
	const { world, client, socket } = await open();
	const seen = [];
	client.on('token.changed', () => { throw new Error('page'); }).on('token.changed', () => seen.push(1));
	socket.receive({ jsonrpc: '2.0', method: 'token.changed', params: { tokens: [] } });
	await assert.rejects(world.pass(10), /page/);
	assert.deepEqual(seen, [1]);
	assert.equal(client.state, 'open');
});

test('connect gives a client; by promise and by callback', async () => {
	const world = new World({ ports: { 18317: agent() } });
	const promise = world.Keyhall.connect();
	let client;
	world.Keyhall.connect((error, value) => { client = value; });
	await world.pass(100);
	assert.equal((await promise).state, 'open');
	assert.equal(client.state, 'open');
	const empty = new World({ ports: { 18317: nobody() } });
	const failed = settled(empty.Keyhall.connect({ ports: [18317] }));
	await empty.pass(100);
	assert.equal((await failed).error?.name, 'agent.not_running');
});
