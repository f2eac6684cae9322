// The agent through OpenSC's module on a PKCS#15 card (tests/card, family myeid): OpenSC keeps the card's directories, and writes each as a
// whole from the picture that its process has. What is not mended yet has a mark.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { addForeign, checkForeign, checkRenewed, deleteForeign, goOn, isForeign, makePage, order, pin, proves as provesOnCard, upTo } from '../lib/card-page.mjs';
import { Pkcs15Key } from '../lib/card.mjs';
import { markId } from '../lib/mark.mjs';
import { certificateId } from '../lib/token.mjs';

const proves = (name, options, ...rest) => provesOnCard(name, { kind: Pkcs15Key, ...options }, ...rest);

proves('the key, its certificate and its PIN are shown', {}, async (scene, { agent, token, old }) => {
	const { tokens } = await agent.call('token.list');
	assert.deepEqual(tokens.map(({ serial, label, pin: state }) => ({ serial, label, state })), [{ serial: scene.token.serial, label: '测试Key', state: 'ok' }]);
	assert.ok(old.hasPrivateKey);
	await agent.call('pin.verify', { token });
	const { items } = await agent.call('environment.check');
	assert.deepEqual(items.filter((item) => item.state === 'fail'), []);
});

for (const keyType of ['rsa2048', 'ec-p256', 'ec-p384'])
	proves(`renews ${keyType} with a new key`, { keyType }, async (scene, page) => {
		await page.begin();
		await page.begin();
		await page.install();
		await page.install();
		const { retired, secondReader } = await page.complete();
		assert.deepEqual([retired, secondReader], [[page.old.id], 'agreed']);
		const { id, label } = await checkRenewed(scene, page);
		assert.deepEqual([id, label], [markId(order), scene.company.name]);
		assert.equal(scene.pins.count(), 1, 'one PIN for the whole');
		assert.equal(scene.token.pairFiles.length, 3, 'the old pair\'s files are gone');
	});

proves('an RSA key is followed by one of P-256', { keyType: 'rsa2048', page: { keyType: 'ec-p256' } }, async (scene, page) => {
	await goOn(page);
	await checkRenewed(scene, page, 'ec-p256');
});

proves('an order is cancelled: its key goes, what was there stays', {}, async (scene, page) => {
	const before = await scene.token.objects();
	await page.begin();
	await page.agent.call('renewal.cancel', { order });
	assert.deepEqual(await scene.token.objects(), before);
});

proves('a second certificate for the same key is refused at once', {}, async (scene, page) => {
	assert.equal((await page.agent.call('token.list')).tokens[0].oneCertificate, true);
	await refused(page.agent.call('renewal.begin', { order, certificate: page.old.id, key: 'same' }), 'token.unsupported');
	assert.equal(scene.pins.count(), 0, 'no PIN was asked for');
});

proves('a second wrong PIN is told as the last but one, the third locks the key', { pins: ['000001', '000002', '000003', pin] }, async (scene, { agent, token }) => {
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect');
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect', { left: 'last' });
	await refused(agent.call('pin.verify', { token }), 'pin.locked');
	assert.match(scene.token.read('card'), /^left=0$/m);
});

proves('another program logs in and out between the calls', {}, async (scene, page) => {
	for (const step of ['begin', 'install', 'complete']) {
		await scene.token.objects();
		await page[step]();
	}
	await checkRenewed(scene, page);
});

proves('a certificate that another program writes shows in the next list', {}, async (scene, page) => {
	const { pem } = await addForeign(scene);
	const { certificates } = await page.agent.call('certificate.list');
	assert.deepEqual(certificates.map((one) => one.id).sort(), [certificateId(pem), page.old.id].sort());
});

proves('the reader\'s service is restarted before begin', {}, async (scene, page) => {
	await scene.token.restartReader();
	await goOn(page);
	await checkRenewed(scene, page);
});

proves('the reader\'s service is restarted between the calls: the PIN is asked for again', {}, async (scene, page) => {
	for (const step of ['begin', 'install', 'complete']) {
		await page[step]();
		await scene.token.restartReader();
	}
	await checkRenewed(scene, page);
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

// Row 13.
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
