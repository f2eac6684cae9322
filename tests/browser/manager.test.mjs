// The certificate manager (证书管理) at the agent's own address, in both browsers: keys, certificates, PIN, keys that go.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { days, makeRequest } from '../lib/ca.mjs';
import { makeScene } from '../lib/scene.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { unzip } from '../lib/zip.mjs';
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
			const cards = page.locator('[data-certificate]'), first = page.locator('[data-urgency="soon"]');
			await cards.nth(1).waitFor();
			const text = await page.locator('.key').innerText();
			for (const part of [scene.token.serial, '测试Key', scene.company.name, '剩余 20 天', '已过期 10 天', '可以更新']) assert.ok(text.includes(part), `${part} in\n${text}`);
			assert.deepEqual(await cards.evaluateAll((all) => all.map((card) => card.dataset.urgency).sort()), ['over', 'soon']);
			assert.match(await first.locator('svg').getAttribute('aria-label'), /有效期 .*；可更新期限/);
			assert.equal(await page.locator('[data-test="renew"]').first().getAttribute('href'), `${scene.origin}/renew`);
			await page.locator('#items [data-check]').nth(10).waitFor();
			assert.deepEqual(await page.locator('#items .check-name').evaluateAll((all) => all.map((one) => one.innerText).filter((one) => /row\.|undefined/.test(one))), []);
			for (const width of [1100, 360]) {
				await page.setViewportSize({ width, height: 900 });
				assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `nothing sticks out at ${width}`);
				// In Firefox the driver's own style for a picture breaks the page's policy.
				if (name === 'chromium') await clerk.picture(`manager-${width}`);
			}
			await page.setViewportSize({ width: 1100, height: 900 });
			assert.doesNotMatch(await first.innerText(), /统一社会信用代码/, 'numbers are folded away');
			await first.locator('summary').click();
			assert.match(await first.innerText(), /([0-9A-F]{2} ){5}[^]*统一社会信用代码/);

			const change = page.getByRole('button', { name: '修改 PIN 码' });
			await change.focus();
			await page.keyboard.press('Enter');
			await page.getByText('PIN 码已修改').waitFor();
			assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY');
			scene.pins.answer('00000000');
			await change.click();
			await page.locator('[data-error="pin.incorrect"]').waitFor();
			assert.match(await page.locator('#state').innerText(), /错误代码：\d{4}/);
			await page.locator('.key[data-pin="low"]', { hasText: '此前曾输错' }).waitFor();

			if (name === 'chromium') { // the Firefox driver tells of no downloads
				const saved = page.waitForEvent('download');
				await page.locator('#report').click();
				const download = await saved;
				assert.match(download.suggestedFilename(), /^keyhall-report-\d{8}-\d{6}\.zip$/);
				const entries = await unzip(await download.path());
				assert.deepEqual(Object.keys(entries), ['summary.txt', 'report.json', 'journal.txt', 'system.txt', 'log.txt']);
				assert.ok(JSON.parse(entries['report.json']).tokens.some((one) => one.serial === scene.token.serial));
				await page.locator('[data-test="report-saved"]', { hasText: download.suggestedFilename() }).waitFor();
			}

			await page.getByRole('button', { name: 'English' }).click();
			await page.getByRole('button', { name: 'Change the PIN' }).waitFor();
			assert.equal(await page.title(), 'Certificate manager');
			assert.match(await page.locator('.key').innerText(), /20 days left/);
			scene.token.pull();
			await page.getByText('No key is plugged in. Plug it in').waitFor();
			scene.token.putBack();
			await cards.nth(1).waitFor();
			await clerk.close();
		} catch (error) {
			error.message += `\n--- page\n${await page.locator('body').innerText().catch(() => '')}\n--- agent\n${scene.daemon.service.output().slice(-2000)}`;
			await clerk.close().catch(() => {});
			throw error;
		} finally {
			await scene.close();
		}
	});

test('a locked key: who unlocks it; a pair and the CA\'s certificate on the key are one card', async () => {
	const scene = await makeSoftScene();
	const pair = await makeKey('ec-p256');
	await scene.key.importPair(pair, { id: '02', label: '加密' });
	await scene.key.writeCertificate(await scene.ca.issue(await makeRequest(pair, scene.folder), { notBefore: days(-345), notAfter: days(20), usage: 'encrypt' }), { id: '02', label: '加密' });
	await scene.key.writeCertificate(scene.ca.rootPem, { id: '03', label: 'CA' });
	scene.key.set({ left: 0 });
	const clerk = await Clerk.open('chromium', path.join(scene.folder, 'profile'));
	const { page } = clerk;
	try {
		await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
		await page.locator('.key[data-pin="locked"]').waitFor();
		assert.equal(await page.locator('[data-certificate]').count(), 1);
		await page.locator('[data-certificate] summary').click();
		const card = await page.locator('[data-certificate]').innerText();
		for (const part of ['签名证书 + 加密证书', 'Key 中的 CA 证书', 'Example Root CA（']) assert.ok(card.includes(part), `${part} in\n${card}`);
		assert.equal(await page.locator('[data-test="change"]').count(), 0);
		await page.locator('[data-test="unlock"]').click();
		const how = page.locator('[data-test="unlock-how"]');
		assert.ok((await how.innerText()).includes(scene.key.serial));
		assert.equal(await how.locator('a').getAttribute('href'), `${scene.origin}/help#service`);
		assert.equal(await page.evaluate(() => document.activeElement.dataset.test), 'unlock-how');
		await clerk.picture('manager-locked');
		await clerk.close();
	} catch (error) {
		error.message += `\n--- page\n${await page.locator('body').innerText().catch(() => '')}`;
		await clerk.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
});

test('the hall leads to the manager, the manager back to an order that waits', async () => {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256' });
	const clerk = await Clerk.open('chromium', path.join(scene.folder, 'profile'));
	try {
		await clerk.untilPaid(scene.origin, certificateId(scene.oldPem), scene.company);
		await clerk.test('update').click();
		await clerk.test('install').waitFor();
		const order = new URL(clerk.page.url()).searchParams.get('order');
		const opened = clerk.context.waitForEvent('page');
		await clerk.test('manager').click();
		const manager = await opened;
		await manager.locator(`[data-order="${order}"]`).waitFor();
		assert.match(await manager.locator('#pending').innerText(), new RegExp(order.replace(/(....)(....)(....)/, '$1 $2 $3')));
		const back = clerk.context.waitForEvent('page');
		await manager.locator('[data-test="continue"]').click();
		const hall = await back;
		await hall.locator('[data-test="install"]').waitFor();
		assert.equal(new URL(hall.url()).origin, scene.origin);
		await clerk.close();
	} catch (error) {
		await clerk.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
});
