// The certificate manager (证书管理) at the agent's own address, in both browsers: keys, certificates, PIN, keys that go.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { days, makeRequest } from '../lib/ca.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeKey } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';

for (const name of ['chromium', 'firefox'])
	test(`the certificate manager in ${name}`, async () => {
		const scene = await makeScene({ keyType: 'ec-p256', pins: ['12345678', '87651234', '87651234'] });
		const key = await makeKey('rsa2048');
		await scene.token.importPair(key, { id: '02', label: 'expired' });
		await scene.token.writeCertificate(await scene.ca.issue(await makeRequest(key, scene.folder), { notBefore: days(-400), notAfter: days(-10) }), { id: '02', label: 'expired' });
		const clerk = await Clerk.open(name, path.join(scene.folder, 'profile'));
		const { page } = clerk;
		try {
			await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
			await page.locator('.certificate').nth(1).waitFor();
			const text = await page.locator('.key').innerText();
			for (const part of [scene.token.serial, '测试Key', scene.company.name, '即将到期', '已过期']) assert.ok(text.includes(part), `${part} in\n${text}`);
			await page.locator('#items li').nth(5).waitFor();
			for (const width of [1100, 360]) {
				await page.setViewportSize({ width, height: 900 });
				assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `nothing sticks out at ${width}`);
				// In Firefox the driver's own style for a picture breaks the page's policy.
				if (name === 'chromium') await clerk.picture(`manager-${width}`);
			}
			await page.locator('summary').first().click();
			assert.ok((await page.locator('.certificate').first().innerText()).includes('统一社会信用代码'));

			await page.getByRole('button', { name: '修改 PIN 码' }).click();
			await page.locator('#state', { hasText: 'PIN 码已修改' }).waitFor();
			scene.pins.answer('00000000');
			await page.getByRole('button', { name: '修改 PIN 码' }).click();
			await page.locator('#state.bad').waitFor();
			await page.locator('.facts', { hasText: '此前曾输错' }).waitFor();

			if (name === 'chromium') { // the Firefox driver tells of no downloads
				const saved = page.waitForEvent('download');
				await page.locator('#report').click();
				assert.equal((await saved).suggestedFilename(), 'keyhall-report.json');
			}

			await page.locator('#language').click();
			await page.getByRole('button', { name: 'Change PIN' }).waitFor();
			assert.equal(await page.title(), 'Certificate manager');
			scene.token.pull();
			await page.getByText('No key is plugged in. Plug it in').waitFor();
			scene.token.putBack();
			await page.locator('.certificate').nth(1).waitFor();
			await clerk.close();
		} catch (error) {
			error.message += `\n--- page\n${await page.locator('body').innerText().catch(() => '')}\n--- agent\n${scene.daemon.service.output().slice(-2000)}`;
			await clerk.close().catch(() => {});
			throw error;
		} finally {
			await scene.close();
		}
	});
