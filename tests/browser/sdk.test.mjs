// keyhall.js in real browsers: every state of the browser's gate, answered by real clicks; the agent here is a small one.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { agent, begin, connect, emptyPort, openChromium, openFirefox, outcome, reached, site, sleep } from './gate.mjs';
import { program } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';

let hall;
before(async () => { hall = await site(); });
after(() => hall.close());

const part = (page) => page.frames()[1];

describe('Chromium', () => {
	let browser, running, empty, ports;
	const secure = (rest) => browser.page(hall.url('https', 'hall.test', rest));
	before(async () => {
		browser = await openChromium(hall.ports);
		running = await agent();
		empty = await emptyPort();
		ports = [running.port, empty];
	});
	after(async () => { await browser.close(); running.close(); });

	test('the question stands open: said while it is pending; allowed: connected, and no question the next time', async () => {
		const page = await secure();
		const { upgrades } = running;
		await begin(page, ports);
		await reached(page, 'browser.prompt');
		assert.match(await page.evaluate(() => window.states.at(-1).text), /请点击“允许”/);
		await sleep(1000);
		assert.equal(running.upgrades, upgrades, 'the agent has heard nothing');
		await browser.answer('allow');
		const first = await outcome(page);
		assert.deepEqual([first.name, first.origin], ['open', hall.url('https', 'hall.test', '')]);
		assert.deepEqual(first.states, ['connecting', 'browser.prompt', 'open']);
		assert.deepEqual(await page.evaluate(() => window.client.token.list()), { tokens: [] });
		await page.reload();
		assert.deepEqual((await connect(page, ports)).states, ['connecting', 'open']);
		await page.context().close();
	});

	test('blocked by the clerk, and still after a reload', async () => {
		const page = await secure();
		await begin(page, ports);
		await browser.answer('block');
		assert.equal((await outcome(page)).name, 'browser.blocked');
		await page.reload();
		const again = await connect(page, ports);
		assert.deepEqual([again.name, again.states], ['browser.blocked', ['connecting', 'browser.blocked']]);
		assert.equal(again.data.tried.length, 1);
		await page.context().close();
	});

	test('dismissed; asked again and allowed', async () => {
		const page = await secure();
		await begin(page, ports);
		await browser.answer('dismiss');
		assert.equal((await outcome(page)).name, 'browser.dismissed');
		await begin(page, ports);
		await browser.answer('allow');
		assert.equal((await outcome(page)).name, 'open');
		await page.context().close();
	});

	test('not running: known at once; Chromium asks all the same, and a yes is good for later', async () => {
		const page = await secure();
		const port = await emptyPort();
		const result = await connect(page, [empty, port]);
		assert.deepEqual([result.name, result.states, result.data.asks], ['agent.not_running', ['connecting', 'agent.not_running'], true]);
		assert.match(result.message, /未检测到.*请点击“允许”/);
		assert.ok(result.ms < 1500, `${result.ms} ms`);
		await browser.answer('allow');
		const later = await agent('', port);
		assert.deepEqual((await connect(page, [empty, port])).states, ['connecting', 'open']);
		later.close();
		await page.context().close();
	});

	test('not running, asked again and again: Chromium\'s throttle is not taken for a question', async () => {
		const page = await secure();
		for (let i = 0; i < 8; i += 1) {
			const result = await connect(page, [empty, await emptyPort()]);
			assert.deepEqual([result.name, result.states], ['agent.not_running', ['connecting', 'agent.not_running']], `try ${i + 1}, ${result.ms} ms`);
		}
		await page.context().close();
	});

	test('an http page of a public site', async () => {
		const page = await browser.page(hall.url('http', 'plain.test'));
		assert.equal((await connect(page, ports)).name, 'browser.insecure');
		await page.context().close();
	});

	test('in a frame of another site without allow', async () => {
		const page = await secure(`/frame?src=${encodeURIComponent(hall.url('https', 'part.test'))}`);
		assert.equal((await connect(part(page), ports)).name, 'browser.frame');
		await page.context().close();
	});

	test('in a frame with allow="loopback-network": asked, allowed, connected', async () => {
		const page = await secure(`/frame?allow=loopback-network&src=${encodeURIComponent(hall.url('https', 'part.test'))}`);
		await begin(part(page), ports);
		await reached(part(page), 'browser.prompt');
		await browser.answer('allow');
		const result = await outcome(part(page));
		assert.deepEqual([result.name, result.origin], ['open', hall.url('https', 'part.test', '')]);
		await page.context().close();
	});

	test('a page on loopback itself needs no permission', async () => {
		const local = await agent();
		const other = await site();
		const page = await browser.page(other.url('http', 'localhost'));
		assert.deepEqual((await connect(page, [local.port])).states, ['connecting', 'open']);
		await page.context().close();
		other.close();
		local.close();
	});

	test('permission by the policies that the package makes, beside another program\'s: no question', async () => {
		const folder = temporaryFolder(), policies = path.join(folder, 'etc/chromium/policies/managed');
		mkdirSync(path.join(folder, 'etc/keyhall'), { recursive: true });
		mkdirSync(policies, { recursive: true });
		writeFileSync(path.join(folder, 'etc/keyhall/config.json'), JSON.stringify({ origins: [hall.url('https', 'hall.test', '')] }));
		writeFileSync(path.join(policies, 'other.json'), JSON.stringify({ LoopbackNetworkAllowedForUrls: [hall.url('https', 'plain.test', '')] }));
		await run(program.policies, ['install', '--root', folder]);
		const managed = await openChromium(hall.ports, { policies });
		try {
			for (const name of ['hall.test', 'plain.test']) {
				const page = await managed.page(hall.url('https', name));
				assert.deepEqual((await connect(page, ports)).states, ['connecting', 'open'], name);
			}
			const stranger = await managed.page(hall.url('https', 'part.test'));
			await begin(stranger, ports);
			await reached(stranger, 'browser.prompt');
		} finally {
			await managed.close();
			removeFolder(folder);
		}
	});

	common(() => ({ browser, running, empty }));
});

