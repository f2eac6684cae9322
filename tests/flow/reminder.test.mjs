// The reminder on a desktop: what it says, where a click leads, once a day, and when nothing is to be seen.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Bus } from '../lib/bus.mjs';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { makeName, renamed, tags } from '../lib/der.mjs';
import { Desktop } from '../lib/desktop.mjs';
import { alive, untilDead } from '../lib/processes.mjs';
import { removeFolder, run, sleep, temporaryFolder, until } from '../lib/process.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { makeKey } from '../lib/token.mjs';

const company = '山西晋钥示例能源有限公司';
const LONG_ENOUGH = 6000; // ms: twice the agent's pause before a reminder

// words: of the desktop; locked, deserted (nothing shows notifications): from the start; the other options are the scene's. No page is connected.
async function staged({ words = ['actions'], locked, deserted, env, settings, ...options }, action) {
	const folder = temporaryFolder(), desktop = await Desktop.start(folder, ...words);
	let scene;
	try {
		if (locked) await desktop.lock(true);
		if (deserted) await desktop.service.stop();
		scene = await makeSoftScene({ env: env ?? desktop.env, settings: { locale: 'zh-CN', ...settings }, ...options });
		scene.reminded = path.join(scene.daemon.settings.state, 'reminded');
		await action(scene, desktop);
	} finally {
		await scene?.close();
		await desktop.stop();
		removeFolder(folder);
	}
}

const again = async (scene) => { await scene.daemon.stop(); await scene.daemon.again(); };

test('in Chinese: company, day and days; a click opens the hall; once a day, also after a new start', () => staged({}, async (scene, desktop) => {
	const notice = await desktop.untilNotified();
	assert.equal(notice.application, '数字证书控件');
	assert.equal(notice.title, '数字证书即将到期');
	assert.match(notice.body, new RegExp(`^${company}：证书将于 \\d{4}-\\d\\d-\\d\\d 到期（剩余 (19|20) 天），现在可以办理更新。$`));
	assert.deepEqual(notice.actions, ['default', '前往更新', 'open', '前往更新']);
	await until(() => /a reminder/.test(scene.daemon.service.output()), 'the reminder to be noted');
	desktop.tell({ click: [notice.id, 'default'] });
	await until(() => desktop.opened().length > 0, 'the browser');
	assert.deepEqual(desktop.opened(), [`${scene.origin}/renew token-of-the-desktop`]);
	await again(scene);
	await sleep(LONG_ENOUGH);
	assert.equal(desktop.notifications.length, 1);
	await scene.daemon.stop();
	writeFileSync(scene.reminded, readFileSync(scene.reminded, 'utf8').replace(/^\S+/, '2026-01-01'));
	await scene.daemon.again();
	await desktop.untilNotified(2);
	await until(() => !readFileSync(scene.reminded, 'utf8').startsWith('2026-01-01'), 'the new day');
	assert.equal(desktop.opened().length, 1);
	assert.ok(!scene.daemon.service.output().includes(company), 'no name stands in the log');
}));

test('in English, of a certificate that has expired; the button does the same', () => staged({ settings: { locale: 'en' }, to: -3, from: -368 }, async (scene, desktop) => {
	const notice = await desktop.untilNotified();
	assert.deepEqual([notice.application, notice.title, notice.actions[1]], ['Key agent', 'Your certificate has expired', 'Renew']);
	assert.match(notice.body, new RegExp(`^${company}: the certificate expired on \\d{4}-\\d\\d-\\d\\d\\. It can be renewed until \\d{4}-\\d\\d-\\d\\d\\.$`));
	desktop.tell({ click: [notice.id, 'open'] });
	await until(() => desktop.opened().length > 0, 'the browser');
}));

test('the desktop\'s portal opens the hall where there is one', () => staged({ words: ['actions', 'portal'] }, async (scene, desktop) => {
	const { id } = await desktop.untilNotified();
	desktop.tell({ click: [id, 'default'] });
	await until(() => desktop.said('opened').length > 0, 'the portal');
	assert.deepEqual([desktop.said('opened'), desktop.said('token')], [[`${scene.origin}/renew`], ['token-of-the-desktop']]);
	await until(async () => (await notifiers(scene)).length === 0, 'the notification\'s program to end');
	assert.deepEqual(desktop.opened(), []);
}));

const notifiers = async (scene) => (await run('pgrep', ['-P', `${scene.daemon.service.pid}`, '-f', 'keyhall-notify'], { status: null })).stdout.trim().split('\n').filter(Boolean).map(Number);

