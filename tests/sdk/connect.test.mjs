// keyhall.js: finding the agent and telling apart why not, every state of the browser's gate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, failing, hello, peers } from './world.mjs';

const { nobody, silent, mute, stranger, refusing, csp, agent } = peers;

// label, the page, expected error ('' = connected), ports dialled, states passed through.
const table = [
	['agent on the first port', { ports: { 18317: agent() } }, '', [18317], ['connecting', 'open']],
	['agent on the second port', { ports: { 28317: agent() } }, '', [18317, 28317], ['connecting', 'open']],
	['other user first, agent second', { ports: { 18317: refusing('other user'), 28317: agent() } }, '', [18317, 28317]],
	['a strange program first', { ports: { 18317: stranger(), 28317: agent() } }, '', [18317, 28317]],
	['a program that never answers hello first', { ports: { 18317: mute(), 28317: agent() } }, '', [18317, 28317]],
	['a program that never answers the upgrade first', { ports: { 18317: silent(), 28317: agent() } }, '', [18317, 28317]],
	['permission granted', { permission: 'granted', ports: { 18317: agent() } }, '', [18317]],
	['denied, but this page needs no permission', { permission: 'denied', ports: { 18317: agent() } }, '', [18317]],
	['nobody, no gate', {}, 'agent.not_running', [18317, 28317]],
	['nobody, gate unknown to the browser', { permission: null }, 'agent.not_running', [18317, 28317]],
	['nobody, gate at prompt', { permission: 'prompt' }, 'agent.not_running', [18317, 28317]],
	['nobody, gate at granted: one more round', { permission: 'granted' }, 'agent.not_running', [18317, 28317, 18317, 28317]],
	['nobody, http page without a gate', { secure: false }, 'agent.not_running', [18317, 28317]],
	['other user only', { ports: { 18317: refusing('other user') } }, 'agent.other_user', [18317, 28317]],
	['origin refused', { ports: { 18317: refusing('origin') } }, 'origin.denied', [18317]],
	['too many connections', { ports: { 18317: refusing('connections') } }, 'agent.connections', [18317]],
	['host refused', { ports: { 18317: refusing('host') } }, 'agent.refused', [18317]],
	['subprotocol refused', { ports: { 18317: refusing('protocol') } }, 'agent.protocol', [18317]],
	['insecure page', { permission: 'denied', secure: false }, 'browser.insecure', [18317]],
	['frame without the allow attribute', { permission: 'denied', policy: false }, 'browser.frame', [18317]],
	['blocked by the clerk', { permission: 'denied', policy: true }, 'browser.blocked', [18317]],
	['blocked, no feature policy, top window', { permission: 'denied' }, 'browser.blocked', [18317]],
	['dismissed', { permission: 'prompt', ports: { 18317: nobody(4000) } }, 'browser.dismissed', [18317], ['connecting', 'browser.prompt', 'browser.dismissed']],
	['csp: error and no close', { ports: { 18317: csp() } }, 'browser.csp', [18317]],
	['no WebSocket', { socket: false }, 'browser.unsupported', []],
	['hello answered by an error', { ports: { 18317: agent({ 'agent.hello': () => failing('agent.protocol', 1203) }) } }, 'agent.protocol', [18317]],
	['Windows: a refusal takes two seconds', { permission: 'prompt', platform: 'Win32', ports: { 18317: nobody(2050), 28317: nobody(2050) } },
		'agent.not_running', [18317, 28317], ['connecting', 'agent.not_running']],
];
for (const [label, page, error, dialled, states] of table) {
	test(label, async () => {
		const world = new World(page);
		const outcome = await world.connect({ reconnect: false });
		assert.ok(outcome.answered, 'connect answers');
		assert.equal(outcome.error?.name ?? '', error);
		assert.deepEqual(world.dialled, dialled);
		assert.equal(outcome.client.state, error || 'open');
		if (states) assert.deepEqual(outcome.states, states);
		if (error) {
			assert.ok(outcome.error instanceof world.Keyhall.KeyhallError);
			assert.equal(outcome.error.data.name, error);
			assert.ok(outcome.error.message && outcome.error.data.retry);
		} else {
			assert.deepEqual(outcome.client.info, hello);
		}
		assert.equal(world.listeners.length, 0, 'no listener is left');
		assert.equal(world.timers.length, 0, 'no timer is left');
		const left = world.sockets.filter((socket) => socket.readyState < 2).length;
		assert.equal(left, error ? 0 : 1, 'no socket is left');
	});
}

