// The agent through OpenSC's module on a card (tests/card): middleware that is not ours, judged by pkcs11-tool and openssl.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { provesCard } from '../lib/card-cases.mjs';
import { addForeign, checkForeign, checkRenewed, goOn, goOnByOthers, order, pin, proves, upTo } from '../lib/card-page.mjs';
import { CardKey } from '../lib/card.mjs';
import { until } from '../lib/process.mjs';

// The label is the private key's, which is never rewritten; and OpenSC writes none. Nothing hangs on it.
provesCard(CardKey, { checkLabel: (scene, label) => assert.match(label, /^kh:/) });

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

proves('a card of another family in the reader is named, and that the driver does not see it', {}, async (scene, { agent }) => {
	const { token } = scene;
	await token.pull();
	token.write('atr', Buffer.from('3B8B015275746F6B656E20445320C1', 'hex'));
	token.fault('* 0 error 6D00');
	await token.putBack();
	let report;
	const row = (id) => report.items.find((one) => one.id === id);
	// OpenSC may still show what it has read of the card before.
	await until(async () => { report = await agent.call('diagnostics.report'); return row('driver').code !== 'ok'; }, 'the card to be looked at');
	const { readers, usb } = report;
	assert.deepEqual([row('driver').code, row('key').state, usb], ['driver.blind', 'fail', []]);
	assert.match(row('driver').text, /opensc-pkcs11\.so.*Rutoken/);
	assert.deepEqual(readers.filter(({ atr }) => atr).map(({ atr, family }) => [atr, family]), [['3B:8B:01:52:75:74:6F:6B:65:6E:20:44:53:20:C1', 'rutoken']]);
});

proves('the PIN is changed', { pins: [pin, '654321', '654321'] }, async (scene, { agent, token }) => {
	await agent.call('pin.change', { token });
	assert.match(scene.token.read('card'), /^pin=654321$/m);
	await agent.call('pin.verify', { token });
	scene.token.pin = '654321';
	assert.equal((await scene.token.objects()).length, 3);
});

proves('the agent is started anew before each call', {}, async (scene, page) => {
	await checkRenewed(scene, await goOnByOthers(scene, page));
});

for (const step of ['begin', 'install', 'complete'])
	proves(`another program writes a pair before ${step}: it stays`, {}, async (scene, page) => {
		await upTo(page, step);
		const foreign = await addForeign(scene);
		await goOn(page, step);
		await checkForeign(scene, foreign);
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
