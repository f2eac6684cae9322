// Between page, agent, hall and bank: every message passes here, is named and counted, and one of them can be lost, doubled,
// delayed or cut. A message's key is its direction, its name and its number in the run: "page>agent renewal.begin 1".
import http from 'node:http';
import net from 'node:net';
import { sleep, until } from './process.mjs';

// What can happen. lost: it never comes, and nobody is told. broken: it comes, then the connection dies. cut: half of it comes,
// then the connection dies. late: it comes after the next message of its direction. stale: it comes when all is done.
// A refused HTTP answer and a lost one look the same to the page, and nothing overtakes an answer there.
const faults = {
	'page>agent': ['lost', 'broken', 'cut', 'doubled', 'late', 'stale'],
	'agent>page': ['lost', 'broken', 'cut', 'doubled', 'late'],
	'page>hall': ['lost', 'cut', 'doubled', 'late', 'stale'],
	'hall>page': ['lost', 'cut'],
	'bank>hall': ['lost', 'cut', 'doubled', 'late', 'stale'],
	'hall>bank': ['lost', 'cut'],
	upgrade: ['lost', 'broken', 'cut'],
};
export const faultsOf = (key) => faults[/ upgraded? /.test(key) ? 'upgrade' : key.split(' ')[0]];

// What passes one scene's proxies, and the fault that is in store: {key, fault}, or {at, pick(key) → fault} for the message of
// that number, also a list.
export class Traffic {
	constructor(plan = []) { Object.assign(this, { plan, keys: [], counts: new Map(), held: [], last: Date.now(), underWay: new Set() }); }

	// A message: the fault that befalls it, or undefined.
	meet(direction, name) {
		const kind = `${direction} ${name}`, count = (this.counts.get(kind) ?? 0) + 1, key = `${kind} ${count}`;
		this.counts.set(kind, count);
		this.keys.push(key);
		this.last = Date.now();
		const plan = [this.plan].flat().find((one) => one.key === key || one.at === this.keys.length);
		if (!plan) return undefined;
		this.met = true;
		return plan.fault ?? plan.pick(key);
	}

	hold(direction, when, deliver) { this.held.push({ direction, when, deliver }); }

	// Something went by: what was to be overtaken by it follows.
	passed(direction) {
		this.last = Date.now();
		const free = this.held.filter((one) => one.when === 'late' && one.direction === direction);
		this.held = this.held.filter((one) => !free.includes(one));
		for (const one of free) one.deliver();
	}

	// What is still held comes now; resolves when it was dealt with.
	async release() {
		for (const one of this.held.splice(0)) one.deliver();
		await Promise.all(this.underWay);
	}

	// Until nothing has passed for so long, or nobody waits any more. Before the fault was met nothing is stuck: only the machine is slow.
	async quiet(ms, signal) {
		const due = () => [this.plan].flat().length > 0 && !this.met;
		while (!signal.aborted && Date.now() - this.last < (due() ? 60000 : ms)) await sleep(20);
	}

	keep(promise) {
		const kept = promise.catch(() => {}).finally(() => this.underWay.delete(kept));
		this.underWay.add(kept);
		return promise;
	}
}

function listen(server) {
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

/* ---- page and agent: WebSocket frames ---- */

// The first whole message of the bytes: {bytes, text}, text null when it is none of the application's.
function takeMessage(buffer) {
	let at = 0, text = '', opcode = 0;
	for (;;) {
		if (buffer.length < at + 2) return null;
		const first = buffer[at], masked = buffer[at + 1] & 0x80;
		let length = buffer[at + 1] & 0x7f, head = 2;
		if (length >= 126) {
			head = length === 126 ? 4 : 10;
			if (buffer.length < at + head) return null;
			length = head === 4 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2));
		}
		const mask = masked ? buffer.subarray(at + head, at + head + 4) : null;
		if (masked) head += 4;
		if (buffer.length < at + head + length) return null;
		const payload = Buffer.from(buffer.subarray(at + head, at + head + length));
		if (mask) payload.forEach((byte, i) => { payload[i] = byte ^ mask[i % 4]; });
		opcode ||= first & 0x0f;
		text += payload.toString('latin1');
		at += head + length;
		if (first & 0x80) return { bytes: buffer.subarray(0, at), text: opcode < 8 ? Buffer.from(text, 'latin1').toString() : null };
	}
}

// One connection of a page, and the proxy's own to the agent.
class Link {
	constructor(traffic, page, agentPort) {
		Object.assign(this, { traffic, page, methods: new Map(), answers: [] });
		this.agent = net.connect(agentPort, '127.0.0.1');
		this.read(page, 'page>agent', this.agent, (head) => head.replace(/^Host: .*$/im, `Host: 127.0.0.1:${agentPort}`));
		this.read(this.agent, 'agent>page', page, (head) => head);
		for (const socket of [page, this.agent]) socket.on('error', () => {});
		// What is held for the agent still has to get there.
		page.on('close', () => { if (!traffic.held.length && !this.waiting) this.agent.end(); });
		this.agent.on('close', () => { this.closed = true; page.destroySoon(); });
	}

	read(from, direction, to, mend) {
		let buffer = Buffer.alloc(0), upgraded = false;
		from.on('data', (data) => {
			buffer = Buffer.concat([buffer, data]);
			if (!upgraded) {
				const end = buffer.indexOf('\r\n\r\n');
				if (end < 0) return;
				const head = Buffer.from(mend(buffer.toString('latin1', 0, end + 4)), 'latin1');
				buffer = buffer.subarray(end + 4);
				upgraded = true;
				this.pass(direction, direction === 'page>agent' ? 'upgrade' : 'upgraded', head, to);
			}
			for (let one; (one = takeMessage(buffer));) {
				buffer = buffer.subarray(one.bytes.length);
				if (one.text === null) this.write(to, one.bytes);
				else this.pass(direction, this.name(direction, one.text), one.bytes, to, one.text);
			}
		});
	}

