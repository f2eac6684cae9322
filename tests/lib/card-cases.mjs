// What holds on every card behind OpenSC: kind, a class of card.mjs; checkLabel: of the certificate when it is completed.
import assert from 'node:assert/strict';
import { refused } from './assert.mjs';
import { addForeign, checkRenewed, goOn, order, proves as provesOnCard } from './card-page.mjs';
import { markId } from './mark.mjs';
import { certificateId } from './token.mjs';

export function provesCard(kind, { checkLabel }) {
	const proves = (name, options, action) => provesOnCard(name, { kind, ...options }, action);

	proves('the key, its certificate and its PIN are shown', {}, async (scene, { agent, token, old }) => {
		const { tokens } = await agent.call('token.list');
		assert.deepEqual(tokens.map(({ serial, label, pin: state }) => ({ serial, label, state })),
			[{ serial: scene.token.serial, label: scene.token.label, state: 'ok' }]);
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
			assert.equal(id, markId(order));
			checkLabel(scene, label);
			assert.equal(scene.pins.count(), 1, 'one PIN for the whole');
		});

	proves('an RSA key is followed by one of P-256', { keyType: 'rsa2048', page: { keyType: 'ec-p256' } }, async (scene, page) => {
		await goOn(page);
		await checkRenewed(scene, page, 'ec-p256');
	});

	proves('a second certificate for the same key is refused at once', {}, async (scene, page) => {
		assert.equal((await page.agent.call('token.list')).tokens[0].oneCertificate, true);
		await refused(page.agent.call('renewal.begin', { order, certificate: page.old.id, key: 'same' }), 'token.unsupported');
		assert.equal(scene.pins.count(), 0, 'no PIN was asked for');
	});

	proves('an order is cancelled: its key goes, what was there stays', {}, async (scene, page) => {
		const before = await scene.token.objects();
		await page.begin();
		await page.agent.call('renewal.cancel', { order });
		assert.deepEqual(await scene.token.objects(), before);
	});

	proves('another program logs in and out between the calls: the PIN is asked for again', {}, async (scene, page) => {
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
}
