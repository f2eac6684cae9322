// No agent, or one that is too old: the hall's pages lead to the installer for this computer, and go on by themselves.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { seriousFaults } from '../lib/axe.mjs';
import { makeScene } from '../lib/scene.mjs';
import { certificateId } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';
import { openCounter, pictures } from './counter.mjs';
import { agent, emptyPort } from './gate.mjs';

const names = ['keyhall-setup-1.2.0-x64.exe', 'keyhall-setup-1.1.0-x64.exe', 'keyhall-1.2.0-x64.msi', 'keyhall_1.2.0_amd64.deb', 'keyhall_1.2.0_arm64.deb', 'keyhall-1.2.0-1.x86_64.rpm', 'keyhall-1.2.0.tar.gz', 'hall.json'];
const chrome = (computer, more = '') => `Mozilla/5.0 (${computer}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36${more}`;
const firefox = (computer) => `Mozilla/5.0 (${computer}; rv:128.0) Gecko/20100101 Firefox/128.0`;

// What a browser says of itself → the installers that are offered.
const table = [
	['Windows', chrome('Windows NT 10.0; Win64; x64'), ['keyhall-setup-1.2.0-x64.exe']],
	['Windows, a 32-bit browser', 'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko', ['keyhall-setup-1.2.0-x64.exe']],
	['Windows of 32 bits', chrome('Windows NT 6.1'), []],
	['UOS', chrome('X11; Linux x86_64', ' UOS'), ['keyhall_1.2.0_amd64.deb']],
	['Kylin on ARM', firefox('X11; Ubuntu Kylin; Linux aarch64'), ['keyhall_1.2.0_arm64.deb']],
	['Fedora', firefox('X11; Fedora; Linux x86_64'), ['keyhall-1.2.0-1.x86_64.rpm']],
	['NeoKylin, which is no Kylin desktop', firefox('X11; NeoKylin; Linux x86_64'), ['keyhall-1.2.0-1.x86_64.rpm']],
	['a Linux that does not say whose', chrome('X11; Linux x86_64'), ['keyhall_1.2.0_amd64.deb', 'keyhall-1.2.0-1.x86_64.rpm']],
	['LoongArch, for which there is none', firefox('X11; Linux loongarch64'), []],
	['a phone', chrome('Linux; Android 14; HLK-AL00'), []],
	['a Mac', chrome('Macintosh; Intel Mac OS X 10_15_7'), []],
];

let place, port, hall, clerk;

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

function fillDownloads(downloads) {
	mkdirSync(downloads, { recursive: true });
	for (const name of names) writeFileSync(path.join(downloads, name), randomBytes(name.endsWith('exe') ? 2500000 : 1000));
	return downloads;
}

openCounter(async (folder) => {
	place = fillDownloads(path.join(folder, 'downloads'));
	port = await emptyPort();
	return { agentPorts: [port], args: ['--downloads', place, '--agent-minimum', '1.0.0'] };
}, (counter) => { ({ hall, clerk } = counter); });

// A page whose browser says this of itself.
async function tabOf(userAgent) {
	const one = await clerk.second();
	await one.page.addInitScript((said) => Object.defineProperty(navigator, 'userAgent', { get: () => said }), userAgent);
	return one;
}

