// 失败 → 异常恢复 → 成功: the agent is killed in the middle of the installation; what the clerk sees, and what is true afterwards.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkEnd, readBooks } from '../lib/end.mjs';
import { all } from '../lib/paths.mjs';
import { until } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';
import { faultMet, storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId } from '../lib/token.mjs';
import { verifyCertificate } from '../lib/witness.mjs';
import { Clerk } from './clerk.mjs';

// before: the certificate is not on the key; after: it is, and nobody was told.
const holds = { before: 'C_CreateObject 1 hang', after: 'C_CreateObject 1 after hang' };

async function staged(action) {
	const scene = await makeScene({ hall: true, keyType: 'rsa2048', kind: SoftKey });
	let clerk;
	scene.id = certificateId(scene.oldPem);
	scene.open = async (profile = 'profile') => { clerk = await Clerk.open('chromium', path.join(scene.folder, profile)); return clerk; };
	try {
		await action(scene, await scene.open());
		await clerk.close();
	} catch (error) {
		await clerk?.picture('recovery-broken').catch(() => {});
		error.message += `\n--- agent\n${scene.daemon.service.output().slice(-3000)}\n--- hall\n${scene.hall.service.output().slice(-1500)}`;
		await clerk?.close().catch(() => {});
		throw error;
	} finally {
		await scene.close();
	}
}

// The installation is held in the write of the certificate; there the agent is killed.
async function killInInstall(scene, clerk, hold) {
	scene.token.fault(holds[hold]);
	await scene.daemon.kill();
	await scene.daemon.again({ deadlines: 20 }); // a token host without its daemon hangs for two seconds, not ten
	await clerk.untilPaid(scene.origin, scene.id, scene.company);
	await clerk.test('update').click();
	await clerk.test('install').click();
	await until(() => faultMet(scene.token), 'the write of the certificate');
	assert.match(await clerk.page.locator('.phase-current').innerText(), /安装|写入|证书/);
	await scene.daemon.kill();
}

async function seesFailure(clerk) {
	await clerk.test('recovery').waitFor();
	assert.equal(await clerk.test('recovery').innerText(), '异常恢复');
	assert.match(await clerk.test('problem').innerText(), /证书安装未完成/);
	assert.match(await clerk.page.locator('#view').innerText(), /不会重复收费/);
	assert.equal(await clerk.test('recover').innerText(), '安装证书');
	assert.equal(await clerk.page.locator('[data-error]').first().getAttribute('data-error'), 'agent.not_running');
}

// In between: the hall has issued, the key is whole, and one certificate on it signs.
async function checkBroken(scene, order, hold) {
	const books = await readBooks(scene.hall.state, order, scene.oldPem), objects = storeObjects(scene.token);
	assert.deepEqual([books.state, books.paid, books.issued], ['ISSUED', 1, 1]);
	assert.deepEqual(objects.map((one) => one.kind).sort(),
		['certificate', ...(hold === 'after' ? ['certificate'] : []), 'private', 'private', 'public', 'public']);
	assert.ok(usableCertificates(objects).includes(scene.id), 'the old certificate still signs');
}

async function checkSuccess(scene, clerk, order) {
	await clerk.succeed();
	await clerk.test('success-details').locator('dd').nth(4).waitFor();
	const books = await checkEnd(scene, order);
	const { certificate, chain } = (await scene.hall.client().post('/api/orders', { certificate: scene.oldPem })).order.issued;
	assert.equal(certificateId(certificate), books.certificate);
	const crl = Buffer.from(await (await scene.hall.client().fetch('/ca/crl.der')).arrayBuffer());
	const fresh = await verifyCertificate(scene, certificate, { chain, crl });
	assert.ok(fresh.ok, fresh.text);
	assert.match((await verifyCertificate(scene, scene.oldPem, { chain, crl })).text, /certificate revoked/);
	assert.ok(await scene.token.signs(storeObjects(scene.token)[0].id, certificate, scene.keyType), 'another program signs with it');
}

const orderOf = (clerk) => new URL(clerk.page.url()).searchParams.get('order');

