// Keys that come and go on a USB bus in software: how soon a page hears of it, and that nothing is left of them.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Bus } from '../lib/bus.mjs';
import { Client } from '../lib/client.mjs';
import { all } from '../lib/paths.mjs';
import { sleep, until } from '../lib/process.mjs';

const gm3000 = { id: '055c:e618', number: 4 }, driver = 'libgm3000_pkcs11.so';
const ROUNDS = all ? 100 : 5, QUICK = 10, GROWN = 4096; // kB
const QUICKLY = process.env.KEYHALL_SANITIZED ? 3000 : 1000; // ms; with the sanitizers all is slower

function daemonOf(bus) {
	const { pid } = bus.service;
	const [daemon] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
	const memory = () => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon}/status`, 'utf8'))[1]);
	return { files: () => readdirSync(`/proc/${daemon}/fd`).length, memory };
}

const heardOf = (bus) => bus.agent.notifications.filter((one) => one.method === 'token.changed');
// The number of tokens that the page has heard of last.
const heard = (bus) => heardOf(bus).at(-1)?.params.tokens.length ?? 0;

// How long after the event the page hears.
async function took(bus, action, count) {
	const began = performance.now();
	action();
	while (heard(bus) !== count) {
		assert.ok(!bus.service.end && performance.now() - began < 120000, `the page did not hear of ${count} keys\n${bus.service.output()}`);
		await sleep(5);
	}
	return performance.now() - began;
}

const plugIn = (bus) => { bus.key.putBack(); bus.plugIn(gm3000); };
const pullOut = (bus) => { bus.key.pull(); bus.pullOut(gm3000); };
const middle = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

test('a page hears of a key within a second', async () => {
	const bus = await Bus.start({ drivers: { [driver]: 'softkey' } });
	const plugged = [], pulled = [];
	const checked = (...codes) => until(async () => {
		const { usb, driver } = await bus.check();
		return isDeepStrictEqual([usb.code, driver.code], codes);
	}, `the codes ${codes}`);
	try {
		await until(async () => (await bus.report()).usb.length === 0, 'the bus to be read');
		for (let i = 0; i < 5; i++) {
			plugged.push(await took(bus, () => plugIn(bus), 1));
			await checked('ok', 'ok');
			pulled.push(await took(bus, () => pullOut(bus), 0));
			await checked('token.absent', 'ok');
		}
		assert.ok(middle(plugged) < QUICKLY && middle(pulled) < QUICKLY, JSON.stringify({ plugged, pulled }));
	} finally { await bus.stop(); }
});

test(`${ROUNDS * QUICK} times in and out: no file and no memory is left, the last state counts`, async () => {
	const bus = await Bus.start({ drivers: { [driver]: 'softkey' } });
	try {
		const daemon = daemonOf(bus);
		const shown = (...list) => until(async () => isDeepStrictEqual((await bus.report()).usb.map((one) => one.shown), list), `the bus with ${list.length} keys`);
		await shown();
		const round = async () => {
			for (let i = 1; i < QUICK; i++) {
				bus.plugIn(gm3000);
				bus.pullOut(gm3000);
			}
			await took(bus, () => plugIn(bus), 1);
			await shown(true);
			await took(bus, () => pullOut(bus), 0);
			await shown();
		};
		await round();
		const files = daemon.files(), memory = daemon.memory();
		for (let i = 1; i < ROUNDS; i++) await round();
		assert.equal(daemon.files(), files);
		assert.ok(daemon.memory() - memory < GROWN, `${memory} kB, then ${daemon.memory()} kB`);
		const { modules } = await bus.report();
		assert.equal(modules[0].state, 'running');
	} finally { await bus.stop(); }
});

test('a client in the background hears of every device, known or not, without a page that has keys polled', async () => {
	const bus = await Bus.start({ drivers: { [driver]: 'softkey' }, connect: false });
	try {
		bus.agent = await Client.connect(bus.port, { origin: `http://127.0.0.1:${bus.port}`, background: true });
		await until(async () => (await bus.report()).usb.length === 0, 'the bus to be read');
		await until(async () => (await bus.key.calls(() => sleep(2500))).join('') === '', 'no key to be polled');
		for (const device of [gm3000, { id: '1234:5678', number: 5 }]) {
			const before = heardOf(bus).length;
			bus.key.putBack();
			bus.plugIn(device);
			await until(() => heardOf(bus).length > before && heard(bus) === 1, 'the key');
			bus.key.pull();
			bus.pullOut(device);
			await until(() => heard(bus) === 0, 'its end');
		}
	} finally { await bus.stop(); }
});
