// A renewal on a card that is broken off at the n-th write of a step: the token host is killed there (the write is the last one), or the key
// pulled (before it). As a rule the same calls go on. What OpenSC leaves otherwise, and cannot take off again, is said for each point: by
// end, a name of ends below; hidden: files that PKCS#11 does not show. docs/real-keys.md says what support does about them.
import assert from 'node:assert/strict';
import { refused } from './assert.mjs';
import { checkRenewed, goOn, order, proves, upTo } from './card-page.mjs';
import { markId } from './mark.mjs';
import { all } from './paths.mjs';
import { until } from './process.mjs';

export const nothingHidden = (scene) => assert.equal(scene.token.pairFiles.length, 3, scene.token.files.join(' '));

// The first call after a key is back may still tell that it was out.
export const again = (page, step) => page[step]().catch((error) => { if (error.rpc !== 'token.removed') throw error; return page[step](); });

const ends = {
	goesOn: async (scene, page, step) => { await again(page, step).then(() => goOn(page, step)); await checkRenewed(scene, page); },
	// Half a certificate stands where a SmartCard-HSM had the key's public half; it is not shown, and OpenSC takes no other one for this key.
	// The order is given up on the key and begun anew: its hall issues the certificate once more.
	halfCertificate: async (scene, page, step) => {
		await refused(again(page, step), 'token.failed', { call: 'C_CreateObject' });
		await page.agent.call('renewal.cancel', { order });
		assert.equal((await page.agent.call('renewal.inspect', { order })).stage, 'nothing');
		await goOn(page);
		await checkRenewed(scene, page);
	},
	// The directory that is half written hides the new private key. It is begun anew, too.
	lostKey: async (scene, page, step) => {
		await refused(again(page, step), 'renewal.state');
		await refused(page.complete(), 'certificate.no_key');
		await goOn(page);
		await checkRenewed(scene, page);
	},
	// The directory still names the old private key, whose file is gone.
	deadKey: async (scene, page, step) => { await again(page, step).then(() => goOn(page, step)); await checkRenewed(scene, page, scene.keyType, { dead: ['Private Key'] }); },
	// The directory still names the old certificate, whose file is gone: OpenSC shows no certificate of the card any more. The pair works.
	noCertificates: async (scene, page, step) => {
		await refused(again(page, step), 'renewal.state');
		await refused(page.install(), 'certificate.absent');
		assert.ok(await scene.token.signs(markId(order), page.pem, scene.keyType));
	},
};

const provesKilled = ({ step, n, killed }, options) =>
	proves(`the token host is killed in ${step}, at write ${n}: ${killed.end ?? 'the same calls go on'}`, options, async (scene, page) => {
		await upTo(page, step);
		scene.token.fault(`write ${n} delay 500`);
		const ended = page[step]();
		await until(() => scene.token.read('faults') === '', 'the write');
		process.kill(page.host(), 'SIGKILL');
		await refused(ended, 'token.failed');
		await ends[killed.end ?? 'goesOn'](scene, page, step);
		if (!killed.hidden) nothingHidden(scene);
	});

const provesPulled = ({ step, n, pulled }, options) =>
	proves(`the key is pulled in ${step}, before write ${n}, and put back: ${pulled.end ?? 'the same calls go on'}`, options, async (scene, page) => {
		await upTo(page, step);
		scene.token.fault(`write ${n} pull`);
		await refused(page[step](), 'token.removed');
		assert.equal(scene.token.read('faults'), '', 'the write was met');
		await scene.token.untilSeen(false);
		await scene.token.putBack();
		await ends[pulled.end ?? 'goesOn'](scene, page, step);
		if (!pulled.hidden) nothingHidden(scene);
	});

// often: also without --all.
export function provesBroken(points, options) {
	const chosen = points.filter((point) => all || point.often);
	for (const point of chosen.filter(({ killed }) => killed)) provesKilled(point, options);
	for (const point of chosen.filter(({ pulled }) => pulled)) provesPulled(point, options);
}
