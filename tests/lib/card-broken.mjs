// A renewal on a card that is broken off at the n-th write of a step: the token host is killed there (the write is the last one), or the key
// pulled (before it). What is not mended is said by numbers of card-page.mjs; again: the calls cannot go on; name: it is not called
// token.removed; anew: they go on only after the order was given up on the key; hidden: files stay that PKCS#11 does not show.
import assert from 'node:assert/strict';
import { refused } from './assert.mjs';
import { checkRenewed, goOn, mark, order, proves, upTo } from './card-page.mjs';
import { all } from './paths.mjs';
import { until } from './process.mjs';

export const nothingHidden = (t, scene, number) =>
	t.test('nothing hidden is left on the card', mark(number), () => assert.equal(scene.token.pairFiles.length, 3, scene.token.files.join(' ')));

const removed = (error) => assert.equal(error.rpc, 'token.removed', error.message);
// The first call after a key is back may still tell that it was out.
export const again = (page, step) => page[step]().catch((error) => { removed(error); return page[step](); });

// Half a certificate of a SmartCard-HSM is where the key's public half was; PKCS#11 does not show it, and OpenSC takes no other one for
// this key. The order is given up on the key and begun anew: its hall issues the certificate once more.
async function goOnAnew(page, step) {
	const install = () => page[step]();
	await refused(install().catch((error) => { if (error.rpc !== 'token.removed') throw error; return install(); }), 'token.failed', { call: 'C_CreateObject' });
	await page.agent.call('renewal.cancel', { order });
	assert.equal((await page.agent.call('renewal.inspect', { order })).stage, 'nothing');
	await goOn(page);
}

const provesKilled = ({ step, n, killed }, options) =>
	proves(`the token host is killed in ${step}, at write ${n}: the same calls go on`, options, async (scene, page, t) => {
		await upTo(page, step);
		scene.token.fault(`write ${n} delay 500`);
		const ended = page[step]();
		await until(() => scene.token.read('faults') === '', 'the write');
		process.kill(page.host(), 'SIGKILL');
		await refused(ended, 'token.failed');
		await (killed.anew ? goOnAnew(page, step) : goOn(page, step));
		await checkRenewed(scene, page);
		await nothingHidden(t, scene, killed.hidden);
	}, { not: killed.again });

const provesPulled = ({ step, n, pulled }, options) =>
	proves(`the key is pulled in ${step}, before write ${n}, and put back: the same calls go on`, options, async (scene, page, t) => {
		await upTo(page, step);
		scene.token.fault(`write ${n} pull`);
		const error = await page[step]().then(() => null, (cause) => cause);
		assert.equal(scene.token.read('faults'), '', 'the write was met');
		await t.test('it is called token.removed', mark(pulled.name), () => assert.equal(error?.rpc, 'token.removed', error?.message));
		await scene.token.untilSeen(false);
		await scene.token.putBack();
		if (pulled.anew) await goOnAnew(page, step);
		else if (error) await again(page, step).then(() => goOn(page, step));
		await checkRenewed(scene, page);
		await nothingHidden(t, scene, pulled.hidden);
	}, { not: pulled.again });

// often: also without --all.
export function provesBroken(points, options) {
	const chosen = points.filter((point) => all || point.often);
	for (const point of chosen.filter(({ killed }) => killed)) provesKilled(point, options);
	for (const point of chosen.filter(({ pulled }) => pulled)) provesPulled(point, options);
}
