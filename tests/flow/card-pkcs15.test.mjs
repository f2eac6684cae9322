// The agent through OpenSC's module on a PKCS#15 card (tests/card, family myeid): OpenSC keeps the card's directories, and writes each as a
// whole from the picture that its process has.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { provesCard } from '../lib/card-cases.mjs';
import { addForeign, checkForeign, checkRenewed, deleteForeign, goOn, isForeign, makePage, order, pin, proves as provesOnCard } from '../lib/card-page.mjs';
import { Pkcs15Key } from '../lib/card.mjs';

const proves = (name, options, ...rest) => provesOnCard(name, { kind: Pkcs15Key, ...options }, ...rest);

provesCard(Pkcs15Key, { checkLabel: (scene, label) => {
	assert.equal(label, scene.company.name);
	assert.equal(scene.token.pairFiles.length, 3, 'the old pair\'s files are gone');
} });

proves('a second wrong PIN is told as the last but one, the third locks the key', { pins: ['000001', '000002', '000003', pin] }, async (scene, { agent, token }) => {
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect');
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect', { left: 'last' });
	await refused(agent.call('pin.verify', { token }), 'pin.locked');
	assert.match(scene.token.read('card'), /^left=0$/m);
});

proves('a full card is called full in begin and in install; with room the same calls go on', {}, async (scene, page) => {
	for (const step of ['begin', 'install', 'complete']) {
		scene.token.set({ capacity: scene.token.used + 50 });
		if (step !== 'complete') await refused(page[step](), 'token.full');
		scene.token.set({ capacity: 0 });
		await page[step]();
	}
	await checkRenewed(scene, page);
});

async function take(page, ...steps) { for (const step of steps) await page[step](); }

const makers = [
	{ maker: 'pkcs11-tool, which logs out', by: (key) => key },
	{ maker: 'pkcs15-init, which leaves the card logged in', by: (key) => key.leftLoggedIn },
];

// The agent comes when the foreign pair is there.
async function foreignFirst(scene, page) {
	const foreign = await addForeign(scene);
	await page.agent.close();
	await scene.daemon.stop();
	await scene.daemon.again();
	return { foreign, page: await makePage(scene) };
}

proves('what another program wrote before the agent came stays', {}, async (scene, first) => {
	const { foreign, page } = await foreignFirst(scene, first);
	await goOn(page);
	await checkForeign(scene, foreign);
	await checkRenewed(scene, page);
});

for (const { maker, by } of makers) {
	for (const [when, before, after] of [
		['before begin, after the agent has listed', [], ['begin', 'install', 'complete']],
		['between begin and install', ['begin'], ['install', 'complete']],
		['between install and complete', ['begin', 'install'], ['complete']],
	])
		proves(`a pair is written ${when}, by ${maker}: it stays`, {}, async (scene, page) => {
			await take(page, ...before);
			const foreign = await addForeign(scene, by(scene.token));
			await take(page, ...after);
			await checkForeign(scene, foreign);
			await checkRenewed(scene, page);
		});

	proves(`a pair is written after complete, by ${maker}: it stays in a second renewal`, {}, async (scene, page) => {
		await goOn(page);
		const foreign = await addForeign(scene, by(scene.token));
		const second = await makePage(scene, { order: 'C-2', oldPem: page.pem });
		await take(second, 'begin', 'install', 'complete');
		await checkForeign(scene, foreign);
		await checkRenewed(scene, second);
	});

	proves(`a pair is written between begin and cancel, by ${maker}: it stays`, {}, async (scene, page) => {
		const before = await scene.token.objects();
		await page.begin();
		const foreign = await addForeign(scene, by(scene.token));
		await page.agent.call('renewal.cancel', { order });
		await checkForeign(scene, foreign);
		assert.deepEqual((await scene.token.objects()).filter((text) => !isForeign(text)), before);
	});
}

for (const [when, before, after] of [['begin', [], ['begin', 'install', 'complete']], ['install', ['begin'], ['install', 'complete']], ['complete', ['begin', 'install'], ['complete']]])
	proves(`what another program deletes before ${when} does not come back`, {}, async (scene, first) => {
		const { page } = await foreignFirst(scene, first);
		await take(page, ...before);
		await deleteForeign(scene);
		await take(page, ...after);
		assert.deepEqual((await scene.token.objects()).filter(isForeign), []);
		await checkRenewed(scene, page);
	});
