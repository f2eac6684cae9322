// protocol/js/example.html as the hall serves it: a whole renewal with the real agent, key and hall.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { makeScene } from '../lib/scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { verifyCertificate } from '../lib/witness.mjs';
import { Clerk } from './clerk.mjs';

for (const name of ['chromium', 'firefox'])
	test(`the example page renews in ${name}`, async () => {
		const scene = await makeScene({ hall: true, keyType: 'ec-p256' });
		const clerk = await Clerk.open(name, path.join(scene.folder, 'profile'));
		const { page } = clerk;
		try {
			await page.goto(`${scene.origin}/sdk/example.html`);
			for (const [field, value] of [['name', '张三'], ['phone', '13800000000'], ['email', 'zhang@example.cn']])
				await page.locator(`[name=${field}]`).fill(value);
			await page.locator('button').click();
			const pay = new URL(await page.locator('#pay[href]').getAttribute('href'), scene.origin);
			await scene.hall.client().post(pay.pathname, { mode: 'now' });
			await page.locator('#say', { hasText: '证书更新成功' }).waitFor();
			const objects = await scene.token.objects();
			const id = /^ {2}ID:\s+(\w+)$/m.exec(objects.find((text) => text.startsWith('Certificate')))[1];
			const pem = await scene.token.readCertificate(id);
			assert.notEqual(certificateId(pem), certificateId(scene.oldPem));
			const verdict = await verifyCertificate(scene, pem, { chain: scene.chain });
			assert.ok(verdict.ok, verdict.text);
			await clerk.close();
		} catch (error) {
			error.message += `\n--- page\n${await page.locator('#say').innerText().catch(() => '')}\n--- agent\n${scene.daemon.service.output().slice(-2000)}`;
			await clerk.close().catch(() => {});
			throw error;
		} finally {
			await scene.close();
		}
	});
