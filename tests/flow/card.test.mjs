// The agent through OpenSC's module on a card (tests/card): middleware that is not ours, judged by pkcs11-tool and openssl. What is not
// mended yet has a mark.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { addForeign, checkForeign, checkRenewed, goOn, makePage, order, pin, proves, upTo } from '../lib/card-page.mjs';
import { markId } from '../lib/mark.mjs';
import { certificateId } from '../lib/token.mjs';

proves('the key, its certificate and its PIN are shown', {}, async (scene, { agent, token, old }) => {
	const { tokens } = await agent.call('token.list');
	assert.deepEqual(tokens.map(({ serial, label, pin: state }) => ({ serial, label, state })),
		[{ serial: scene.token.serial, label: scene.token.label, state: 'ok' }]);
	assert.ok(old.hasPrivateKey);
	await agent.call('pin.verify', { token });
	const { items } = await agent.call('environment.check');
	assert.deepEqual(items.filter((item) => item.state === 'fail'), []);
});

proves('wrong PINs are told with what is left, the third locks the key, and that is told', { pins: ['000001', '000002', '000003', pin] }, async (scene, { agent, token }) => {
	const state = async () => (await agent.call('token.list')).tokens[0].pin;
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect', { left: 'low' });
	assert.equal(await state(), 'low');
	await refused(agent.call('pin.verify', { token }), 'pin.incorrect', { left: 'last' });
	assert.equal(await state(), 'final');
	await refused(agent.call('pin.verify', { token }), 'pin.locked');
	assert.equal(await state(), 'locked');
	await refused(agent.call('pin.verify', { token }), 'pin.locked');
	assert.match(scene.token.read('card'), /^left=0$/m);
});

proves('the PIN is changed', { pins: [pin, '654321', '654321'] }, async (scene, { agent, token }) => {
	await agent.call('pin.change', { token });
	assert.match(scene.token.read('card'), /^pin=654321$/m);
	await agent.call('pin.verify', { token });
	scene.token.pin = '654321';
	assert.equal((await scene.token.objects()).length, 3);
});

for (const keyType of ['rsa2048', 'ec-p256', 'ec-p384'])
	proves(`renews ${keyType} with a new key`, { keyType }, async (scene, page) => {
		await page.begin();
		await page.begin();
		await page.install();
		await page.install();
		const { retired, secondReader } = await page.complete();
		assert.deepEqual([retired, secondReader], [[page.old.id], 'agreed']);
		assert.equal((await checkRenewed(scene, page)).id, markId(order));
		assert.equal(scene.pins.count(), 1, 'one PIN for the whole');
	});

proves('an RSA key is followed by one of P-256', { keyType: 'rsa2048', page: { keyType: 'ec-p256' } }, async (scene, page) => {
	await goOn(page);
	await checkRenewed(scene, page, 'ec-p256');
});

// The label is the private key's, which is never rewritten; and OpenSC writes none. Nothing hangs on it.
proves('the certificate keeps the order\'s label when it is completed', {}, async (scene, page) => {
	await goOn(page);
	assert.match((await checkRenewed(scene, page)).label, /^kh:/);
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

proves('the agent is started anew before each call', {}, async (scene, page) => {
	let next = page;
	for (const step of ['begin', 'install', 'complete']) {
		const { pem, old } = next;
		await scene.daemon.stop();
		await scene.daemon.again();
		next = Object.assign(await makePage(scene), { pem, old });
		await next[step]();
	}
	await checkRenewed(scene, next);
});

proves('another program logs in and out between the calls: the PIN is asked for again', {}, async (scene, page) => {
	for (const step of ['begin', 'install', 'complete']) {
		await scene.token.objects();
		await page[step]();
	}
	await checkRenewed(scene, page);
});

for (const step of ['begin', 'install', 'complete'])
	proves(`another program writes a pair before ${step}: it stays`, {}, async (scene, page) => {
		await upTo(page, step);
		const foreign = await addForeign(scene);
		await goOn(page, step);
		await checkForeign(scene, foreign);
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

proves('a card without room for a key is called full; with room the same call goes on', {}, async (scene, page) => {
	const { files } = scene.token;
	scene.token.set({ capacity: scene.token.used + 50 });
	await refused(page.begin(), 'token.full');
	assert.deepEqual(scene.token.files, files);
	scene.token.set({ capacity: 0 });
	await goOn(page);
	await checkRenewed(scene, page);
});

// What the card says is lost in OpenSC: CKR_GENERAL_ERROR.
const full = (call) => call.then(() => assert.fail('it was full'), (error) => assert.ok(['token.full', 'token.failed'].includes(error.rpc), error.message));

proves('a card gets full in begin; with room the same call goes on', {}, async (scene, page) => {
	scene.token.set({ capacity: scene.token.used + 400 });
	await full(page.begin());
	scene.token.set({ capacity: 0 });
	await goOn(page);
	await checkRenewed(scene, page);
});

proves('a card gets full in install: the order is begun anew, with room', {}, async (scene, page) => {
	await page.begin();
	scene.token.set({ capacity: scene.token.used + 50 });
	await full(page.install());
	scene.token.set({ capacity: 0 });
	await page.install().catch(() => page.agent.call('renewal.cancel', { order }).then(() => goOn(page)));
	await page.complete();
	await checkRenewed(scene, page);
});

proves('a slow card: 20 ms for an APDU', {}, async (scene, page) => {
	scene.token.fault('* 0 delay 20');
	await goOn(page);
	await checkRenewed(scene, page);
});
