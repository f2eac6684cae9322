// axe-core on the pages of the hall and on the certificate manager, in each state a clerk comes to, wide and narrow: no serious fault.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { seriousFaults } from '../lib/axe.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';

const widths = [1100, 360];

// look(name): what is on the page now, in both widths; at the end nothing was found.
async function withPage(scene, action) {
	const clerk = await Clerk.open('chromium', path.join(scene.folder, 'profile'));
	const found = [];
	const look = async (name, page = clerk.page) => {
		for (const width of widths) {
			await page.setViewportSize({ width, height: 900 });
			found.push(...(await seriousFaults(page)).map((fault) => `${name} at ${width}: ${fault}`));
			if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${name} at ${width}: sticks out`);
		}
	};
	try {
		await action(clerk, look);
		await clerk.close();
	} catch (error) {
		await clerk.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
	assert.deepEqual(found, []);
}

test('a fault is found', async () => {
	const scene = await makeSoftScene();
	await assert.rejects(withPage(scene, async ({ page }, look) => {
		await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
		await page.locator('[data-certificate]').waitFor();
		await page.evaluate(() => { document.querySelector('#look').textContent = ''; });
		await look('a button without a name');
	}), /critical button-name/);
});

test('the hall, through a renewal', async () => {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', pins: ['00000000', '12345678'] });
	const id = certificateId(scene.oldPem);
	await withPage(scene, async (clerk, look) => {
		await clerk.page.goto(scene.origin);
		await clerk.page.locator('main').waitFor();
		await look('home');
		await clerk.page.goto(`${scene.origin}/nowhere`);
		await look('an address that does not exist');
		await clerk.page.goto(`${scene.origin}/renew`);
		await clerk.test('check-ready').waitFor();
		await look('check');
		await clerk.test('check-next').click();
		await clerk.step('choose');
		await clerk.page.locator('summary').first().click();
		await look('choose');
		await clerk.choose(id);
		await clerk.step('pin');
		await look('pin');
		await clerk.test('pin-verify').click();
		await clerk.error('pin.incorrect');
		await look('a wrong PIN');
		await clerk.test('pin-again').click();
		await clerk.step('confirm');
		await clerk.test('confirm').click();
		await look('confirm, with what is missing');
		await clerk.confirm(scene.company);
		await clerk.step('pay');
		await look('pay');
		await clerk.test('pay').click();
		await clerk.test('qr').waitFor();
		await look('QR code');
		const bank = await clerk.tab();
		await bank.goto(new URL(await clerk.test('pay-link').getAttribute('href'), clerk.page.url()).href);
		await look('bank', bank);
		await bank.locator('[data-test="pay"]').click();
		await bank.locator('[data-test="bank-done"]').waitFor();
		await bank.close();
		await clerk.test('update').waitFor();
		await look('paid');
		await clerk.install();
		await look('success');
	});
});

test('the certificate manager: a key, a PIN that was wrong, a report, no key, in both languages', async () => {
	const scene = await makeScene({ keyType: 'ec-p256', pins: ['00000000'] });
	await withPage(scene, async ({ page }, look) => {
		await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
		await page.locator('#items [data-check]').nth(10).waitFor();
		for (const summary of await page.locator('summary').all()) await summary.click();
		await look('a key');
		await page.locator('[data-test="change"]').click();
		await page.locator('[data-error="pin.incorrect"]').waitFor();
		await look('a wrong PIN');
		await page.locator('#report').click();
		await page.locator('[data-test="report-saved"]').waitFor();
		await look('a report');
		await page.locator('[data-language="en"]').click();
		await page.getByRole('button', { name: 'Change the PIN' }).waitFor();
		await look('English');
		scene.token.pull();
		await page.locator('[data-test="none"]').waitFor();
		await look('no key');
	});
});

test('the certificate manager: a locked key', async () => {
	const scene = await makeSoftScene();
	scene.key.set({ left: 0 });
	await withPage(scene, async ({ page }, look) => {
		await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
		await page.locator('[data-test="unlock"]').click();
		await page.locator('[data-test="unlock-how"]').waitFor();
		await look('a locked key');
	});
});