describe('Firefox', () => {
	let browser, running, empty;
	before(async () => {
		browser = await openFirefox();
		running = await agent();
		empty = await emptyPort();
	});
	after(async () => { await browser.close(); running.close(); });

	// Nobody answers here. A first connection that is slow is taken for a question: Firefox says “prompt” also when it never asks.
	test('from https, no question', async () => {
		const page = await browser.page(hall.url('https', 'hall.test'));
		assert.equal((await connect(page, [running.port])).name, 'open');
		await page.context().close();
	});

	test('not running, from https and http, again and again without back-off', async () => {
		for (const [scheme, host] of [['https', 'hall.test'], ['http', 'plain.test']]) {
			const page = await browser.page(hall.url(scheme, host));
			for (let i = 0; i < 6; i += 1) {
				const result = await connect(page, [empty, await emptyPort()]);
				assert.deepEqual([result.name, result.data.asks], ['agent.not_running', false]);
				assert.ok(result.ms < 2500, `try ${i + 1}: ${result.ms} ms`);
			}
			await page.context().close();
		}
	});

	common(() => ({ browser, running, empty }));
});

describe('Firefox with its gate for WebSockets', () => {
	let browser, running, empty;
	before(async () => {
		browser = await openFirefox(hall.ports);
		running = await agent();
		empty = await emptyPort();
	});
	after(async () => { await browser.close(); running.close(); });

	test('the question stands open, allowed, connected', async () => {
		const page = await browser.page(hall.url('https', 'hall.test'));
		await begin(page, [running.port, empty]);
		await reached(page, 'browser.prompt');
		await browser.answer('allow');
		assert.deepEqual((await outcome(page)).states, ['connecting', 'browser.prompt', 'open']);
		await page.context().close();
	});

	test('blocked by the clerk', async () => {
		const page = await browser.page(hall.url('https', 'hall.test'));
		await begin(page, [running.port, empty]);
		await browser.answer('block');
		assert.equal((await outcome(page)).name, 'browser.blocked');
		await page.context().close();
	});

	test('not running: known at once', async () => {
		const page = await browser.page(hall.url('https', 'hall.test'));
		const result = await connect(page, [empty, await emptyPort()]);
		assert.deepEqual([result.name, result.states], ['agent.not_running', ['connecting', 'agent.not_running']]);
		await page.context().close();
	});

	test('in a frame of another site without allow', async () => {
		const page = await browser.page(hall.url('https', 'hall.test', `/frame?src=${encodeURIComponent(hall.url('https', 'part.test'))}`));
		assert.equal((await connect(part(page), [running.port, empty])).name, 'browser.frame');
		await page.context().close();
	});
});

