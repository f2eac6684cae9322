// A clerk renews on the hall's pages in real browsers; the PIN window is answered by a script; judged by openssl and pkcs11-tool.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { describe, test } from 'node:test';
import { all } from '../lib/paths.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { verifyCertificate } from '../lib/witness.mjs';
import { Clerk } from './clerk.mjs';

// A stage and a clerk at it; a picture of the page when something fails.
async function withClerk(name, options, action) {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', ...options });
	let clerk;
	scene.id = certificateId(scene.oldPem);
	scene.open = async (profile = 'profile', more = {}) => { clerk = await Clerk.open(name, path.join(scene.folder, profile), more); return clerk; };
	try {
		await action(scene, await scene.open());
		await clerk.close();
	} catch (error) {
		await clerk?.picture('failed').catch(() => {});
		error.message += `\n--- agent\n${scene.daemon.service.output().slice(-3000)}\n--- hall\n${scene.hall.service.output().slice(-1500)}`;
		await clerk?.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
}

// The key holds one pair and one certificate, which is new and good; the old one is revoked.
async function checkRenewed(scene) {
	const objects = await scene.token.objects();
	assert.deepEqual(objects.map((text) => text.split(/;| Object/)[0]), ['Certificate', 'Private Key', 'Public Key'], objects.join('\n'));
	const id = /^ {2}ID:\s+(\w+)$/m.exec(objects[0])[1];
	const pem = await scene.token.readCertificate(id);
	assert.notEqual(certificateId(pem), scene.id);
	const crl = Buffer.from(await (await scene.hall.client().fetch('/ca/crl.der')).arrayBuffer());
	const fresh = await verifyCertificate(scene, pem, { chain: scene.chain, crl });
	assert.ok(fresh.ok, fresh.text);
	const old = await verifyCertificate(scene, scene.oldPem, { chain: scene.chain, crl });
	assert.match(old.text, /certificate revoked/);
	assert.ok(await scene.token.signs(id, pem, scene.keyType));
	assert.equal(new X509Certificate(pem).subject, new X509Certificate(scene.oldPem).subject);
}

for (const name of ['chromium', 'firefox'])
	describe(name, { concurrency: 1 }, () => {
		// What is the page's logic more than the browser's: in the second browser with --all.
		const often = name === 'chromium' || all ? test : () => {};

		test('a whole renewal', () => withClerk(name, { keyType: 'rsa2048' }, async (scene, clerk) => {
			await clerk.untilPaid(scene.origin, scene.id, scene.company);
			await clerk.install();
			await checkRenewed(scene);
		}));

		test('browser closed after payment; come back, also in another browser', () => withClerk(name, {}, async (scene, clerk) => {
			await clerk.untilPaid(scene.origin, scene.id, scene.company);
			await clerk.close();

			const stranger = await scene.open('another');
			await stranger.environment(scene.origin);
			await stranger.choose(scene.id);
			await stranger.step('install');
			await stranger.test('update').waitFor();
			await stranger.close();

			const back = await scene.open();
			await back.page.goto(`${scene.origin}/`);
			await back.test('continue').first().click();
			await back.step('install');
			await back.install();
			await checkRenewed(scene);
		}));

		often('browser closed after issue; come back', () => withClerk(name, {}, async (scene, clerk) => {
			await clerk.untilPaid(scene.origin, scene.id, scene.company);
			await clerk.test('update').click();
			await clerk.test('install').waitFor();
			await clerk.close();
			const back = await scene.open();
			await back.page.goto(`${scene.origin}/`);
			await back.test('continue').first().click();
			await back.step('install');
			await back.test('install').click();
			await back.succeed();
			await checkRenewed(scene);
		}));

		often('wrong PIN, then the right one', () => withClerk(name, { pins: ['99999999', '12345678'] }, async (scene, clerk) => {
			await clerk.environment(scene.origin);
			await clerk.choose(scene.id);
			await clerk.verifyPin();
			await clerk.error('pin.incorrect');
			await clerk.test('pin-again').click();
			await clerk.step('confirm');
			assert.equal(scene.pins.count(), 2);
		}));

		often('cancelled PIN, at both places', () => withClerk(name, { pins: ['cancel', '12345678'] }, async (scene, clerk) => {
			await clerk.environment(scene.origin);
			await clerk.choose(scene.id);
			await clerk.verifyPin();
			await clerk.error('pin.cancelled');
			await clerk.test('pin-again').click();
			await clerk.confirm(scene.company);
			await clerk.pay();
			await clerk.test('update').waitFor();
			await clerk.close();

			scene.pins.answer('cancel', '12345678');
			const back = await scene.open();
			await back.page.goto(`${scene.origin}/`);
			await back.test('continue').first().click();
			await back.step('install');
			await back.test('update').click();
			await back.mode('recovery');
			await back.error('pin.cancelled');
			await back.install();
			await checkRenewed(scene);
		}));

		often('the key is pulled out, and put back', () => withClerk(name, {}, async (scene, clerk) => {
			await clerk.untilPaid(scene.origin, scene.id, scene.company);
			scene.token.pull();
			await clerk.test('update').click();
			await clerk.page.locator('[data-error="token.removed"], [data-error="token.absent"], [data-test="key-wrong"], [data-error="certificate.absent"]').first().waitFor();
			scene.token.putBack();
			await clerk.page.locator('[data-test="update"], [data-test="key-again"]').first().click();
			await clerk.test('install').click();
			await clerk.succeed();
			await checkRenewed(scene);
		}));

		often('the clock is compared with the hall\'s', async () => {
			for (const [ahead, state, number] of [[0, 'ok', ''], [1200, 'fail', '3503']])
				await withClerk(name, { hallArgs: ['--time-offset', `${ahead}`] }, async (scene, clerk) => {
					await clerk.page.goto(`${scene.origin}/renew`);
					await clerk.page.locator(`[data-check="clock"][data-state="${state}"]`).waitFor({ state: 'attached' });
					assert.ok((await clerk.page.locator('[data-check="clock"]').textContent()).includes(number));
				});
		});

		often('too early', () => withClerk(name, { from: -100, to: 265 }, async (scene, clerk) => {
			await clerk.environment(scene.origin);
			await clerk.page.locator(`[data-certificate="${scene.id}"][data-window="early"]`).waitFor();
			assert.ok((await clerk.test('why-not').innerText()).length > 5);
			assert.equal(await clerk.test('renew').count(), 0);
			await assert.rejects(scene.hall.client().post('/api/orders', { certificate: scene.oldPem }), /window/);
		}));

		often('too late', () => withClerk(name, { from: -800, to: -400 }, async (scene, clerk) => {
			await clerk.environment(scene.origin);
			await clerk.page.locator(`[data-certificate="${scene.id}"][data-window="late"]`).waitFor();
			assert.equal(await clerk.test('renew').count(), 0);
			await assert.rejects(scene.hall.client().post('/api/orders', { certificate: scene.oldPem }), /window/);
		}));

		test('two tabs: the second is told and looks on', () => withClerk(name, {}, async (scene, clerk) => {
			await clerk.untilPaid(scene.origin, scene.id, scene.company);
			const order = new URL(clerk.page.url()).searchParams.get('order');
			const second = await clerk.second();
			await second.page.goto(`${scene.origin}/renew?order=${order}`);
			await second.step('install');
			await second.test('update').waitFor();
			scene.pins.answer('wait', '12345678');
			await second.test('update').click();
			await second.mode('running');
			await scene.pins.untilAsked(2);
			await clerk.error('agent.busy');
			await clerk.test('busy-retry').click();
			await clerk.mode('watching');
			await clerk.error('agent.busy');
			scene.pins.go();
			await second.test('install').click();
			await second.succeed();
			await clerk.page.bringToFront();
			await clerk.page.locator('#view[data-step="success"]').waitFor();
			await checkRenewed(scene);
		}));

		often('the bank answers late, twice, never', async () => {
			for (const how of name === 'chromium' ? ['pay-late', 'pay-twice', 'pay-silent'] : ['pay-late'])
				await withClerk(name, {}, async (scene, clerk) => {
					await clerk.environment(scene.origin);
					await clerk.choose(scene.id);
					await clerk.verifyPin();
					await clerk.confirm(scene.company);
					await clerk.pay(how);
					await clerk.test('update').waitFor();
				});
		});
	});
