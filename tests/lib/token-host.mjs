// The token host alone, over its pipes: JSON-RPC lines, as the daemon speaks them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { program } from './paths.mjs';

export class TokenHost {
	// options: module, env, pinentry, locale, anchors, creditCodeOids, level, program (instead of the built one).
	static async start({ module, env = {}, level = 'warning', program: file = program.token, ...settings }) {
		const host = new TokenHost();
		Object.assign(host, { pending: new Map(), notices: [], found: [], log: '', number: 0 });
		host.child = spawn(file, ['--module', module, '--log-level', level], { env: { ...process.env, ...env }, stdio: 'pipe' });
		host.child.stderr.on('data', (data) => { host.log += data; });
		host.child.stdin.on('error', () => {});
		readline.createInterface({ input: host.child.stdout }).on('line', (line) => host.take(JSON.parse(line)));
		host.exited = new Promise((resolve) => host.child.on('close', (code, signal) => {
			for (const { reject } of host.pending.values()) reject(new Error(`the token host ended: ${code ?? signal}\n${host.log}`));
			host.end = { code, signal };
			resolve(host.end);
		}));
		try { host.about = await host.call('host.configure', settings); } catch (error) { await host.stop(); throw error; }
		return host;
	}

	take(message) {
		if (message.method === 'certificate.found') return this.collect(message.params);
		const waiting = this.pending.get(message.id);
		if (!waiting) return this.notices.push(message);
		this.pending.delete(message.id);
		if (!message.error) return waiting.resolve(waiting.method === 'certificate.list' ? this.whole(message.result) : message.result);
		const error = Object.assign(new Error(`${waiting.method}: ${JSON.stringify(message.error)}`),
			{ rpc: message.error.data.name, code: message.error.code, data: message.error.data, text: message.error.message });
		waiting.reject(error);
	}

	// A list comes in pieces, as certificate.found; its result says which of them have their key and which have none.
	collect({ at, certificates }) {
		if (at === 0) this.found = [];
		assert.equal(at, this.found.length);
		assert.ok(certificates.every((one) => one.hasPrivateKey === undefined));
		this.found.push(...certificates);
	}

	whole({ withKey, keyless, ...result }) {
		const keyed = (i) => (withKey.includes(i) ? { hasPrivateKey: true } : keyless.includes(i) ? { hasPrivateKey: false } : {});
		const certificates = this.found.splice(0).map((one, i) => ({ ...one, ...keyed(i) }));
		return { ...result, certificates };
	}

	call(method, params = {}) {
		const id = ++this.number;
		return new Promise((resolve, reject) => {
			this.pending.set(id, { resolve, reject, method });
			this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
		});
	}

	notify(method, params) { this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`); }

	prompts() { return this.notices.filter((one) => one.method === 'host.prompting').map((one) => one.params.open); }

	// Ends as the daemon ends it: its stdin is closed.
	async stop() { this.child.stdin.end(); return this.exited; }
}