// Wide as a laptop and narrow as a phone, in both languages: nothing sticks out, axe has nothing to say.
async function look(one, name, wait) {
	for (const language of ['zh', 'en']) {
		await one.test(`language-${language}`).click();
		await wait(language);
		for (const [width, height] of [[1366, 768], [360, 740]]) {
			await one.page.setViewportSize({ width, height });
			assert.ok(await one.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} sticks out at ${width}`);
			if (width > 1000) assert.deepEqual(await seriousFaults(one.page), [], name);
			if (pictures) await one.page.screenshot({ path: path.join(pictures, `${name}-${language}-${width}.png`), fullPage: true });
		}
		await one.page.setViewportSize({ width: 1100, height: 900 });
	}
	await one.test('language-zh').click();
	await wait('zh');
}

const offered = (one) => one.test('installer-download').evaluateAll((links) => links.map((link) => link.getAttribute('download')));

for (const [label, userAgent, wanted] of table)
	test(`no agent, on ${label}: the right installer, and it is what it says`, async () => {
		const one = await tabOf(userAgent);
		await one.page.goto(`${hall.origin}/renew`);
		await one.page.locator('[data-test="installer"][data-why="agent.not_running"]').waitFor();
		assert.deepEqual(await offered(one), wanted);
		const hashes = await one.test('installer-hash').allInnerTexts();
		for (const [i, name] of wanted.entries()) {
			const [download] = await Promise.all([one.page.waitForEvent('download'), one.test('installer-download').nth(i).click()]);
			assert.equal(download.suggestedFilename(), name);
			assert.equal(sha256(await download.path()), hashes[i]);
			assert.equal(hashes[i], sha256(path.join(place, name)));
		}
		assert.equal(await one.test('installer-steps').count(), wanted.length > 0 ? 1 : 0);
		const others = one.test('installer-others'), open = wanted.length === 0;
		assert.equal(await others.evaluate((details) => details.open), open, 'all of them are shown where none is known to fit');
		if (!open) await others.locator('summary').click();
		const bundle = wanted.length > 0 ? await one.test('installer-bundle').getAttribute('download') : [];
		const shown = await others.locator('[data-test="file"]').evaluateAll((files) => files.map((file) => file.getAttribute('data-name')));
		assert.deepEqual([...shown, ...wanted, bundle].flat().sort(), [...names].sort());
		await one.page.close();
	});

test('the words of it: laptop and phone, Chinese and English', async () => {
	for (const [name, userAgent] of [['windows', table[0][1]], ['uos', table[3][1]], ['linux', table[7][1]], ['mac', table[10][1]]]) {
		const one = await tabOf(userAgent);
		await one.page.goto(`${hall.origin}/renew`);
		await look(one, `installer-${name}`, (language) => one.page.locator('[data-test="installer"] h3', { hasText: language === 'zh' ? '下载并安装数字证书控件' : 'Get the key agent' }).waitFor());
		assert.doesNotMatch(await one.page.locator('#view').innerText(), /(installer|file)\.[a-z]|\{\w+\}|undefined/);
		await one.page.close();
	}
});

test('the page of downloads: for this computer first, then every file with its SHA-256', async () => {
	const one = await tabOf(table[0][1]);
	await one.page.goto(hall.origin);
	await one.test('download-agent').click();
	await one.test('file').first().waitFor();
	assert.equal(new URL(one.page.url()).pathname, '/downloads');
	assert.deepEqual(await offered(one), ['keyhall-setup-1.2.0-x64.exe']);
	for (const file of await one.test('file').all()) {
		const [download] = await Promise.all([one.page.waitForEvent('download'), file.locator('a').click()]);
		assert.equal(sha256(await download.path()), await file.locator('[data-test="file-hash"]').innerText());
	}
	assert.equal(await one.test('file').count(), names.length);
	await look(one, 'downloads', (language) => one.page.locator('h1', { hasText: language === 'zh' ? '下载中心' : 'Downloads' }).waitFor());
	await one.page.close();
});

test('no agent, then one that is too old, then a new one: each is seen without a click', async () => {
	const one = await tabOf(table[0][1]);
	await one.page.goto(`${hall.origin}/renew`);
	await one.page.locator('[data-test="installer"][data-why="agent.not_running"]').waitFor();
	const old = await agent('', port, '0.9.1');
	await one.page.locator('[data-test="installer"][data-why="agent.outdated"]').waitFor();
	assert.match(await one.page.locator('#view').innerText(), /版本过低（0\.9\.1）[^]*1\.0\.0/);
	assert.ok(await one.test('check-next').isDisabled());
	await look(one, 'outdated', (language) => one.page.locator('[data-test="installer"] h3', { hasText: language === 'zh' ? '下载并更新数字证书控件' : 'Update the key agent' }).waitFor());
	old.close();
	const fresh = await agent('', port, '1.2.0');
	await one.test('check-ready').waitFor();
	await one.page.waitForLoadState('networkidle');
	assert.equal(await one.page.locator('[data-test="installer"], [data-test="installer-newer"]').count(), 0);
	assert.ok(await one.test('check-next').isEnabled());
	await one.page.close();
	fresh.close();
});

test('an agent that will do, and a newer one: said, and the clerk goes on', async () => {
	const one = await tabOf(table[3][1]);
	const running = await agent('', port, '1.1.9');
	await one.page.goto(`${hall.origin}/renew`);
	await one.test('installer-newer').waitFor();
	await look(one, 'newer', (language) => one.test('installer-newer').filter({ hasText: language === 'zh' ? /1\.2\.0（本机为 1\.1\.9）/ : /Version 1\.2\.0 .* has 1\.1\.9/ }).waitFor());
	assert.ok(await one.test('check-next').isEnabled());
	await one.test('installer-newer').locator('a').click();
	await one.test('installer-download').waitFor();
	assert.deepEqual(await offered(one), ['keyhall_1.2.0_amd64.deb']);
	await one.page.close();
	running.close();
});

test('an agent that does not know this hall: its settings, and the page goes on', async () => {
	const one = await tabOf(table[0][1]);
	const strange = await agent('origin', port);
	await one.page.goto(`${hall.origin}/renew`);
	await one.page.locator('[data-test="installer"][data-why="origin.denied"]').waitFor();
	const [download] = await Promise.all([one.page.waitForEvent('download'), one.test('installer-bundle').click()]);
	assert.equal(sha256(await download.path()), await one.test('installer-hash').innerText());
	await look(one, 'settings', (language) => one.page.locator('[data-test="installer"] h3', { hasText: language === 'zh' ? '为控件添加本服务厅的配置' : 'Tell the key agent of this hall' }).waitFor());
	strange.close();
	const told = await agent('', port);
	await one.test('check-ready').waitFor();
	await one.page.close();
	told.close();
});

test('an order that is paid: the agent comes, and the page stands where it was', async () => {
	const scene = await makeScene({ hall: true, keyType: 'ec-p256', prepare: (own) => ({ hallArgs: ['--downloads', fillDownloads(path.join(own, 'downloads'))] }) });
	const paying = await Clerk.open('chromium', path.join(scene.folder, 'profile'));
	try {
		await paying.untilPaid(scene.origin, certificateId(scene.oldPem), scene.company);
		await scene.daemon.stop();
		await paying.page.reload();
		await paying.page.locator('[data-test="installer"][data-why="agent.not_running"]').waitFor();
		await scene.daemon.again();
		await paying.step('install');
		await paying.test('update').waitFor();
		await paying.install();
		await paying.close();
	} finally { await scene.close(); }
});
