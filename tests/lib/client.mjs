// A client of the agent over npm's ws: JSON-RPC calls, notifications, and raw frames for bad input.
import { X509Certificate, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { until } from './process.mjs';
import { sm2Verifies } from './witness.mjs';

const WebSocket = createRequire(import.meta.url)('ws');

export class RpcError extends Error {
	constructor(method, { code, message, data }) {
		super(`${method}: ${data?.name ?? code}: ${message}`);
		Object.assign(this, { method, code, data, rpc: data?.name, text: message });
	}
}

export class Client {
	// Opens without hello. Rejects when the upgrade fails.
	static open(port, { origin = 'http://localhost', host = '127.0.0.1', protocol = 'keyhall.v1', headers = {} } = {}) {
		const client = new Client();
		Object.assign(client, { next: 1, waiting: new Map(), notifications: [], frames: [] });
		const socket = new WebSocket(`ws://${host}:${port}/`, protocol ? [protocol] : [], { origin, headers });
		client.socket = socket;
		client.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
		client.closed.then((end) => { client.end = end; for (const { reject, method } of client.waiting.values()) reject(new Error(`${method}: closed ${end.code}`)); });
		socket.on('message', (data) => client.receive(data.toString()));
		return new Promise((resolve, reject) => {
			socket.on('open', () => resolve(client));
			socket.on('error', reject);
		});
	}

	static async connect(port, { locale = 'zh-CN', background = false, ...options } = {}) {
		const client = await Client.open(port, options);
		client.hello = await client.call('agent.hello', { protocols: [1], locale, ...(background ? { background } : {}) });
		return client;
	}

	receive(text) {
		const message = JSON.parse(text);
		this.frames.push(message);
		if (message.method) { this.notifications.push(message); return; }
		const call = this.waiting.get(message.id);
		if (!call) return;
		this.waiting.delete(message.id);
		if (message.error) call.reject(new RpcError(call.method, message.error));
		else call.resolve(message.result);
	}

	call(method, params = {}) {
		const id = this.next++;
		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject, method });
			this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		});
	}

	// Sends a text as it is; resolves with the next frame or the close.
	async raw(text) {
		const seen = this.frames.length;
		this.socket.send(text);
		await until(() => this.frames.length > seen || this.end, 'an answer', 15000);
		return this.frames.length > seen ? this.frames[seen] : { close: this.end };
	}

	close() { this.socket.close(); return this.closed; }
}

// The JWS's parts, and whether the certificate in its x5c signed it.
export function readJws(jws) {
	const [head, body, signature] = jws.split('.');
	const header = JSON.parse(Buffer.from(head, 'base64url'));
	const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'));
	const data = Buffer.from(`${head}.${body}`), raw = Buffer.from(signature, 'base64url');
	const parts = { header, payload: JSON.parse(Buffer.from(body, 'base64url')), certificate };
	if (header.alg === 'SM2SM3') return { ...parts, valid: sm2Verifies(certificate, data, raw) };
	const hash = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', EdDSA: null }[header.alg];
	const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' };
	return { ...parts, valid: verify(hash, data, key, raw) };
}
