// A clerk with a browser: a profile that outlives the browser, and the steps of the hall's pages as functions.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, firefox } from 'playwright-core';
import { build } from '../lib/paths.mjs';

const launchers = {
	chromium: (profile, options) => chromium.launchPersistentContext(profile, { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], ...options }),
	firefox: (profile, options) => firefox.launchPersistentContext(profile, { channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', ...options }),
};

export class Clerk {
	// name: chromium or firefox; profile: a folder of its own. Open again with the same one: the clerk comes back.
	static async open(name, profile, options = {}) {
		const clerk = new Clerk();
		Object.assign(clerk, { name, profile, errors: [] });
		mkdirSync(profile, { recursive: true });
		clerk.context = await launchers[name](profile, { locale: 'zh-CN', viewport: { width: 1100, height: 900 }, ...options });
		clerk.context.setDefaultTimeout(120000);
		clerk.page = await clerk.tab();
		return clerk;
	}

	async tab() {
		const page = await this.context.newPage();
		page.on('pageerror', (error) => this.errors.push(error.message));
		return page;
	}

	// A second tab of the same browser, with steps of its own.
	async second() { return Object.assign(new Clerk(), this, { page: await this.tab() }); }

	test(name) { return this.page.locator(`[data-test="${name}"]`); }
	step(name) { return this.page.locator(`#view[data-step="${name}"]`).waitFor(); }
	mode(name) { return this.page.locator(`#view[data-mode="${name}"]`).waitFor(); }
	error(name) { return this.page.locator(`[data-error="${name}"]`).first().waitFor(); }

	async picture(name) {
		const folder = path.join(build, 'test-logs');
		if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
		await this.page.screenshot({ path: path.join(folder, `${this.name}-${name}.png`), fullPage: true });
	}

	async close() {
		await this.context.close();
		assert.deepEqual(this.errors, [], 'no script error on a page');
	}

	/* ---- the steps ---- */

	async environment(origin) {
		await this.page.goto(`${origin}/renew`);
		await this.step('environment');
		await this.page.locator('[data-test="check-ready"], [data-test="check-late"]').waitFor();
		await this.test('check-next').click();
		await this.step('choose');
	}

	async choose(id) {
		const card = this.page.locator(`[data-certificate="${id}"]`);
		await card.locator('[data-test="renew"], [data-test="continue"]').click();
	}

	async verifyPin() {
		await this.step('pin');
		await this.test('pin-verify').click();
	}

	async confirm({ contact }) {
		await this.step('confirm');
		for (const [field, value] of [['contact', contact.name], ['phone', contact.phone], ['email', contact.email]])
			await this.test(`field-${field}`).fill(value);
		await this.test('seal').check();
		await this.test('confirm').click();
	}

	// how: pay, pay-late, pay-twice, pay-silent of the bank's page, which opens in a tab as the QR code would on a phone.
	async pay(how = 'pay') {
		await this.step('pay');
		await this.test('pay').click();
		await this.test('qr').waitFor();
		const bank = await this.tab();
		await bank.goto(new URL(await this.test('pay-link').getAttribute('href'), this.page.url()).href);
		if (how !== 'pay') await bank.locator('[data-test="testers"]').click();
		await bank.locator(`[data-test="${how}"]`).click();
		await bank.locator('[data-test="bank-done"]').waitFor();
		await bank.close();
		await this.page.bringToFront();
	}

	async untilPaid(origin, id, company) {
		await this.environment(origin);
		await this.choose(id);
		await this.verifyPin();
		await this.confirm(company);
		await this.pay();
		await this.step('install');
		await this.test('update').waitFor();
	}

	// From 【更新】 to the end.
	async install() {
		await this.test('update').click();
		await this.test('install').click();
		await this.succeed();
	}

	async succeed() {
		await this.test('success').waitFor();
		assert.match(await this.test('success').innerText(), /证书更新成功/);
	}
}
