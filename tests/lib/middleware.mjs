// What every middleware is tried with: a whole renewal through the agent, judged by pkcs11-tool and openssl. One table of cases; a
// middleware's own file gives its class (beside CardKey's), what it offers, and what is not mended yet there.
import assert from 'node:assert/strict';
import test from 'node:test';
import { days, makeRequest } from './ca.mjs';
import { checkRenewed as checkPair, foreign, goOn, goOnByOthers, isForeign, makePage, order } from './card-page.mjs';
import { markId } from './mark.mjs';
import { all } from './paths.mjs';
import { sleep } from './process.mjs';
import { makeScene } from './scene.mjs';
import { certificateId, makeKey } from './token.mjs';

export const pin = '123456';
const steps = ['begin', 'install', 'complete'];

// Another program's pair with its certificate, as pkcs11-tool shows them; name: of its subject, else the company's.
export async function addForeign(scene, { name } = {}) {
	const { keyType } = scene, key = await makeKey(keyType), csr = await scene.token.adopt(await makeRequest(key, scene.folder, { name }), keyType, foreign);
	await scene.token.importPair(key, foreign);
	const pem = await scene.ca.issue(csr, { notAfter: days(300) });
	await scene.token.writeCertificate(pem, foreign);
	const shown = (await scene.token.objects()).filter(isForeign);
	assert.equal(shown.length, 3, shown.join('\n'));
	return { pem, keyType, shown };
}

export async function checkForeign(scene, { pem, keyType, shown }) {
	assert.deepEqual((await scene.token.objects()).filter(isForeign), shown);
	assert.equal(certificateId(await scene.token.readCertificate(foreign.id)), certificateId(pem));
	assert.ok(await scene.token.signs(foreign.id, pem, keyType), 'another program\'s key signs');
}

const failed = (error) => { if (!['token.failed', 'token.absent'].includes(error.rpc)) throw error; };
// What is called in the moment after the end of a token host may fail with it, or find openCryptoki's token away.
const again = (call) => call().catch(async (error) => { failed(error); await sleep(300); return call(); });

async function timed(action) {
	const begun = Date.now();
	await action();
	return Date.now() - begun;
}

export async function checkRenewed(scene, page, keyType = scene.keyType) {
	const shown = await checkPair(scene, page, keyType);
	assert.equal(shown.label, scene.company.name);
	return shown;
}

