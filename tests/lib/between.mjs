// A clerk's whole way through the hall without a browser: the page's calls of hall and agent, by the SDK, through proxies that
// can break every message; many keys and agents beside one hall.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { company, makeRequest } from './ca.mjs';
import { Daemon } from './daemon.mjs';
import { checkEnd } from './end.mjs';
import { Hall, HallCa, HallClient } from './hall.mjs';
import { root } from './paths.mjs';
import { PinScript } from './pin.mjs';
import { freePort, removeFolder, sleep, temporaryFolder } from './process.mjs';
import { AgentProxy, HallProxy, Traffic } from './proxy.mjs';
import { storeObjects, triesLeft } from './softkey-store.mjs';
import { SoftKey } from './softkey-token.mjs';
import { certificateId, makeKey } from './token.mjs';

const Socket = createRequire(import.meta.url)('ws');
export const slow = process.env.KEYHALL_SANITIZED === '1';
// The SDK's pauses are a clerk's; here they are shorter.
const pace = slow ? 0.3 : 0.1;

// The SDK as a page of this origin has it; its timers end with the page.
function loadSdk(origin, left) {
	const module = { exports: {} };
	class PageSocket extends Socket {
		constructor(url, protocol) { super(url, protocol, { origin }); this.on('error', () => {}); }
	}
	const text = readFileSync(path.join(root, 'protocol/js/keyhall.js'), 'utf8');
	const later = (call, ms) => setTimeout(() => { if (!left.aborted) call(); }, ms * pace);
	new Function('module', 'self', 'setTimeout', text)(module, { Promise, WebSocket: PageSocket }, later);
	return module.exports;
}

// The hall's API at another address than its origin, until the page is given up.
class ThroughProxy extends HallClient {
	constructor(origin, at, signal) { super(origin); Object.assign(this, { at, signal }); }
	async fetch(where, options = {}) {
		const { method = 'GET', body, headers = {} } = options;
		const response = await fetch(this.at + where, { method, body, redirect: 'manual', signal: this.signal,
			headers: { ...(this.cookie ? { cookie: this.cookie } : {}), ...(method === 'POST' ? { origin: this.origin } : {}), ...headers } });
		for (const line of response.headers.getSetCookie?.() ?? [response.headers.get('set-cookie')].filter(Boolean))
			if (line.startsWith('hall=')) this.cookie = line.split(';')[0];
		return response;
	}
}

// One hall for many keys. hallArgs: its options; dual: two certificates; noticeProxy: the bank's notices go through it.
export class Ground {
	static async make({ keyType = 'ec-p256', hallArgs = [], dual = false, noticeProxy = '' } = {}) {
		const ground = new Ground();
		const folder = temporaryFolder(), place = (name) => { const one = path.join(folder, name); mkdirSync(one, { recursive: true }); return one; };
		Object.assign(ground, { folder, keyType, dual, ports: new Set(), made: 0, certifying: Promise.resolve() });
		ground.ca = await HallCa.make(place('hall'));
		ground.token = await SoftKey.make(place('token'));
		const pair = await makeKey(keyType);
		ground.csr = await makeRequest(pair, place('old'));
		await ground.token.importPair(pair);
		writeFileSync(path.join(folder, 'seal'), 'an electronic seal');
		await ground.token.user('--write-object', path.join(folder, 'seal'), '--type', 'data', '--label', 'seal', '--private');
		ground.foreign = storeObjects(ground.token).filter((one) => one.kind === 'data').map((one) => one.print);
		assert.equal(ground.foreign.length, 1);
		// The bank's notices heed it; nothing else that is started here does.
		if (noticeProxy) process.env.http_proxy = noticeProxy;
		ground.hall = await Hall.start({ folder, state: ground.ca.state, args: [...hallArgs, ...(dual ? ['--dual'] : [])] });
		delete process.env.http_proxy;
		return ground;
	}

