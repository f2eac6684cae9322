// keyhall-hall: its CA on the command line, its server, and a client of its HTTP API with a cookie.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { company } from './ca.mjs';
import { program } from './paths.mjs';
import { Service, freePort, run, untilListening } from './process.mjs';

// What it calls itself where it is not told otherwise.
export const hallName = '数字证书网上服务厅';

export class HallCa {
	// key: the type of its own keys.
	static async make(state, { key } = {}) {
		mkdirSync(state, { recursive: true });
		await run(program.hall, ['init', '--state', state, ...(key ? ['--ca-key', key] : [])]);
		return HallCa.open(state);
	}

	// One that make() has left there, or a copy of it.
	static open(state) { return Object.assign(new HallCa(), { state }); }

	get root() { return path.join(this.state, 'ca/root.pem'); }

	// from, to: days from now.
	async certify(csrPem, from, to, { creditCode = company.creditCode, usage = 'sign' } = {}) {
		const file = path.join(this.state, 'certify.csr');
		writeFileSync(file, csrPem);
		return (await run(program.hall, ['certify', '--state', this.state, '--csr', file, '--not-before-days', `${from}`, '--not-after-days', `${to}`, '--usage', usage,
			...(creditCode ? ['--credit-code', creditCode] : [])])).stdout;
	}
}

export class Hall {
	// https: with a certificate of its own. agentPorts: where pages look for the agent.
	static async start({ folder, state, port, agentPorts = [], https = false, args = [] }) {
		const hall = new Hall();
		hall.port = port ?? await freePort();
		hall.state = state;
		hall.folder = folder;
		hall.origin = `${https ? 'https' : 'http'}://localhost:${hall.port}`;
		hall.args = ['--state', state, '--port', `${hall.port}`, '--origin', hall.origin, ...(https ? ['--https'] : []),
			...agentPorts.flatMap((agent) => ['--agent-port', `${agent}`]), ...args];
		await hall.again();
		return hall;
	}

	async again() {
		this.service = new Service(program.hall, this.args, { log: path.join(this.folder, 'hall.log') });
		await untilListening(this.service, this.port);
	}

	// The root of its CA, and of its TLS certificate with https.
	get rootFile() { return path.join(this.state, 'ca/root.pem'); }
	get tlsRootFile() { return path.join(this.state, 'tls/root.pem'); }

	client() { return new HallClient(this.origin); }
	stop() { return this.service.stop(); }
	kill() { return this.service.kill(); }
}

export class HallError extends Error {
	constructor(method, where, status, error) {
		super(`${method} ${where}: ${status} ${error?.name ?? ''}: ${error?.message?.en ?? ''}`);
		Object.assign(this, { status, name: error?.name, error });
	}
}

export class HallClient {
	constructor(origin) { this.origin = origin; this.cookie = null; }

	async fetch(where, { method = 'GET', body, headers = {} } = {}) {
		const response = await fetch(this.origin + where, {
			method, body, redirect: 'manual',
			headers: { ...(this.cookie ? { cookie: this.cookie } : {}), ...(method === 'POST' ? { origin: this.origin } : {}), ...headers },
		});
		for (const line of response.headers.getSetCookie?.() ?? [response.headers.get('set-cookie')].filter(Boolean))
			if (line.startsWith('hall=')) this.cookie = line.split(';')[0];
		return response;
	}

	async json(method, where, body) {
		const response = await this.fetch(where, {
			method, ...(method === 'POST' ? { body: JSON.stringify(body ?? {}), headers: { 'content-type': 'application/json' } } : {}),
		});
		const answer = await response.json();
		if (!response.ok) throw new HallError(method, where, response.status, answer.error);
		return answer;
	}

	get(where) { return this.json('GET', where); }
	post(where, body) { return this.json('POST', where, body); }

	// Pays as somebody who scanned the QR code.
	async pay(payment, mode = 'now') { return this.post(new URL(payment.url, this.origin).pathname, { mode }); }
}
