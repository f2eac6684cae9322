// A page without a browser: keyhall.js with a clock, WebSocket and permissions under the test's hand.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { root } from '../lib/paths.mjs';

export const sdkFile = path.join(root, 'protocol/js/keyhall.js');
const source = readFileSync(sdkFile, 'utf8');
const flush = async () => { for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve)); };

export const hello = { version: '1.2.3', protocol: 1, origin: 'https://hall.example', time: '2026-01-01T00:00:00Z', features: [] };

// What may listen on a port. Each gets the socket and its world.
export const peers = {
	nobody: (ms = 5, code = 1006) => (socket, world) => world.after(ms, () => socket.fail(code)),
	silent: () => () => {},
	mute: () => (socket, world) => world.after(1, () => socket.accept()),
	stranger: () => (socket, world) => world.after(1, () => socket.accept('')),
	refusing: (reason) => (socket, world) => world.after(1, () => { socket.accept(); socket.shut(4403, reason); }),
	csp: () => (socket, world) => world.after(1, () => socket.onerror({})),
	// methods: name → function(params, socket, id) giving the result or throwing {code, message, data}.
	agent: (methods = {}) => (socket, world) => {
		socket.answer = (message) => {
			const method = { 'agent.hello': () => hello, ...methods }[message.method];
			world.seen.push(message.method);
			if (!method) return;
			try {
				const result = method(message.params, socket, message.id);
				if (result !== undefined) socket.receive({ jsonrpc: '2.0', id: message.id, result });
			} catch (error) {
				if (error instanceof Error) throw error;
				socket.receive({ jsonrpc: '2.0', id: message.id, error });
			}
		};
		world.after(1, () => socket.accept());
	},
};

export const failing = (name, code = 1, more = {}) => { throw { code, message: name, data: { name, retry: 'no', ...more } }; };

export class World {
	constructor({ ports = {}, permission, secure = true, policy, platform = 'Linux x86_64', host = 'hall.example', language = 'zh-CN', userAgent, promise = true, socket = true, patched } = {}) {
		Object.assign(this, { ports, permission, now: 1e12, timers: [], sockets: [], seen: [], listeners: [] });
		const world = this;
		class FakeDate extends Date { constructor() { super(world.now); } static now() { return world.now; } }
		class FakeSocket {
			constructor(url, protocol) {
				if (world.throws) throw world.throws;
				Object.assign(this, { url, readyState: 0, protocol: '', offered: protocol, sent: [] });
				world.sockets.push(this);
				const peer = world.ports[Number(new URL(url).port)] ?? peers.nobody();
				peer(this, world);
			}
			accept(protocol = this.offered) { if (this.readyState === 0) { this.readyState = 1; this.protocol = protocol; this.onopen?.({}); } }
			fail(code = 1006) { if (this.readyState < 2) { this.readyState = 3; this.onerror?.({}); this.onclose?.({ code, reason: '' }); } }
			shut(code, reason = '') { if (this.readyState < 2) { this.readyState = 3; this.onclose?.({ code, reason }); } }
			receive(value) { world.after(1, () => this.onmessage?.({ data: typeof value === 'string' ? value : JSON.stringify(value) })); }
			send(text) { const message = JSON.parse(text); this.sent.push(message); this.answer?.(message); }
			close(code) { this.closedByPage = code ?? true; this.readyState = 3; }
		}
		const page = {
			Date: FakeDate, WebSocket: socket ? FakeSocket : undefined, Promise: promise ? Promise : undefined, isSecureContext: secure,
			location: { hostname: host },
			setTimeout: (call, ms) => world.after(ms, call),
			clearTimeout: (id) => { world.timers = world.timers.filter((timer) => timer.id !== id); },
			navigator: {
				platform, language, userAgentData: userAgent && {},
				permissions: permission === undefined ? undefined : {
					query: async () => { if (typeof world.permission !== 'string') throw new TypeError('unknown'); return { state: world.permission }; },
				},
			},
			document: {
				documentElement: { lang: '' }, featurePolicy: policy === undefined ? undefined : { allowsFeature: () => policy },
				addEventListener: (name, handler) => world.listeners.push(handler),
				removeEventListener: (name, handler) => { world.listeners = world.listeners.filter((one) => one !== handler); },
			},
		};
		page.self = page.top = page;
		this.page = page;
		this.load(patched);
		this.Keyhall = page.Keyhall;
	}

	// patched: {before, after}, other scripts of the page, which then has a realm of its own.
	load(patched) {
		const { page } = this, context = patched && vm.createContext(), names = ['self', 'setTimeout', 'clearTimeout', 'Date'];
		if (patched?.before) vm.runInContext(patched.before, context);
		const script = vm.compileFunction(source, names, { filename: sdkFile, parsingContext: context });
		script(page, (call, ms) => page.setTimeout(call, ms), page.clearTimeout, page.Date);
		if (patched?.after) vm.runInContext(patched.after, context);
	}

	after(ms, call) {
		const id = (this.lastTimer = (this.lastTimer ?? 0) + 1);
		this.timers.push({ id, at: this.now + (ms ?? 0), call });
		return id;
	}

	// Lets time pass, running what falls due in its order.
	async pass(ms) {
		const end = this.now + ms;
		await flush();
		for (;;) {
			const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
			if (!due) break;
			this.timers = this.timers.filter((timer) => timer !== due);
			this.now = Math.max(this.now, due.at);
			due.call();
			await flush();
		}
		this.now = end;
	}

	// Runs connect; gives {client, error, states} after at most ms.
	async connect(options = {}, ms = 60000) {
		const states = [];
		const outcome = { states };
		outcome.client = new this.Keyhall.Client({ ...options, onstate: (state) => states.push(state.name) });
		outcome.client.connect((error) => { outcome.error = error; outcome.answered = true; });
		await this.pass(ms);
		return outcome;
	}

	get dialled() { return this.sockets.map((socket) => Number(new URL(socket.url).port)); }
}