	certify() { return this.certifying = this.certifying.catch(() => {}).then(() => this.ca.certify(this.csr, -345, 20)); }

	async port() {
		for (;;) {
			const port = await freePort();
			if (!this.ports.has(port) && this.ports.add(port)) return port;
		}
	}

	// A key with an old certificate of its own, an agent, and the proxies. plan: the fault. pins: answers of the PIN window.
	async scene({ plan, pins, faults = [] } = {}) {
		const scene = new Scene(), folder = path.join(this.folder, `scene-${this.made++}`);
		mkdirSync(folder);
		cpSync(this.token.store, path.join(folder, 'softkey'), { recursive: true });
		Object.assign(scene, { ground: this, folder, hall: this.hall, origin: this.hall.origin, errors: [], pages: [], daemons: [],
			payment: { mode: 'now' } });
		scene.token = Object.assign(new SoftKey(), this.token, { folder, store: path.join(folder, 'softkey') });
		scene.oldPem = await this.certify();
		scene.old = certificateId(scene.oldPem);
		await scene.token.writeCertificate(scene.oldPem);
		if (faults.length) scene.token.fault(...faults);
		scene.pins = new PinScript(folder, pins ?? this.token.pin);
		scene.traffic = new Traffic(plan);
		try {
			scene.daemon = await scene.computer('agent');
			scene.agentProxy = await AgentProxy.start(scene.traffic, scene.daemon.port);
			scene.hallProxy = await HallProxy.start(scene.traffic, this.hall);
		} catch (error) { await scene.close(); throw error; }
		return scene;
	}

	async close() {
		try { await this.hall.stop(); } finally { removeFolder(this.folder); }
	}
}

export class Scene {
	// Another computer with an agent of its own. token: the key as it stands there.
	async computer(name, token = this.token) {
		const daemon = await Daemon.start({ folder: path.join(this.folder, name), token, origins: [this.origin], anchors: [this.ground.ca.root],
			port: await this.ground.port(), pinentry: this.pins.program });
		this.daemons.push(daemon);
		return daemon;
	}

	// kill -9; does not wait for what the agent's children do.
	async killDaemon(daemon = this.daemon) {
		const { child } = daemon.service;
		if (child.exitCode !== null || child.signalCode !== null) return;
		const gone = new Promise((resolve) => child.once('exit', resolve));
		child.kill('SIGKILL');
		await gone;
	}

	// A page as it is opened newly; cookie: that of the browser it is in. agentPort, hall: not through the proxies.
	page({ cookie = null, agentPort = this.agentProxy.port, hall = this.hallProxy.origin } = {}) {
		const page = new Page(this, agentPort, hall);
		page.web.cookie = cookie;
		this.pages.push(page);
		return page;
	}

	// A page until it is done, until it fails, or until nothing moves any more.
	async attempt(page, ms = slow ? 1500 : 500) {
		const result = await Promise.race([page.run(), this.traffic.quiet(ms, page.left.signal).then(() => 'nothing moves')])
			.catch((error) => { this.note(error); return 'failed'; });
		page.leave();
		return result;
	}

	note(error) { this.errors.push(error.rpc ?? error.name ?? error.message); this.lastError = error; }

	// New pages, as often as a clerk would try, until one comes to the end.
	async finish(options = {}, tries = 8) {
		for (let i = 0; ; i++) {
			const page = this.page(options);
			try { return await page.run(); } catch (error) {
				this.note(error);
				if (i === tries) throw error;
				await sleep([20, 100, 300, 1000, 2000, 3000, 4000, 5000][i]);
			} finally { page.leave(); }
		}
	}

	async checkEnd(options = {}) {
		const books = await checkEnd(this, this.order, { foreign: this.ground.foreign, dual: this.ground.dual, ...options });
		assert.ok(storeObjects(this.token).some((one) => this.ground.foreign.includes(one.print)), 'foreign objects are there');
		assert.equal(triesLeft(this.token), 6, 'PIN tries are full');
		return books;
	}

