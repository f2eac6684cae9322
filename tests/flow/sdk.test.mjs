// The SDK's drive with the real agent and hall: the agent killed at every step, and another computer. Killed at any moment: so the
// key is a SoftKey, whose writes are whole or not at all; SoftHSM2 would lose its token.object in a C_Login that is cut.
import assert from 'node:assert/strict';
import { rmSync, truncateSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { sleep } from '../lib/process.mjs';
import { payOrder } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { objectFile } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';

const require = createRequire(import.meta.url);
const Socket = require('ws');
const Keyhall = require(path.join(root, 'protocol/js/keyhall.js'));

// A scene with a paid order, a hall for drive, and a client of the SDK with the hall's origin.
async function withPaidOrder(action) {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', kind: SoftKey });
	const web = scene.hall.client();
	globalThis.WebSocket = class extends Socket { constructor(url, protocol) { super(url, protocol, { origin: scene.origin }); } };
	const client = new Keyhall.Client({ ports: [scene.daemon.port], locale: 'en' });
	try {
		let { order } = await web.post('/api/orders', { certificate: scene.oldPem });
		order = await payOrder(web, order, { serial: scene.token.serial, company: scene.company });
		const where = `/api/orders/${order.id}`;
		const issued = ({ order: now }) => ({ ...now.issued, publicKey: now.publicKey, installed: now.state === 'INSTALLED' });
		const hall = {
			key: ({ csr, proof }) => web.post(`${where}/key`, { csr, proof }).then(issued),
			issued: () => web.get(where).then(issued),
			receipt: (receipt) => web.post(`${where}/receipt`, { receipt }),
		};
		const options = { certificate: certificateId(scene.oldPem), key: 'new' };
		await action({ scene, client, order, hall, options, state: async () => (await web.get(where)).order.state });
	} finally {
		client.close();
		await scene.close();
	}
}

async function checkDone({ scene, client, order, state }, result) {
	assert.equal(result.stage, 'completed');
	assert.equal(await state(), 'INSTALLED');
	assert.equal((await client.renewal.inspect({ order: order.id })).stage, 'completed');
	const objects = await scene.token.objects();
	assert.deepEqual(objects.map((text) => text.split(/;| Object/)[0]), ['Certificate', 'Private Key', 'Public Key'], objects.join('\n'));
}

test('a whole renewal, with progress; driven again nothing changes', () => withPaidOrder(async (stage) => {
	const steps = [], progress = [];
	stage.client.on('renewal.progress', ({ step, of, text }) => progress.push([step <= of, typeof text]));
	const result = await stage.client.drive(stage.order.id, stage.hall, { ...stage.options, onstep: ({ step }) => steps.push(step) });
	assert.deepEqual(steps.filter((step) => step !== 'wait'), ['inspect', 'begin', 'key', 'install', 'receipt', 'complete', 'done']);
	assert.deepEqual(result.retired, [stage.options.certificate]);
	assert.ok(progress.length > 5 && progress.every(([within, type]) => within && type === 'string'));
	await checkDone(stage, result);
	await checkDone(stage, await stage.client.renewal.drive(stage.order.id, stage.hall));
}));

for (const [fatal, ms] of ['inspect', 'begin', 'install', 'complete'].flatMap((step) => [[step, 8], [step, 30]]))
	test(`the agent is killed ${ms} ms after ${fatal} was asked for, started again, and the run ends well`, () => withPaidOrder(async (stage) => {
		let killed;
		const onstep = ({ step }) => {
			if (step === fatal && !killed) killed = sleep(ms).then(() => stage.scene.daemon.kill()).then(() => stage.scene.daemon.again());
		};
		const result = await stage.client.drive(stage.order.id, stage.hall, { ...stage.options, onstep });
		await killed;
		await checkDone(stage, result);
	}));

test('receipt lost, then another computer: no journal, no new key', () => withPaidOrder(async (stage) => {
	const lost = { ...stage.hall, receipt: () => Promise.reject(new Error('lost')) };
	await assert.rejects(stage.client.drive(stage.order.id, lost, stage.options), /lost/);
	assert.equal(await stage.state(), 'ISSUED');
	await stage.scene.daemon.stop();
	rmSync(stage.scene.daemon.settings.state, { recursive: true, force: true });
	await stage.scene.daemon.again();
	const steps = [];
	const result = await stage.client.drive(stage.order.id, stage.hall, { onstep: ({ step }) => steps.push(step) });
	assert.ok(!steps.includes('begin'));
	await checkDone(stage, result);
}));

// What a module leaves that tears the certificate in the last write of all, its label: half an object.
for (const left of ['nothing', 'half of it'])
	test(`all is done, and of the new certificate there is ${left}: it is written again`, () => withPaidOrder(async (stage) => {
		await stage.client.drive(stage.order.id, stage.hall, stage.options);
		await stage.scene.daemon.stop();
		const file = objectFile(stage.scene.token, 'certificate');
		if (left === 'nothing') rmSync(file); else truncateSync(file, 200);
		rmSync(stage.scene.daemon.settings.state, { recursive: true, force: true });
		await stage.scene.daemon.again();
		await assert.rejects(stage.client.renewal.cancel({ order: stage.order.id }), { name: 'renewal.state' });
		const steps = [];
		const result = await stage.client.drive(stage.order.id, stage.hall, { onstep: ({ step }) => steps.push(step) });
		assert.deepEqual(steps, ['inspect', 'inspect', 'install', 'receipt', 'complete', 'done']);
		await checkDone(stage, result);
	}));