// kind: its class; keyType: of most cases; keyTypes: all that it makes; wrong: what is told of each wrong PIN in turn, and the state of
// the PIN then; service: it has a daemon, which restartService() starts anew; reader: what libp11 says;
// profile: of modules.d; known: name of a case → why it fails, for its mark.
export function provesMiddleware({ kind, name, keyType, keyTypes, wrong, service, reader = 'agreed', profile = 'standard', known = {} }) {
	const proves = (what, options, action) => test(`${name}: ${what}`, known[what] ? { todo: known[what] } : {}, async (t) => {
		const scene = await makeScene({ kind, keyType, pin, ...options });
		try { await action(scene, await makePage(scene, options.page), t); } finally { await scene.close(); }
	});

	proves('the key, its certificate and its PIN are shown', {}, async (scene, { agent, token, old }) => {
		const { tokens } = await agent.call('token.list');
		assert.deepEqual(tokens.filter((one) => one.label === scene.token.label).map(({ serial, pin: state }) => [serial, state]), [[scene.token.serial, 'ok']]);
		assert.ok(old.hasPrivateKey !== false);
		await agent.call('pin.verify', { token });
		const { modules } = await agent.call('diagnostics.report');
		assert.equal(modules[0].profile, profile);
		const { items } = await agent.call('environment.check');
		assert.deepEqual(items.filter((item) => item.state === 'fail'), []);
	});

	proves('wrong PINs', { pins: [...wrong.map((_, i) => `00000${i}`), pin] }, async (scene, { agent, token }) => {
		const state = async () => (await agent.call('token.list')).tokens.find((one) => one.token === token).pin;
		const told = [];
		for (const _ of wrong) {
			const error = await agent.call('pin.verify', { token }).then(() => null, (cause) => cause);
			told.push([error?.rpc, error?.data.left ?? '', await state()]);
		}
		assert.deepEqual(told, wrong);
	});

	for (const type of keyTypes)
		proves(`renews ${type} with a new key`, { keyType: type }, async (scene, page) => {
			await page.begin();
			await page.begin();
			await page.install();
			await page.install();
			const { retired, secondReader } = await page.complete();
			assert.deepEqual([retired, secondReader], [[page.old.id], reader]);
			assert.equal((await checkRenewed(scene, page)).id, markId(order));
			assert.equal(scene.pins.count(), 1, 'one PIN for the whole');
		});

	if (keyTypes.length > 1)
		proves(`${keyTypes[0]} is followed by ${keyTypes[1]}`, { keyType: keyTypes[0], page: { keyType: keyTypes[1] } }, async (scene, page) => {
			await goOn(page);
			await checkRenewed(scene, page, keyTypes[1]);
		});

	proves('the same key gets a second certificate', { page: { key: 'same' } }, async (scene, page) => {
		await goOn(page);
		await checkRenewed(scene, page);
	});

	proves('an order is cancelled: its key goes, what was there stays', {}, async (scene, page) => {
		const before = await scene.token.objects();
		await page.begin();
		await page.agent.call('renewal.cancel', { order });
		assert.deepEqual(await scene.token.objects(), before);
	});

	proves('the PIN is changed, and every object stays', { pins: [pin, '654321', '654321'] }, async (scene, page) => {
		const before = await scene.token.objects();
		await page.agent.call('pin.change', { token: page.token });
		scene.token.pin = '654321';
		assert.deepEqual(await scene.token.objects(), before);
		assert.ok(await scene.token.signs('01', scene.oldPem, scene.keyType), 'the old key signs');
		await goOn(page);
		await checkRenewed(scene, page);
	});

	proves('the agent is started anew before each call', {}, async (scene, page) => {
		await checkRenewed(scene, await goOnByOthers(scene, page));
	});

	// Where in the step that is depends on the machine: each share of the time that a renewal before it took is another place.
	let measured;
	const measure = async () => {
		const scene = await makeScene({ kind, keyType, pin }), took = {};
		try {
			const page = await makePage(scene);
			for (const step of steps) took[step] = await timed(page[step]);
			return took;
		} finally { await scene.close(); }
	};
	for (const share of all ? [0.2, 0.5, 0.8] : [0.5])
		proves(`the token host is killed after ${100 * share} % of each step: the same calls go on`, {}, async (scene, page) => {
			const took = await (measured ??= measure());
			const other = await addForeign(scene, { name: '/C=CN/O=Another/CN=Another' });
			for (const step of steps) {
				await again(() => page.agent.call('pin.verify', { token: page.token }));
				const ended = page[step]().catch(failed);
				await sleep(share * took[step]);
				process.kill(page.host(), 'SIGKILL');
				await ended;
				scene.token.mendToken?.();
				await again(page[step]);
			}
			await checkRenewed(scene, page);
			await checkForeign(scene, other);
		});

	proves('another program uses its own pair between the calls', {}, async (scene, page) => {
		const other = await addForeign(scene);
		for (const step of steps) {
			await checkForeign(scene, other);
			await page[step]();
		}
		await checkForeign(scene, other);
		await checkRenewed(scene, page);
	});

	for (const step of all ? steps : ['complete'])
		proves(`another program writes a pair before ${step}: it stays`, {}, async (scene, page) => {
			for (const before of steps.slice(0, steps.indexOf(step))) await page[before]();
			const other = await addForeign(scene);
			await goOn(page, step);
			await checkForeign(scene, other);
			await checkRenewed(scene, page);
		});

	proves('a certificate that another program writes shows in the next list', {}, async (scene, page) => {
		const { pem } = await addForeign(scene);
		const { certificates } = await page.agent.call('certificate.list');
		assert.deepEqual(certificates.map((one) => one.id).sort(), [certificateId(pem), page.old.id].sort());
	});

	if (!service) return;
	proves('its service is restarted before begin', {}, async (scene, page) => {
		await scene.token.restartService();
		await goOn(page);
		await checkRenewed(scene, page);
	});

	proves('its service is restarted between the calls', {}, async (scene, page) => {
		for (const step of steps) {
			await page[step]();
			await scene.token.restartService();
		}
		await checkRenewed(scene, page);
	});

	proves('its service is down: a call works without it or says so, and with it up again the calls go on', {}, async (scene, page) => {
		await page.begin();
		await scene.token.stopService();
		const error = await page.install().then(() => null, (cause) => cause);
		if (error?.rpc !== 'token.failed' || error.data.call !== 'C_Initialize') assert.ok([undefined, 'token.absent', 'token.removed'].includes(error?.rpc), error?.message);
		await scene.token.startService();
		await goOn(page, 'install');
		await checkRenewed(scene, page);
	});
}