test('dismissed: nothing opens; the agent\'s end takes away what still shows', () => staged({}, async (scene, desktop) => {
	const { id } = await desktop.untilNotified();
	desktop.tell({ dismiss: id });
	await until(async () => (await notifiers(scene)).length === 0, 'the notification\'s program to end');
	assert.deepEqual(desktop.opened(), []);
	await scene.daemon.stop();
	writeFileSync(scene.reminded, '');
	await scene.daemon.again();
	const { id: second } = await desktop.untilNotified(2);
	const [program] = await notifiers(scene);
	assert.ok(alive(program));
	await scene.daemon.kill();
	await until(() => desktop.said('closed').includes(second), 'the notification to be taken away');
	await untilDead([program]);
}));

test('a server without actions shows the address; one with markup gets text', () => staged({ words: ['markup'],
	change: (pem, ca) => renamed(pem, ca, { subject: makeName(['C', tags.printable, 'CN'], ['O', tags.utf8, '甲<b>&乙\n假行']) }) }, async (scene, desktop) => {
	const { body, actions } = await desktop.untilNotified();
	assert.match(body, /^甲&lt;b&gt;&amp;乙 假行：证书将于 [^\n]* http:\/\/localhost:8080\/renew$/);
	assert.deepEqual(actions, []);
}));

const quiet = {
	'switched off': { settings: { notify: false } },
	'not to be renewed yet': { to: 200, from: -100 },
	'too late': { to: -400, from: -800 },
	'an encryption certificate': { usage: 'encrypt' },
	'a locked screen': { locked: true },
};
for (const [what, options] of Object.entries(quiet))
	test(`nothing: ${what}`, () => staged(options, async (scene, desktop) => {
		await sleep(LONG_ENOUGH);
		assert.deepEqual(desktop.notifications, []);
		if (!options.locked) return;
		await desktop.lock(false);
		await again(scene);
		await desktop.untilNotified();
	}));

test('nothing: a hall\'s page is open; or the certificate was renewed and is still there', () => staged({}, async (scene, desktop) => {
	const page = await scene.connect();
	await sleep(LONG_ENOUGH);
	assert.deepEqual(desktop.notifications, []);
	await page.close();
	await scene.key.writeCertificate(await scene.ca.issue(await makeRequest(scene.pair, scene.folder)), { id: '02', label: '新证书' });
	await again(scene);
	await sleep(LONG_ENOUGH);
	assert.deepEqual(desktop.notifications, []);
}));

const deserted = { 'no bus': { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' } }, 'no program that shows it': { deserted: true } };
for (const [what, options] of Object.entries(deserted))
	test(`nothing, and no word in the log: ${what}`, () => staged(options, async (scene) => {
		await sleep(LONG_ENOUGH);
		assert.doesNotMatch(scene.daemon.service.output(), /warning|error|notification|reminder/i);
		const agent = await scene.connect();
		assert.equal((await agent.call('token.list')).tokens.length, 1);
		await agent.close();
	}));

// A certificate that may be renewed, on the key.
async function prepare(key, folder) {
	const pair = await makeKey('ec-p256'), ca = await Authority.make(path.join(folder, 'ca'));
	await key.importPair(pair);
	await key.writeCertificate(await ca.issue(await makeRequest(pair, folder), { notBefore: days(-345), notAfter: days(20) }));
}

test('a key that is plugged in while no page is there', async () => {
	const folder = temporaryFolder(), desktop = await Desktop.start(folder, 'actions');
	const stick = { id: '055c:e618', number: 4 };
	let bus;
	try {
		bus = await Bus.start({ drivers: { 'libgm3000_pkcs11.so': 'softkey' }, connect: false, env: desktop.env, prepare, settings: { origins: ['https://hall.example.cn'] } });
		await sleep(LONG_ENOUGH);
		assert.deepEqual(desktop.notifications, []);
		bus.key.putBack();
		bus.plugIn(stick);
		const { id } = await desktop.untilNotified();
		desktop.tell({ click: [id, 'default'] });
		await until(() => desktop.opened().length > 0, 'the browser');
		assert.match(desktop.opened()[0], /^https:\/\/hall\.example\.cn\/renew /);
		bus.key.pull();
		bus.pullOut(stick);
		await sleep(1500);
		bus.key.putBack();
		bus.plugIn(stick);
		await sleep(LONG_ENOUGH + 2000);
		assert.equal(desktop.notifications.length, 1, 'once a day');
	} finally {
		await bus?.stop();
		await desktop.stop();
		removeFolder(folder);
	}
});