	async close() {
		for (const page of this.pages) page.leave();
		this.agentProxy?.close();
		this.hallProxy?.close();
		const ends = await Promise.allSettled(this.daemons.map((daemon) => daemon.stop()));
		rmSync(this.folder, { recursive: true, force: true });
		for (const { reason } of ends) if (reason) throw reason;
	}
}

const issuedOf = ({ order }) => ({ ...order.issued, publicKey: order.publicKey, installed: order.state === 'INSTALLED' });
const open = ['NEW', 'BOUND', 'CONFIRMED', 'PAYING'];

// What the pages of the hall do, in their order: hall/pages.
export class Page {
	constructor(scene, agentPort, hall) {
		this.scene = scene;
		this.left = new AbortController();
		const Keyhall = loadSdk(scene.origin, this.left.signal);
		this.web = new ThroughProxy(scene.origin, hall, this.left.signal);
		this.agent = new Keyhall.Client({ ports: [agentPort], locale: 'zh' });
	}

	leave() { this.left.abort(); this.agent.close(); }

	async call(method, params) { return this.agent.call(method, params); }

	// The order of the certificate on the key; when that is gone, the order of the address.
	async openOrder() {
		const { certificates } = await this.call('certificate.list');
		const { scene } = this, old = certificates.find((one) => one.id === scene.old);
		if (!old) return this.look();
		const { order } = await this.web.post('/api/orders', { certificate: old.pem });
		scene.order = order.id;
		return order;
	}

	get where() { return `/api/orders/${this.scene.order}`; }
	async look() { return (await this.web.get(this.where)).order; }

	async pay(order) {
		const steps = {
			NEW: async () => {
				const { tokens } = await this.call('token.list'), { serial } = this.scene.token;
				await this.call('pin.verify', { token: tokens.find((one) => one.serial === serial).token });
				return this.web.post(`${this.where}/bind`, { tokenSerial: serial });
			},
			BOUND: () => this.web.post(`${this.where}/confirm`, { company: company.name, creditCode: company.creditCode, contact: company.contact }),
			CONFIRMED: () => this.web.post(`${this.where}/payment`),
			PAYING: async (now) => {
				if (now.payment.state === 'expired') return this.web.post(`${this.where}/payment`);
				if (now.payment.state === 'open' && !this.paid) this.paid = await this.web.post(new URL(now.payment.url, this.scene.origin).pathname, this.scene.payment);
				else await sleep(100);
				return { order: await this.look() };
			},
		};
		while (open.includes(order.state)) ({ order } = await steps[order.state](order));
		return order;
	}

	// The hall's half of SDK's drive.
	get hall() {
		return {
			key: ({ csr, proof, importAlgorithms }) => this.web.post(`${this.where}/key`, { csr, proof, ...(this.scene.ground.dual ? { importAlgorithms } : {}) })
				.then(issuedOf).catch((error) => this.judge(error)),
			envelope: () => this.web.post(`${this.where}/envelope`).then(issuedOf).catch((error) => this.judge(error)),
			issued: () => this.web.get(this.where).then(issuedOf).catch((error) => this.judge(error)),
			receipt: (receipt) => this.web.post(`${this.where}/receipt`, { receipt }).catch((error) => this.judge(error)),
		};
	}

	// As hall/pages/drive.js does: the hall's errors say by their status whether to come again.
	judge(error) {
		throw Object.assign(error, { data: { retry: !error.status || error.status >= 500 ? 'later' : 'no', ...error.data } });
	}

	drive(more = {}) {
		return this.agent.drive(this.scene.order, this.hall, { certificate: this.scene.old, key: 'new', dual: this.scene.ground.dual, patience: 4000, ...more });
	}

	async run() {
		await this.web.get('/api/hall');
		await this.call('environment.check');
		const order = await this.pay(await this.openOrder());
		const result = await this.drive();
		assert.equal(result.stage, 'completed', `order ${order.id}`);
		return result;
	}
}