test('the browser\'s question is reported while it stands open, then the connection comes', async () => {
	const world = new World({ permission: 'prompt', ports: { 18317: silent() } });
	const outcome = await world.connect({}, 45000);
	assert.equal(outcome.answered, undefined);
	assert.deepEqual(outcome.states, ['connecting', 'browser.prompt']);
	world.permission = 'granted';
	agent()(world.sockets[0], world);
	await world.pass(100);
	assert.equal(outcome.client.state, 'open');
	assert.deepEqual(world.dialled, [18317]);
});

test('an agent that is slow to say hello is not taken for the question', async () => {
	const world = new World({ permission: 'prompt', ports: { 18317: mute() } });
	const outcome = await world.connect({}, 2000);
	assert.deepEqual(outcome.states, ['connecting']);
	world.sockets[0].receive({ jsonrpc: '2.0', id: 0, result: hello });
	await world.pass(10);
	assert.deepEqual(outcome.states, ['connecting', 'open']);
});

test('blocked while the question stood open', async () => {
	const world = new World({ permission: 'prompt', policy: true, ports: { 18317: silent() } });
	const outcome = await world.connect({}, 5000);
	world.permission = 'denied';
	world.sockets[0].fail();
	await world.pass(100);
	assert.equal(outcome.error.name, 'browser.blocked');
});

test('allowed too late, the agent had hung up: tried again', async () => {
	const world = new World({ permission: 'prompt', ports: { 18317: silent() } });
	const outcome = await world.connect({}, 5000);
	world.permission = 'granted';
	world.ports[18317] = agent();
	world.sockets[0].fail();
	await world.pass(2000);
	assert.equal(outcome.client.state, 'open');
});

test('csp: the violation event tells at once', async () => {
	const world = new World({ ports: { 18317: silent() } });
	const outcome = await world.connect({}, 10);
	world.listeners[0]({ blockedURI: 'https://elsewhere.example' });
	world.listeners[0]({ blockedURI: world.sockets[0].url });
	await world.pass(10);
	assert.equal(outcome.error.name, 'browser.csp');
});

test('csp: the constructor throws', async () => {
	const world = new World();
	world.throws = new Error('NS_ERROR_CONTENT_BLOCKED');
	const { error } = await world.connect();
	assert.equal(error.name, 'browser.csp');
	assert.equal(error.data.tried.length, 1);
});

test('Chromium\'s throttle is not taken for a dismissed question', async () => {
	const world = new World({ permission: 'prompt' });
	for (let i = 0; i < 7; i += 1) await world.connect({}, 100);
	world.ports = { 18317: nobody(1500), 28317: nobody(1500) };
	assert.equal((await world.connect()).error.name, 'agent.not_running');
});

test('never more than one socket at a time, and no polling', async () => {
	const world = new World();
	await world.connect({}, 3600000);
	assert.equal(world.sockets.length, 2);
	assert.ok(world.sockets.every((socket) => socket.offered === 'keyhall.v1'));
	assert.notEqual(new URL(world.sockets[0].url).pathname, new URL(world.sockets[1].url).pathname);
});

test('parallel calls share one connection', async () => {
	const world = new World({ ports: { 18317: agent({ 'token.list': () => ({ tokens: [] }) }) } });
	const client = new world.Keyhall.Client();
	const all = Promise.all([client.token.list(), client.call('token.list'), client.connect()]);
	await world.pass(100);
	await all;
	assert.equal(world.sockets.length, 1);
});

test('an agent that is too old is named with both versions', async () => {
	const world = new World({ ports: { 18317: agent() } });
	const { error } = await world.connect({ minimum: '1.10.0', locale: 'en' });
	assert.equal(error.name, 'agent.outdated');
	assert.match(error.message, /1\.2\.3.*1\.10\.0/);
	assert.equal((await new World({ ports: { 18317: agent() } }).connect({ minimum: '1.2.3' })).error, null);
});

test('versions compare by number', () => {
	const { compareVersions } = new World().Keyhall;
	assert.ok(compareVersions('1.9.0', '1.10.0') < 0);
	assert.ok(compareVersions('2', '1.99.99') > 0);
	assert.equal(compareVersions('1.2.3+4', '1.2.3'), 0);
});

test('the locale goes to the agent and into the texts', async () => {
	const world = new World({ ports: { 18317: agent() }, language: 'en-GB' });
	await world.connect();
	assert.deepEqual(world.sockets[0].sent[0].params, { protocols: [1], locale: 'en' });
	assert.match((await new World().connect({ locale: 'zh-TW' })).error.message, /未检测到/);
	assert.match((await new World({ language: 'en' }).connect()).error.message, /not running/);
	assert.match(new World().Keyhall.text('browser.prompt', 'zh'), /允许/);
});

