// A renewal through OpenSC that is broken off: the token host killed, the key pulled, in every call.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { again, nothingHidden, provesBroken } from '../lib/card-broken.mjs';
import { checkRenewed, goOn, proves, upTo } from '../lib/card-page.mjs';

// Where a renewal of an EC key writes, and what is not as a rule.
const points = [
	{ step: 'begin', n: 1, killed: { hidden: true }, pulled: {}, often: true },
	{ step: 'begin', n: 2, killed: { hidden: true }, pulled: { hidden: true } },
	{ step: 'begin', n: 3, killed: { hidden: true }, pulled: { hidden: true }, often: true },
	{ step: 'begin', n: 4, killed: { hidden: true }, pulled: { hidden: true } },
	{ step: 'begin', n: 5, killed: { hidden: true }, pulled: { hidden: true } },
	{ step: 'begin', n: 6, killed: {}, pulled: { hidden: true }, often: true },
	{ step: 'install', n: 1, killed: {}, pulled: {}, often: true },
	{ step: 'install', n: 2, killed: {}, pulled: {} },
	{ step: 'install', n: 3, killed: { end: 'halfCertificate' }, pulled: {} },
	{ step: 'install', n: 4, killed: { end: 'halfCertificate' }, pulled: { end: 'halfCertificate' }, often: true },
	{ step: 'install', n: 5, killed: {}, pulled: { end: 'halfCertificate' } },
	{ step: 'install', n: 6, killed: {}, pulled: {} },
	{ step: 'complete', n: 1, killed: { hidden: true }, pulled: {}, often: true },
	{ step: 'complete', n: 2, killed: { hidden: true }, pulled: { hidden: true } },
	{ step: 'complete', n: 3, killed: {}, pulled: { hidden: true }, often: true },
];

provesBroken(points, {});

for (const step of ['begin', 'install', 'complete'])
	proves(`the key is out when ${step} is called, and put back`, {}, async (scene, page) => {
		await upTo(page, step);
		await scene.token.pull();
		const error = await page[step]().then(() => null, (cause) => cause);
		assert.ok(['token.absent', 'token.removed'].includes(error?.rpc), error?.message);
		assert.deepEqual((await page.agent.call('token.list')).tokens, []);
		await scene.token.putBack();
		await again(page, step);
		await goOn(page, step);
		await checkRenewed(scene, page);
		nothingHidden(scene);
	});

proves('the key is out for a moment between the calls: at most it is called token.removed once', {}, async (scene, page) => {
	for (const step of ['begin', 'install', 'complete']) {
		await scene.token.pull();
		await scene.token.putBack();
		await again(page, step);
	}
	await checkRenewed(scene, page);
});

proves('an answer of the card is lost in begin: the same call goes on', {}, async (scene, page) => {
	scene.token.fault('GENERATE 1 after error 6F00');
	await refused(page.begin(), 'token.failed', { call: 'C_GenerateKeyPair' });
	await goOn(page);
	await checkRenewed(scene, page);
});

proves('an answer of the card is lost in install: the same call goes on', {}, async (scene, page) => {
	await page.begin();
	scene.token.fault('write 1 after error 6F00');
	await refused(page.install(), 'token.failed', { call: 'C_CreateObject' });
	await goOn(page, 'install');
	await checkRenewed(scene, page);
});