for (const hold of ['before', 'after'])
	for (const fresh of all ? [false, true] : [hold === 'after'])
		test(`the agent is killed ${hold} the certificate is written; ${fresh ? 'fresh' : 'same'} state folder`, () => staged(async (scene, clerk) => {
			const name = `recovery-${hold}-${fresh ? 'fresh' : 'same'}`;
			await killInInstall(scene, clerk, hold);
			const order = orderOf(clerk);
			await seesFailure(clerk);
			await clerk.picture(`${name}-failed`);
			await checkBroken(scene, order, hold);

			await clerk.test('recover').click();
			await clerk.error('agent.not_running');

			if (fresh) rmSync(scene.daemon.settings.state, { recursive: true });
			await scene.daemon.again();
			await clerk.test('retry').click();
			await checkSuccess(scene, clerk, order);
			await clerk.picture(`${name}-success`);
		}));

test('the agent is killed in the installation; the clerk goes on at another computer', () => staged(async (scene, clerk) => {
	await killInInstall(scene, clerk, 'after');
	const order = orderOf(clerk);
	await seesFailure(clerk);
	await clerk.close();

	rmSync(scene.daemon.settings.state, { recursive: true });
	await scene.daemon.again();
	const other = await scene.open('other-computer');
	await other.environment(scene.origin);
	await other.picture('recovery-elsewhere-choose');
	await other.page.locator('[data-test="continue"], [data-test="renew"]').first().click();
	await other.step('install');
	assert.equal(orderOf(other), order);
	await other.test('install').click();
	await checkSuccess(scene, other, order);
	await other.picture('recovery-elsewhere-success');
}));

/* ---- the browser is killed ---- */

// kill -9 of the browser with that profile and all its children.
async function killBrowser({ context, profile }) {
	const mine = (pid) => { try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--user-data-dir=${profile}\0`); } catch { return false; } };
	const gone = new Promise((resolve) => context.once('close', resolve));
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && mine(name)).map(Number);
	assert.ok(pids.length > 0);
	for (const pid of pids) try { process.kill(pid, 'SIGKILL'); } catch { /* ended with its parent */ }
	await gone;
}

// What the clerk does at each step, and the step where another browser then finds the order.
const walk = [
	['environment', async () => {}, 'pin'],
	['the PIN is verified', async (clerk) => { await clerk.verifyPin(); await clerk.step('confirm'); }, 'confirm'],
	['the company is confirmed', async (clerk, { company }) => { await clerk.confirm(company); await clerk.step('pay'); }, 'pay'],
	['the QR code is shown', async (clerk) => { await clerk.test('pay').click(); await clerk.test('qr').waitFor(); }, 'pay'],
	['it is paid', async (clerk, { hall }) => {
		await clerk.test('qr').waitFor();
		await hall.client().pay({ url: await clerk.test('pay-link').getAttribute('href') });
		await clerk.test('update').waitFor();
	}, 'install'],
	['the certificate is issued', async (clerk) => { await clerk.test('update').click(); await clerk.test('install').waitFor(); }, 'install'],
	['the certificate is being written', async (clerk, { token }) => {
		await clerk.test('install').click();
		await until(() => faultMet(token), 'the write of the certificate');
	}, 'install'],
];

// Another computer's browser: by the certificate on the key to the same order.
async function comeBack(scene, n) {
	const clerk = await scene.open(`browser-${n}`);
	await clerk.environment(scene.origin);
	await clerk.page.locator('[data-test="continue"], [data-test="renew"]').first().click();
	return clerk;
}

test('the browser is killed at every step; another one comes back with the certificate', () => staged(async (scene, first) => {
	scene.token.fault('C_CreateObject 1 after delay 1500');
	await scene.daemon.kill();
	await scene.daemon.again();
	await first.environment(scene.origin);
	await killBrowser(first);
	let clerk = await comeBack(scene, 0), order;
	for (const [n, [what, act, step]] of walk.entries()) {
		await act(clerk, scene);
		order ??= orderOf(clerk);
		await killBrowser(clerk);
		clerk = await comeBack(scene, n + 1);
		await clerk.step(step);
		assert.equal(orderOf(clerk), order ??= orderOf(clerk), what);
	}
	await clerk.page.locator('[data-test="install"], [data-test="success"]').first().click();
	await checkSuccess(scene, clerk, order);
	await killBrowser(clerk);
	const last = await scene.open('browser-last');
	await last.page.goto(`${scene.origin}/renew?order=${order}`);
	await last.succeed();
	await checkEnd(scene, order);
}));