test('the browser\'s question beside an agent that is not running is told with it', async () => {
	const chromium = { userAgent: 'Chromium' };
	const { error } = await new World({ permission: 'prompt', ...chromium }).connect();
	assert.deepEqual([error.name, error.data.asks], ['agent.not_running', true]);
	assert.match(error.message, /未检测到.*请点击“允许”/);
	for (const page of [{ permission: 'granted', ...chromium }, { permission: 'prompt' }, {}]) {
		const { error: plain } = await new World(page).connect();
		assert.equal(plain.data.asks, false);
		assert.doesNotMatch(plain.message, /允许/);
	}
	const english = await new World({ permission: 'prompt', language: 'en', ...chromium }).connect();
	assert.match(english.error.message, /first\. The browser asks/);
});

test('a page of this computer itself is never asked about', async () => {
	for (const host of ['localhost', '127.0.0.1', '[::1]'])
		for (const permission of ['prompt', 'denied']) {
			const { error, states } = await new World({ permission, host, userAgent: 'Chromium', ports: { 18317: silent() } }).connect();
			assert.deepEqual([error.name, error.data.asks], ['agent.not_running', false]);
			assert.ok(!states.includes('browser.prompt'), `${host} ${permission}`);
		}
});

test('own ports', async () => {
	const world = new World({ ports: { 4711: agent() } });
	await world.connect({ ports: [4711] });
	assert.deepEqual(world.dialled, [4711]);
});

test('closing while connecting', async () => {
	const world = new World({ permission: 'prompt', ports: { 18317: silent() } });
	const outcome = await world.connect({}, 1000);
	outcome.client.close();
	await world.pass(100000);
	assert.equal(outcome.error.name, 'agent.lost');
	assert.equal(world.sockets.length, 1);
	assert.equal(world.timers.length, 0);
});

test('waiting for an agent: one that is too old, then a new one; only what is new is told', async () => {
	const world = new World();
	const { client, states } = await world.connect({ minimum: '1.2.0', reconnect: false });
	assert.deepEqual(states.splice(0), ['connecting', 'agent.not_running']);
	client.waitForAgent();
	await world.pass(600000);
	assert.deepEqual(states, []);
	assert.ok(world.sockets.length > 40 && world.sockets.length < 140, `${world.sockets.length} attempts in ten minutes`);
	world.ports = { 18317: agent({ 'agent.hello': () => ({ ...hello, version: '1.1.9' }) }) };
	await world.pass(120000);
	assert.deepEqual(states.splice(0), ['agent.outdated']);
	world.ports = { 18317: agent() };
	await world.pass(16000);
	assert.deepEqual(states, ['open']);
	assert.equal(client.info.version, '1.2.3');
	assert.deepEqual([world.timers.length, world.listeners.length], [0, 0], 'nothing is left of it');
});

test('waiting for an agent: never where the browser would ask; allowed, it goes on', async () => {
	for (const permission of ['prompt', 'denied']) {
		const world = new World({ permission });
		const { client } = await world.connect({ reconnect: false });
		const tried = world.sockets.length;
		client.waitForAgent();
		world.ports = { 28317: agent() };
		await world.pass(300000);
		assert.equal(world.sockets.length, tried, permission);
		world.permission = 'granted';
		await world.pass(16000);
		assert.equal(client.state, 'open');
	}
});

test('waiting for an agent: not while the page is hidden, at once when it is seen', async () => {
	const world = new World();
	const { client } = await world.connect({ reconnect: false });
	world.page.document.hidden = true;
	client.waitForAgent();
	await world.pass(300000);
	assert.equal(world.sockets.length, 2);
	world.page.document.hidden = false;
	world.ports = { 18317: agent() };
	for (const seen of [...world.listeners]) seen({});
	await world.pass(100);
	assert.equal(client.state, 'open');
});

test('waiting for an agent: its end, close(), and a call of the page meanwhile', async () => {
	for (const end of [(client, stop) => stop(), (client) => client.close()]) {
		const world = new World();
		const { client } = await world.connect({ reconnect: false });
		end(client, client.waitForAgent());
		await world.pass(100000);
		assert.deepEqual([world.sockets.length, world.timers.length, world.listeners.length], [2, 0, 0]);
	}
	const world = new World({ ports: {} });
	const { client } = await world.connect({ reconnect: false });
	client.waitForAgent();
	client.waitForAgent();
	await world.pass(2001);
	world.ports = { 18317: agent(), 28317: agent() };
	let answered = 0;
	client.connect(() => { answered += 1; });
	await world.pass(30000);
	assert.deepEqual([answered, client.state], [1, 'open']);
	assert.deepEqual([world.timers.length, world.listeners.length], [0, 0]);
	assert.equal(world.sockets.filter((socket) => socket.readyState === 1).length, 1);
});
