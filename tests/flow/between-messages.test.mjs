// Every message between page, agent, hall and bank of one recorded renewal, lost, doubled, delayed or cut: a fresh page drives
// again, and the renewal ends well. A sample here, all of them with KEYHALL_ALL=1; KEYHALL_BETWEEN=TEXT: those that contain it.
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { Ground, slow } from '../lib/between.mjs';
import { all } from '../lib/paths.mjs';
import { until } from '../lib/process.mjs';
import { HallProxy, Traffic, faultsOf } from '../lib/proxy.mjs';

const wanted = process.env.KEYHALL_BETWEEN ?? '';
const step = all || wanted ? 1 : slow ? 19 : 11;
const took = { messages: 0, points: 0, tried: 0, lost: [], unmet: 0, errors: new Map() };

after(() => {
	console.log(`${took.messages} messages, ${took.points} messages x faults, ${took.tried} tried, ${took.lost.length} lost, ${took.unmet} not met`);
	console.log(`errors on the way: ${[...took.errors].map(([name, count]) => `${name} ${count}`).join(', ')}`);
});

async function record(ground) {
	const scene = await ground.scene();
	try {
		await scene.page().run();
		await scene.checkEnd();
		return scene.traffic.keys;
	} finally { await scene.close(); }
}

// The fault, a fresh page (in another browser, every second time), and what was held till then.
async function play(scene, n) {
	const first = scene.page();
	await scene.attempt(first);
	await scene.finish({ cookie: n % 2 ? first.web.cookie : null });
	await scene.traffic.release();
	await scene.checkEnd();
	await scene.finish();
	took.unmet += scene.traffic.met ? 0 : 1;
	assert.equal(scene.daemon.service.end, undefined, 'the agent runs');
}

async function tryPoint(ground, plan, n) {
	const scene = await ground.scene({ plan });
	const lose = (error) => {
		took.lost.push(`${plan.key}, ${plan.fault}: ${error.message.split('\n').slice(0, 14).join(' | ')} [${scene.errors.join(', ')}]`);
		console.log(`lost: ${took.lost.at(-1)}`);
		if (wanted) console.log(error.stack, scene.daemon.service.output().slice(-3000), scene.traffic.keys.join('\n'));
	};
	await play(scene, n).catch(lose);
	took.tried++;
	for (const name of scene.errors) took.errors.set(name, (took.errors.get(name) ?? 0) + 1);
	await scene.close().catch(lose);
}

async function tryAll(options, step) {
	const ground = await Ground.make(options);
	try {
		const keys = await record(ground);
		const points = keys.flatMap((key) => faultsOf(key).map((fault) => ({ key, fault })));
		took.messages += keys.length;
		took.points += points.length;
		const sample = points.filter((point, i) => i % step === 0 && `${point.key} ${point.fault}`.includes(wanted));
		let next = 0;
		const worker = async () => { while (next < sample.length) { const n = next++; await tryPoint(ground, sample[n], n); } };
		await Promise.all([0, 1, 2].map(worker));
		assert.deepEqual(took.lost, []);
	} finally { await ground.close(); }
}

test('whatever happens to a message, the renewal comes to its end', { timeout: 1800000 }, () => tryAll({}, step));
test('the same with two certificates', { timeout: 1800000 }, () => tryAll({ keyType: 'rsa2048', dual: true }, step === 1 ? 1 : step * 4 + 1));

// The clerk closes the browser when the money is on its way; the bank's notice is what breaks.
test('whatever happens to the bank\'s notice, it is paid once', async () => {
	const traffic = new Traffic();
	const proxy = await HallProxy.start(traffic, null);
	const ground = await Ground.make({ noticeProxy: proxy.origin });
	proxy.hall = ground.hall;
	try {
		for (const kind of ['bank>hall POST bank notice', 'hall>bank POST bank notice'])
			for (const fault of faultsOf(kind)) {
				traffic.plan = { key: `${kind} ${(traffic.counts.get(kind) ?? 0) + 1}`, fault };
				traffic.met = false;
				const scene = await ground.scene(), page = scene.page();
				took.messages++, took.points++, took.tried++;
				try {
					const order = await page.openOrder();
					const look = page.look;
					page.look = () => { throw new Error('the browser is closed'); };
					await assert.rejects(page.pay(order), /closed/);
					page.look = look;
					page.leave();
					await until(() => traffic.met, `${kind} ${fault}`);
					await scene.finish();
					await traffic.release();
					await scene.checkEnd();
				} finally { await scene.close(); }
			}
	} finally {
		proxy.close();
		await ground.close();
	}
});