	name(direction, text) {
		const { id, method } = JSON.parse(text);
		if (direction === 'agent>page') this.answers.push(id);
		if (method) this.methods.set(id, method);
		return method ?? this.methods.get(id) ?? 'answer';
	}

	write(to, bytes) { if (to.writable) to.write(bytes); }

	die() { this.page.destroy(); this.agent.destroy(); }

	pass(direction, name, bytes, to, text) {
		const fault = this.traffic.meet(direction, name);
		if (fault === 'late' || fault === 'stale') return this.traffic.hold(direction, fault, () => this.deliver(to, bytes, text));
		if (fault === 'cut') to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => this.die());
		else if (fault === 'broken') to.write(bytes, () => this.die());
		else if (fault !== 'lost') this.write(to, bytes);
		if (fault === 'doubled') this.write(to, bytes);
		return this.traffic.passed(direction);
	}

	// Something held, to the agent: until it was answered.
	deliver(to, bytes, text) {
		this.write(to, bytes);
		if (to !== this.agent || !text) return;
		const { id } = JSON.parse(text), seen = this.answers.length;
		this.waiting = this.traffic.keep(until(() => this.closed || this.answers.indexOf(id, seen) >= 0, 'an answer', 15000));
	}
}

export class AgentProxy {
	static async start(traffic, agentPort) {
		const proxy = new AgentProxy();
		Object.assign(proxy, { links: new Set(), agentPort });
		proxy.server = net.createServer((page) => proxy.links.add(new Link(traffic, page, proxy.agentPort)));
		proxy.port = await listen(proxy.server);
		return proxy;
	}

	close() {
		for (const link of this.links) link.die();
		this.server.close();
	}
}

/* ---- page and hall, bank and hall: HTTP ---- */

// Orders and payments have names of their own every time.
function nameOf(request) {
	const [, area, what, id, action] = new URL(request.url, 'http://hall').pathname.split('/');
	const last = area === 'bank' ? what : what === 'orders' ? action ?? (id ? 'order' : 'orders') : [what, id].filter(Boolean).join(' ');
	return `${request.method} ${last}`;
}

async function bodyOf(stream) {
	const parts = [];
	for await (const part of stream) parts.push(part);
	return Buffer.concat(parts);
}

export class HallProxy {
	// hall: {port}; a bank that is told of it as its http_proxy sends its notices through it.
	static async start(traffic, hall) {
		const proxy = new HallProxy();
		Object.assign(proxy, { traffic, hall });
		proxy.server = http.createServer((request, response) => {
			request.on('error', () => {});
			proxy.take(request, response).catch(() => request.socket.destroy());
		});
		proxy.port = await listen(proxy.server);
		proxy.origin = `http://127.0.0.1:${proxy.port}`;
		return proxy;
	}

	async take(request, response) {
		const body = await bodyOf(request), name = nameOf(request), from = name === 'POST bank notice' ? 'bank' : 'page', there = `${from}>hall`;
		const fault = this.traffic.meet(there, name), forward = () => this.traffic.keep(this.forward(request, body));
		if (fault === 'late' || fault === 'stale') {
			this.traffic.hold(there, fault, forward);
			return from === 'bank' ? request.socket.destroy() : undefined;
		}
		let answer;
		if (fault === 'cut') this.sendHalf(request, body);
		else if (fault !== 'lost') answer = forward();
		if (fault === 'doubled') forward().catch(() => {});
		this.traffic.passed(there);
		if (answer) this.give(await answer, `hall>${from}`, name, response);
		else request.socket.destroy();
		return undefined;
	}

	headers(request) { return { ...request.headers, host: `localhost:${this.hall.port}`, connection: 'close' }; }

	forward(request, body) {
		const { pathname, search } = new URL(request.url, 'http://hall');
		return new Promise((resolve, reject) => {
			const sent = http.request({ port: this.hall.port, host: '127.0.0.1', method: request.method, path: pathname + search,
				headers: this.headers(request), agent: false });
			sent.on('error', reject);
			sent.on('response', (answer) => bodyOf(answer).then((text) => resolve({ status: answer.statusCode, headers: answer.headers, text }), reject));
			sent.end(body);
		});
	}

	sendHalf(request, body) {
		const { pathname } = new URL(request.url, 'http://hall');
		const head = Object.entries(this.headers(request)).map(([name, value]) => `${name}: ${value}\r\n`).join('');
		const whole = Buffer.concat([Buffer.from(`${request.method} ${pathname} HTTP/1.1\r\n${head}\r\n`), body]);
		const socket = net.connect(this.hall.port, '127.0.0.1', () => socket.write(whole.subarray(0, whole.length - Math.ceil((body.length || 40) / 2)), () => socket.destroy()));
		socket.on('error', () => {});
	}

	give({ status, headers, text }, direction, name, response) {
		const fault = this.traffic.meet(direction, name);
		if (fault === 'lost') return response.socket.destroy();
		const { 'transfer-encoding': ignored, ...kept } = headers;
		response.writeHead(status, { ...kept, 'content-length': text.length, connection: 'close' });
		if (fault === 'cut') response.write(text.subarray(0, text.length >> 1), () => response.socket.destroy());
		else response.end(text);
		return this.traffic.passed(direction);
	}

	close() {
		this.server.closeAllConnections();
		this.server.close();
	}
}
