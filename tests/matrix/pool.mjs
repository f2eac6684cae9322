// The workers, one for each processor: a point goes to whoever has the least to do.
import { fork } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { isWaiting } from './points.mjs';
import { portsOfWorker } from './scene.mjs';

// A range of ports for this run: whoever listens on the first one has it, until it ends.
const range = (async () => {
	for (let i = 0; ; i = (i + 1) % 5) {
		const server = net.createServer(), first = 12000 + i * 4000;
		const free = await new Promise((resolve) => server.on('error', () => resolve(false)).listen(first, '127.0.0.1', () => resolve(true)));
		server.unref();
		if (free) return first + 1;
	}
})();

const width = 6, widthOfWaiting = 24;

class Worker {
	constructor(world, ports) {
		this.child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [world.folder], { env: { ...process.env, KEYHALL_MATRIX_PORTS: `${ports}` } });
		Object.assign(this, { waiting: new Map(), next: 0 });
		this.child.on('message', ({ id, ...result }) => this.settle(id, result));
		this.child.on('exit', () => { for (const id of this.waiting.keys()) this.settle(id, { failure: 'the worker ended', met: false }); });
	}

	settle(id, result) { this.waiting.get(id)?.(result); this.waiting.delete(id); }

	attempt(point) {
		return new Promise((resolve) => {
			this.waiting.set(this.next, resolve);
			this.child.send({ id: this.next++, point });
		});
	}

	close() { return new Promise((resolve) => { this.child.on('exit', resolve); this.child.disconnect(); }); }
}

// done(point, {failure, met, ms}) after each.
export async function tryAll(world, points, done) {
	const ports = await range, workers = os.cpus().map((_, i) => new Worker(world, ports + i * portsOfWorker));
	const lane = async (worker, list) => {
		for (let point; (point = list.shift());) {
			const begun = Date.now();
			done(point, { ...await worker.attempt(point), ms: Date.now() - begun });
		}
	};
	const waiting = points.filter(isWaiting), busy = points.filter((point) => !isWaiting(point));
	await Promise.all(workers.flatMap((worker) => [
		...Array.from({ length: width }, () => lane(worker, busy)), ...Array.from({ length: widthOfWaiting }, () => lane(worker, waiting))]));
	await Promise.all(workers.map((worker) => worker.close()));
}
