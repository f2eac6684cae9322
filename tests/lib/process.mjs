// Child processes, ports and folders that are gone when the test is.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const running = new Set();
const folders = new Set();

process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
// A signal alone would end this process without "exit". Who listens to it too ends in its own way.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(name, () => { if (process.listenerCount(name) === 1) process.exit(1); });

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Runs a program to its end; throws when it does not end with `status` (null: any).
export function run(file, args = [], { env = {}, input = '', status = 0, cwd } = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: 'pipe' });
		const out = [], error = [];
		running.add(child);
		child.stdout.on('data', (data) => out.push(data));
		child.stderr.on('data', (data) => error.push(data));
		child.stdin.on('error', () => {});
		child.stdin.end(input);
		child.on('error', (cause) => { running.delete(child); reject(cause); });
		child.on('close', (code) => {
			running.delete(child);
			const result = { status: code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(error).toString(), bytes: Buffer.concat(out) };
			if (status === null || code === status) return resolve(result);
			reject(new Error(`${path.basename(file)} ${args.join(' ')}: ended with ${code}\n${result.stderr}${result.stdout}`));
		});
	});
}

// A program that stays. log: file its output goes to; input: 'pipe' for one that is written to. output(): what it wrote so far.
export class Service {
	constructor(file, args, { env = {}, log, cwd, input = 'ignore' } = {}) {
		this.name = path.basename(file);
		this.text = '';
		this.child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: [input, 'pipe', 'pipe'] });
		running.add(this.child);
		const file_ = log ? createWriteStream(log, { flags: 'a' }) : null;
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.on('data', (data) => { this.text += data; file_?.write(data); });
		this.exited = new Promise((resolve) => {
			this.child.on('error', (cause) => { running.delete(this.child); this.text += cause.message; resolve({ error: cause }); });
			this.child.on('close', (code, signal) => { running.delete(this.child); file_?.end(); resolve({ code, signal }); });
		});
		this.exited.then((end) => { this.end = end; });
	}

	get pid() { return this.child.pid; }
	output() { return this.text; }

	kill(signal = 'SIGKILL') { if (!this.end) this.child.kill(signal); return this.exited; }

	// Ends it as a user would; after ten seconds by force, which is an error.
	async stop() {
		if (this.end) return this.end;
		const timer = setTimeout(() => { this.forced = true; this.child.kill('SIGKILL'); }, Number(process.env.KEYHALL_STOP_MS ?? 10000));
		this.child.kill('SIGTERM');
		const end = await this.exited;
		clearTimeout(timer);
		if (this.forced) throw new Error(`${this.name} did not stop\n${this.text}`);
		return end;
	}
}

export async function until(condition, what, ms = 60000) {
	const deadline = Date.now() + ms;
	for (;;) {
		const value = await condition();
		if (value) return value;
		if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
		await sleep(25);
	}
}

// Waits until the service listens on the port; fails at once when it ended, also because the port is another's. Then it runs no more.
export async function untilListening(service, port, ms = 60000) {
	const check = () => { if (service.end) throw new Error(`${service.name} ended: ${JSON.stringify(service.end)}\n${service.output()}`); };
	try {
		await until(async () => {
			check();
			return await answers(port);
		}, `${service.name} on port ${port}\n${service.output()}`, ms);
		await sleep(40);
		check();
	} catch (error) { await service.kill(); throw error; }
}

export function answers(port, host = '127.0.0.1') {
	return new Promise((resolve) => {
		const socket = net.connect({ port, host });
		socket.on('connect', () => { socket.destroy(); resolve(true); });
		socket.on('error', () => resolve(false));
	});
}

// The server listening there, or null.
function listen(port, host) {
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
		server.listen({ port, host, ipv6Only: host === '::1' }, () => resolve(server));
	});
}

export async function isFree(port) {
	for (const host of ['127.0.0.1', '::1']) {
		let server;
		try { server = await listen(port, host); } catch (error) {
			if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') continue;
			throw error;
		}
		if (!server) return false;
		await new Promise((resolve) => server.close(resolve));
	}
	return true;
}

// Ports below those the system gives to connections, in blocks. A block is of the process that listens on its first port: no other test
// takes a port of it between the look and the server's start, nor while that server is down.
const blocks = { first: 20000, size: 16, count: 500 };
const own = [];

async function takeBlock() {
	for (let tries = 0; tries < 10 * blocks.count; tries++) {
		const first = blocks.first + blocks.size * Math.floor(Math.random() * blocks.count);
		const guard = await listen(first, '127.0.0.1');
		if (!guard) continue;
		guard.unref();
		for (let port = first + 1; port < first + blocks.size; port++) own.push(port);
		return;
	}
	throw new Error('all ports of the tests are taken');
}

// A port nobody holds on either loopback and no other test will take; the first of `wanted` that is free, else any.
export async function freePort(...wanted) {
	for (const port of wanted) if (await isFree(port)) return port;
	for (;;) {
		if (own.length === 0) await takeBlock();
		const port = own.shift();
		if (await isFree(port)) return port;
	}
}

export function temporaryFolder(name = 'keyhall') {
	const folder = mkdtempSync(path.join(os.tmpdir(), `${name}-`));
	folders.add(folder);
	return folder;
}

export function removeFolder(folder) {
	rmSync(folder, { recursive: true, force: true });
	folders.delete(folder);
}