// What both browsers do alike, on a page of loopback that needs no permission.
function common(scene) {
	let local, url;
	before(async () => { local = await site(); url = (rest) => local.url('http', 'localhost', rest); });
	after(() => local.close());

	test('refused: every reason has its own name', async () => {
		const page = await scene().browser.page(url());
		for (const [reason, name] of [['origin', 'origin.denied'], ['connections', 'agent.connections'], ['other user', 'agent.other_user'], ['host', 'agent.refused']]) {
			const refusing = await agent(reason);
			const result = await connect(page, [refusing.port, scene().empty]);
			assert.equal(result.name, name);
			assert.equal(refusing.upgrades, 1);
			refusing.close();
		}
		await page.context().close();
	});

	test('another user holds the first port: goes on to the second', async () => {
		const page = await scene().browser.page(url());
		const refusing = await agent('other user');
		assert.equal((await connect(page, [refusing.port, scene().running.port])).name, 'open');
		refusing.close();
		await page.context().close();
	});

	test('the page\'s security policy', async () => {
		const csp = (text) => url(`/?csp=${encodeURIComponent(text)}`);
		const shut = await scene().browser.page(csp('connect-src \'self\''));
		const result = await connect(shut, [scene().running.port]);
		assert.equal(result.name, 'browser.csp');
		assert.ok(result.ms < 3000, `${result.ms} ms`);
		await shut.context().close();
		const open = await scene().browser.page(csp('connect-src \'self\' ws://127.0.0.1:*'));
		assert.equal((await connect(open, [scene().running.port])).name, 'open');
		await open.context().close();
	});

	test('the agent goes away and comes back', async () => {
		const mine = await agent();
		const page = await scene().browser.page(url());
		await connect(page, [mine.port]);
		await page.evaluate(() => { window.lost = new Promise((resolve) => window.client.on('close', resolve)); window.again = new Promise((resolve) => window.client.on('open', () => resolve('open'))); });
		mine.drop();
		assert.equal(await page.evaluate(() => window.lost.then((error) => error.name)), 'agent.lost');
		assert.equal(await page.evaluate(() => window.again), 'open');
		assert.equal(mine.paths.size, 2);
		mine.close();
		await page.context().close();
	});

	for (const [name, when] of [['Prototype 1.6', 'before'], ['Prototype 1.6', 'after'], ['Object.prototype', 'before'], ['JSON', 'before'], ['every method', 'after'], ['frozen prototypes', 'before']])
		test(`P3: a page with ${name}, ${when} the SDK`, async () => {
			const mine = await agent();
			const page = await scene().browser.page(url(`/patched?name=${encodeURIComponent(name)}&when=${when}&port=${mine.port}`));
			for (let i = 0; i < 100 && mine.calls.length < 4; i += 1) await sleep(100);
			assert.deepEqual(mine.calls, [
				['agent.hello', { protocols: [1], locale: 'en' }], ['token.list', {}],
				['pin.verify', { token: 'pkcs11:', seen: [0, '证书"\\\n'] }], ['pin.change', { token: 'request.invalid' }],
			]);
			await page.context().close();
			mine.close();
		});

	test('as an ES module', async () => {
		const page = await scene().browser.page(url());
		const name = await page.evaluate(async (port) => {
			delete window.Keyhall;
			const module = await import('/keyhall.mjs');
			const client = await module.connect({ ports: [port] });
			return client instanceof module.default.Client && client.state;
		}, scene().running.port);
		assert.equal(name, 'open');
		await page.context().close();
	});
}
