// Two certificates on the hall's pages: signing and encryption, RSA and SM2; an envelope that does not open at first; an agent that is killed.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { checkEnd } from '../lib/end.mjs';
import { until } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { faultMet, storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';

const rsa = { keyType: 'rsa2048' }, sm2 = { keyType: 'sm2', kind: SoftKey, vendor: 'sansec', caType: 'sm2' };

async function withClerk(family, action) {
	const scene = await makeScene({ hall: true, dual: true, ...family });
	let clerk;
	scene.id = certificateId(scene.oldPem);
	scene.open = async (profile) => { clerk = await Clerk.open('chromium', path.join(scene.folder, profile), { viewport: { width: 1280, height: 900 } }); return clerk; };
	try {
		await action(scene, await scene.open('profile'));
		await clerk.close();
	} catch (error) {
		await clerk?.picture('dual-failed').catch(() => {});
		error.message += `\n--- agent\n${scene.daemon.service.output().slice(-3000)}\n--- hall\n${scene.hall.service.output().slice(-1500)}`;
		await clerk?.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
}

// Every answer of the hall until the next envelope carries one that was made for another key.
async function spoilEnvelopes(clerk, times) {
	const seen = { envelopes: 0 };
	await clerk.page.route(/\/api\/orders/, async (route) => {
		if (/\/envelope$/.test(route.request().url())) seen.envelopes += 1;
		const response = await route.fetch();
		const text = await response.text();
		const answer = JSON.parse(text);
		const encryption = answer.order?.issued?.encryption;
		if (!encryption || seen.envelopes >= times) return route.fulfill({ response, body: text });
		const bytes = Buffer.from(encryption.envelope, 'base64');
		bytes[40] ^= 1;
		encryption.envelope = bytes.toString('base64');
		return route.fulfill({ response, json: answer });
	});
	return seen;
}

async function seesBoth(scene, clerk) {
	await clerk.succeed();
	for (const [usage, name] of [['sign', '签名证书'], ['encrypt', '加密证书']])
		assert.match(await clerk.test('success-details').locator('div', { has: clerk.page.locator(`[data-usage="${usage}"]`) }).last().innerText(), new RegExp(`^${name}\\s`));
	assert.match(await clerk.test('seal-note').innerText(), /电子印章/);
	assert.match(await clerk.test('encryption-note').innerText(), /加密/);
	const objects = await scene.token.objects();
	assert.deepEqual(objects.map((text) => text.split(/;| Object/)[0]).sort(),
		['Certificate', 'Private Key', 'Public Key'].flatMap((kind) => [kind, kind, kind]), objects.join('\n'));
}

for (const family of [rsa, sm2])
	test(`a whole renewal with two certificates: ${family.keyType}`, () => withClerk(family, async (scene, clerk) => {
		await clerk.environment(scene.origin);
		const pair = clerk.page.locator(`[data-certificate="${scene.id}"][data-encrypt="${certificateId(scene.oldEncryption)}"]`);
		assert.match(await pair.innerText(), /签名证书 \+ 加密证书/);
		assert.equal(await clerk.page.locator('[data-certificate]').count(), 1, 'a pair is one card');
		await clerk.picture(`dual-${family.keyType}-choose`);
		await clerk.untilPaid(scene.origin, scene.id, scene.company);
		await clerk.install();
		await seesBoth(scene, clerk);
		await clerk.picture(`dual-${family.keyType}-success`);
	}));

test('SM2, and the agent is killed when the encryption key has just come onto the USB key: 异常恢复', () => withClerk(sm2, async (scene, clerk) => {
	const foreign = storeObjects(scene.token).filter((one) => one.id === '02').map((one) => one.print);
	scene.token.fault('C_UnwrapKey 2 after hang');
	await scene.daemon.kill();
	await scene.daemon.again({ deadlines: 20 }); // a token host without its daemon hangs for two seconds, not ten
	await clerk.untilPaid(scene.origin, scene.id, scene.company);
	await clerk.test('update').click();
	await clerk.test('install').click();
	await until(() => faultMet(scene.token), 'the import of the encryption key');
	await scene.daemon.kill();
	await clerk.mode('recovery');
	await clerk.error('agent.not_running');
	await clerk.picture('dual-sm2-recovery');
	assert.equal(await clerk.test('recovery').innerText(), '异常恢复');
	const between = storeObjects(scene.token);
	assert.deepEqual(['private', 'certificate'].map((kind) => between.filter((one) => one.kind === kind).length), [4, 3]);
	assert.ok(usableCertificates(between).includes(scene.id), 'the old certificate still signs');

	await scene.daemon.again();
	await clerk.test('recover').click();
	await seesBoth(scene, clerk);
	await clerk.test('success-details').locator('dd').nth(4).waitFor();
	await checkEnd(scene, new URL(clerk.page.url()).searchParams.get('order'), { foreign, dual: true });
}));

test('an envelope that does not open: a new one is had by itself', () => withClerk(rsa, async (scene, clerk) => {
	await clerk.untilPaid(scene.origin, scene.id, scene.company);
	const seen = await spoilEnvelopes(clerk, 1);
	await clerk.install();
	assert.equal(seen.envelopes, 1);
	await seesBoth(scene, clerk);
}));

test('nor the second: 异常恢复, also in another browser', () => withClerk(rsa, async (scene, clerk) => {
	await clerk.untilPaid(scene.origin, scene.id, scene.company);
	const seen = await spoilEnvelopes(clerk, 9);
	await clerk.test('update').click();
	await clerk.test('install').click();
	await clerk.mode('recovery');
	await clerk.error('encryption.unopened');
	assert.equal(seen.envelopes, 1, 'asked once, not again and again');
	assert.match(await clerk.test('problem').innerText(), /签名证书不受影响/);
	await clerk.close();

	const other = await scene.open('another');
	await other.environment(scene.origin);
	await other.choose(scene.id);
	await other.step('install');
	assert.match(await other.test('issued').innerText(), /证书安装尚未完成/);
	await other.test('install').click();
	await seesBoth(scene, other);
}));
