// APDUs and seconds of a whole renewal on the simulated cards, beside a direct C program's on the same card: node tests/bench/card.mjs
// Prints the rows of docs/performance.md.
import path from 'node:path';
import { CardKey, Pkcs15Key } from '../lib/card.mjs';
import { makePage, pin } from '../lib/card-page.mjs';
import { build } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';

// direct.c knows its pairs by CKA_IDs of twenty bytes.
const id = '11'.repeat(20);

// {act: [APDUs, ms]} of the agent; each a call of the page.
async function agent(scene) {
	const page = await makePage(scene), acts = {};
	const { key, token } = page, calls = {
		list: () => page.agent.call('certificate.list'), login: () => page.agent.call('pin.verify', { token }),
		begin: page.begin, install: page.install, complete: page.complete,
	};
	for (const [name, call] of Object.entries(calls)) {
		const begun = Date.now();
		acts[name] = [(await key.apdus(call)).length, Date.now() - begun];
	}
	await page.agent.close();
	return acts;
}

async function direct(scene) {
	const { token } = scene, file = path.join(token.store, 'apdus');
	await scene.daemon.stop();
	token.write('apdus', '');
	const { stdout } = await run(path.join(build, 'tests/bench/bench-card'), [token.module, file], { env: token.env });
	return Object.fromEntries(stdout.trim().split('\n').map((line) => line.split(' ')).map(([act, apdus, ms]) => [act, [Number(apdus), Number(ms)]]));
}

async function onCard(kind, action) {
	const scene = await makeScene({ kind, keyType: 'ec-p256', pin });
	try { return await action(scene); } finally { await scene.close(); }
}

const sum = (acts) => Object.values(acts).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
console.log('| card | act | Keyhall: APDUs, ms | direct: APDUs, ms |\n|---|---|---|---|');
for (const kind of [CardKey, Pkcs15Key]) {
	class Kind extends kind { adopt(request, keyType) { return super.adopt(request, keyType, { id }); } writeCertificate(pem, more) { return super.writeCertificate(pem, { id, ...more }); } }
	const ours = await onCard(Kind, agent), theirs = await onCard(Kind, direct);
	for (const act of Object.keys(ours)) console.log(`| ${kind.family} | ${act} | ${ours[act].join(', ')} | ${theirs[act]?.join(', ') ?? '–'} |`);
	console.log(`| ${kind.family} | together | ${sum(ours).join(', ')} | ${sum(theirs).join(', ')} |`);
}
