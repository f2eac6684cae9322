// Wherever a paid order stands and whatever goes wrong, the hall's page has a way on: a button, success, or the hotline.
// The hall is real, the agent and the order's state are made up in the page.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { HallCa } from '../lib/hall.mjs';
import { openCounter, pictures } from './counter.mjs';

const states = ['PAID', 'KEY_BOUND', 'APPLIED', 'ISSUED', 'INSTALLED', 'INVOICED', 'MANUAL', 'REFUND'];
const stages = { nothing: 'begin', key: 'install', certificate: 'install', 'encryption-key': 'install', installed: 'complete', completed: 'none' };
const hotline = '400-123-4567';

let hall, clerk;
openCounter(async (folder) => { await HallCa.make(path.join(folder, 'hall')); }, async (counter) => {
	({ hall, clerk } = counter);
	await clerk.page.setViewportSize({ width: 390, height: 844 });
	await clerk.page.goto(`${hall.origin}/renew`);
	await clerk.page.waitForFunction(() => window.Hall && window.Hall.state.hall);
});

// Runs in the page: an order, what its key shows, and how a run ends.
function pretend({ state, stage, next, busy = false, error = null, hotline: number, known = true }) {
	const { Hall } = window;
	const issued = { certificate: 'SIGN', chain: ['CA'], encryption: { certificate: 'ENC', envelope: 'AA==', format: 'rsa-aes-kw' } };
	const order = {
		id: '20261123-7QK4M2', state, price: 30000, key: 'new', tokenSerial: 'JK20240815001', company: '山西示例贸易有限公司',
		certificate: { id: 'aa', subject: 'O=山西示例贸易有限公司', company: '山西示例贸易有限公司', notBefore: '2025-12-01T00:00:00Z', notAfter: '2026-12-01T00:00:00Z' },
		...(['ISSUED', 'INSTALLED', 'INVOICED'].includes(state) && known ? { issued } : {}),
	};
	const certificate = (id, usage, pem) => ({
		id, usage, pem, token: 'pkcs11:one', subject: order.certificate.subject, issuer: 'CN=测试签发 CA', serialNumber: '3f0a91c2', hasPrivateKey: true,
		notBefore: '2026-11-23T00:00:00Z', notAfter: '2027-11-23T00:00:00Z',
	});
	const early = stage === 'nothing' || stage === 'key';
	const answers = {
		'token.list': { tokens: [{ token: 'pkcs11:one', serial: 'JK20240815001', label: '晋钥Key', pin: 'ok' }] },
		'certificate.list': { certificates: early ? [] : [certificate('01', 'sign', 'SIGN'), certificate('02', 'encrypt', 'ENC')] },
		'renewal.list': { renewals: [] },
		'renewal.inspect': { order: order.id, stage, next, source: 'key', busy },
	};
	Hall.agent.call = (method, params, done) => setTimeout(() => done(null, answers[method]), 1);
	Hall.agent.drive = (id, sides, options, done) => setTimeout(() => { options.onstep({ order: id, step: 'install' }); if (error) done(error); }, 1);
	Hall.api.order = (id, done) => setTimeout(() => done(null, order), 1);
	Hall.api.open = (pem, done) => setTimeout(() => done(null, order), 1);
	Hall.state.hall = { ...Hall.state.hall, hotline: number, dual: true };
	Hall.state.order = order;
	Hall.wizard.go('install');
}

async function stand(scene) {
	await clerk.page.evaluate(pretend, { hotline, next: stages[scene.stage], ...scene });
	await clerk.page.locator('#view[data-mode]:not([data-mode="key"]), #view[data-step="success"]').waitFor();
}

async function look(name) {
	assert.ok(await clerk.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than its window`);
	for (const width of pictures ? [1280, 390] : []) {
		await clerk.page.setViewportSize({ width, height: 844 });
		await clerk.page.screenshot({ path: path.join(pictures, `${name}-${width}.png`), fullPage: true });
	}
}

const text = () => clerk.page.locator('#view').innerText();

test('every state of the order at every stage of the key', async () => {
	const seen = {};
	for (const state of states)
		for (const stage of Object.keys(stages)) {
			await stand({ state, stage });
			const at = await clerk.page.locator('#view').evaluate((view) => view.getAttribute('data-mode') || view.getAttribute('data-step'));
			seen[`${state} ${stage}`] = at;
			if (at === 'paid') assert.ok(await clerk.test('update').isEnabled());
			else if (at === 'issued') assert.ok(await clerk.test('install').isEnabled());
			else if (at === 'stopped') assert.match(await text(), new RegExp(hotline));
			else assert.equal(at, 'success', `${state} ${stage}`);
			assert.doesNotMatch(await text(), /(install|stopped|state|recovery|hint)\.[a-z]|\{\w+\}|undefined/, `${state} ${stage}`);
			await look(`${state}-${stage}`);
		}
	const where = (wanted) => Object.keys(seen).filter((key) => seen[key] === wanted);
	assert.deepEqual(where('success'), ['INSTALLED completed', 'INVOICED completed']);
	assert.deepEqual(where('stopped'), [
		...['INSTALLED', 'INVOICED'].flatMap((state) => [`${state} nothing`, `${state} key`]),
		...['MANUAL', 'REFUND'].flatMap((state) => Object.keys(stages).map((stage) => `${state} ${stage}`)),
	]);
	assert.ok(where('issued').length === 6 + 6, 'ISSUED everywhere, and what INSTALLED and INVOICED leave to do');
});

test('every error: what failed, what to do, the button, the hotline; in both languages', async () => {
	await stand({ state: 'ISSUED', stage: 'key' });
	const names = await clerk.page.evaluate(() => Object.keys(window.Hall.problems));
	assert.ok(names.length > 60);
	for (const language of ['en', 'zh']) {
		await clerk.test(`language-${language}`).click();
		for (const full of names.filter((name) => !/^(agent\.busy)$/.test(name))) {
			const [area, reason, more] = full.split('.');
			const state = full === 'hall.pending' || full.startsWith('order.') ? 'APPLIED' : 'ISSUED';
			const data = more ? { left: more, what: more } : {};
			await clerk.page.evaluate(pretend, { hotline, state, stage: 'key', next: 'install', error: { name: `${area}.${reason}`, data } });
			await clerk.page.locator('[data-test="install"], [data-test="update"]').first().click();
			await clerk.mode('recovery');
			const lines = (await clerk.test('problem').innerText()).split('\n').filter(Boolean);
			assert.equal(lines.length, 4, `${full}: ${lines.join(' | ')}`);
			const [said, remedy] = lines.slice(1, 3);
			for (const one of [said, remedy]) assert.match(one, language === 'zh' ? /[\u4e00-\u9fff].*。$/ : /^[A-Z][^\u4e00-\u9fff]*\.$/, full);
			assert.ok(await clerk.page.locator('[data-test="recover"], [data-test="update"]').first().isEnabled());
			assert.match(await text(), new RegExp(`${hotline}`), full);
			await look(`error-${full}-${language}`);
		}
	}
});

test('busy: said, looked on, and gone on by itself', async () => {
	await stand({ state: 'ISSUED', stage: 'key', busy: true });
	await clerk.mode('watching');
	await clerk.error('agent.busy');
	await look('busy');
	await clerk.page.evaluate(() => {
		const { call } = window.Hall.agent;
		window.Hall.agent.call = (method, params, done) => call(method, params, (error, answer) => done(error, method === 'renewal.inspect' ? { ...answer, busy: false } : answer));
	});
	await clerk.test('install').waitFor();
});
