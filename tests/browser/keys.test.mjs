// What real keys do, on the hall's pages: keys that tell little before a login, several keys, keys that cannot be used yet.
// The hall is real; the agent is made up in the page.
import assert from 'node:assert/strict';
import path from 'node:path';
import { beforeEach, test } from 'node:test';
import { makeRequest } from '../lib/ca.mjs';
import { HallCa } from '../lib/hall.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { openCounter, pictures } from './counter.mjs';

let folder, ca, hall, clerk, pem;
openCounter(async (own) => { ca = await HallCa.make(path.join(own, 'hall')); }, (counter) => { ({ folder, hall, clerk } = counter); });
beforeEach(async () => {
	pem = await ca.certify(await makeRequest(await makeKey('ec-p256'), folder), -345, 20);
	await clerk.page.goto('about:blank');
});

// Runs in the page: instead of the SDK's client an agent with these answers; each may be a list, told one after the other.
function pretend(answers) {
	window.Hall.agent.setLanguage();
	const calls = window.calls = [];
	window.Hall.agent.call = (method, params, done) => {
		calls.push([method, params]);
		const given = answers[method] ?? {};
		const answer = Array.isArray(given) ? given.length > 1 ? given.shift() : given[0] : given;
		setTimeout(() => (answer.error ? done({ name: answer.error, message: answer.error, data: {} }) : done(null, answer)), 1);
	};
	window.Hall.agent.connect = (done) => setTimeout(() => done(null), 1);
	window.Hall.wizard.go('environment');
}

const key = (name, more = {}) => ({ token: `pkcs11:serial=${name}`, serial: name, label: '晋钥Key', model: 'JK-1', manufacturer: 'JK', module: 'libjk.so', pin: 'ok', ...more });
const row = (id, state = 'ok', more = {}) => ({ id, state, code: state === 'ok' ? 'ok' : `${id}.${state}`, text: id, ...more });
const certificate = (token, more = {}) => ({
	id: certificateId(pem), token: token.token, usage: 'sign', subject: 'CN=山西示例贸易有限公司,O=山西示例贸易有限公司', issuer: 'CN=测试签发 CA', serialNumber: '3f0a91c2', keyType: 'ec-p256',
	notBefore: '2025-12-01T00:00:00Z', notAfter: new Date(Date.now() + 20 * 864e5).toISOString(), renewal: { state: 'open' }, pem, ...more,
});
const common = ['agent', 'hall', 'anchors', 'driver'].map((id) => row(id));
const fine = { items: [...common, row('key'), row('pin'), row('certificate')] };

async function open(answers) {
	await clerk.page.goto(`${hall.origin}/renew`);
	await clerk.page.waitForFunction(() => window.Hall && window.Hall.state.hall && window.Hall.wizard.current());
	await clerk.page.evaluate(pretend, { 'environment.check': fine, 'renewal.list': { renewals: [] }, ...answers });
}
async function choose(answers) {
	await open(answers);
	await clerk.test('check-ready').waitFor();
	await clerk.test('check-next').click();
	await clerk.step('choose');
}
const calls = (method) => clerk.page.evaluate((name) => window.calls.filter(([one]) => one === name).map(([, params]) => params), method);
const text = () => clerk.page.locator('#view').innerText();

async function look(name) {
	assert.ok(await clerk.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than its window`);
	assert.doesNotMatch((await text()).replace(/错误代码：.*/g, ''), /(choose|check|pin|reveal|key)\.[a-z]+\b(?!:)|\{\w+\}|undefined/, name);
	for (const width of pictures ? [1100, 390] : []) {
		await clerk.page.setViewportSize({ width, height: 900 });
		await clerk.page.screenshot({ path: path.join(pictures, `keys-${name}-${width}.png`), fullPage: true });
	}
}

test('M14: 更新 is offered unless the private key is known to be missing', async () => {
	const one = key('ONE');
	const list = [certificate(one), certificate(one, { id: '22'.repeat(32), hasPrivateKey: true }), certificate(one, { id: '33'.repeat(32), hasPrivateKey: false })];
	await choose({ 'token.list': { tokens: [one] }, 'certificate.list': { certificates: list } });
	await clerk.test('renew').first().waitFor();
	for (const [i, { id }] of list.entries()) assert.equal(await clerk.page.locator(`[data-certificate="${id}"] [data-test="renew"]`).count(), i < 2 ? 1 : 0);
	await look('unknown-private-key');
});

test('M13: a key that shows no certificate: its PIN is asked for, then it is read again', async () => {
	const one = key('ONE');
	const checked = { items: [...common, row('key'), row('pin'), row('certificate', 'unknown', { text: '不输入 PIN 码无法得知' })] };
	await choose({ 'environment.check': checked, 'token.list': { tokens: [one] }, 'certificate.list': [{ certificates: [] }, { certificates: [certificate(one)] }], 'pin.verify': [{ error: 'pin.incorrect' }, {}] });
	await clerk.test('reveal').waitFor();
	assert.match(await text(), /不输入 PIN 码无法得知/);
	await look('reveal');
	await clerk.test('reveal-verify').click();
	await clerk.error('pin.incorrect');
	assert.equal((await calls('certificate.list')).length, 1);
	await clerk.test('reveal-verify').click();
	await clerk.test('renew').waitFor();
	assert.deepEqual(await calls('pin.verify'), [{ token: one.token }, { token: one.token }]);
});

test('M13: a key that a page has logged in to hides nothing', async () => {
	await choose({ 'token.list': { tokens: [key('ONE', { login: true })] }, 'certificate.list': { certificates: [] } });
	await clerk.page.locator('.empty').waitFor();
	assert.equal(await clerk.test('reveal').count(), 0);
});

test('M13: still none after the PIN: there is none; the next look asks again', async () => {
	const one = key('ONE');
	await choose({ 'token.list': { tokens: [one] }, 'certificate.list': { certificates: [] } });
	await clerk.test('reveal-verify').click();
	await clerk.page.locator('.empty').waitFor();
	assert.match(await text(), /该 USB Key 中没有证书/);
	await clerk.test('refresh').click();
	await clerk.test('reveal').waitFor();
});

test('M13: the certificate is hidden again at the PIN step: the chosen key is still the order\'s; later its PIN is asked for', async () => {
	const one = key('ONE', { serial: '' });
	await choose({ 'token.list': { tokens: [one] }, 'certificate.list': [{ certificates: [certificate(one)] }, { certificates: [] }] });
	await clerk.test('renew').click();
	await clerk.step('pin');
	await clerk.test('pin-verify').waitFor();
	const id = await clerk.page.evaluate(() => window.Hall.state.order.id);
	await clerk.page.goto(`${hall.origin}/renew?order=${id}`);
	await clerk.page.waitForFunction(() => window.Hall && window.Hall.state.hall && window.Hall.wizard.current());
	await clerk.page.evaluate(pretend, { 'environment.check': fine, 'renewal.list': { renewals: [] }, 'token.list': { tokens: [one] },
		'certificate.list': [{ certificates: [] }, { certificates: [] }, { certificates: [certificate(one)] }] });
	await clerk.test('check-next').click();
	await clerk.test('key-wrong').waitFor();
	await look('hidden-later');
	await clerk.test('reveal-verify').click();
	await clerk.test('pin-verify').waitFor();
});

test('M15: another key\'s locked PIN does not close 下一步; warn and unknown neither; the only key\'s does', async () => {
	const [one, two] = [key('ONE'), key('TWO', { pin: 'locked' })];
	const locked = (state) => row('pin', state, { code: 'pin.locked', text: 'PIN 码已锁定。', token: two.token });
	const sets = [
		[[row('key', 'warn'), row('pin', 'ok', { token: one.token }), locked('fail')], true],
		[[row('key', 'warn'), row('pin', 'ok', { token: one.token }), locked('warn'), row('certificate', 'unknown')], true],
		[[row('key'), locked('fail'), row('certificate')], false],
		[[row('key', 'warn'), row('pin', 'fail', { token: one.token }), locked('fail')], false],
		[[row('driver', 'fail'), row('pin', 'ok', { token: one.token })], false],
	];
	for (const [i, [rows, opens]] of sets.entries()) {
		await open({ 'environment.check': { items: [...common, ...rows] }, 'token.list': { tokens: [one, two] } });
		await clerk.page.locator('[data-test="check-ready"], [data-test="check-failing"]').waitFor();
		assert.equal(await clerk.test('check-next').isEnabled(), opens, `set ${i}`);
		await look(`another-key-${i}`);
	}
});

test('M15, M6: the chosen key is checked before its PIN: a row that fails stops there, and nothing is paid', async () => {
	const [one, two] = [key('ONE', { readonly: true }), key('TWO', { pin: 'locked' })];
	const bad = row('key', 'fail', { code: 'token.readonly', text: 'USB Key 处于写保护状态。', token: one.token, remedy: { kind: 'contact', text: '请拨打客服热线。' } });
	const others = row('pin', 'fail', { code: 'pin.locked', token: two.token });
	await choose({ 'environment.check': [{ items: [...common, row('key', 'warn'), row('pin')] }, { items: [...common, bad, others] }, { items: [...common, row('key'), others] }],
		'token.list': { tokens: [one, two] }, 'certificate.list': { certificates: [certificate(one)] } });
	await clerk.error('token.readonly');
	await look('readonly');
	await clerk.test('renew').click();
	await clerk.step('pin');
	await clerk.test('pin-checks').waitFor();
	assert.equal(await clerk.test('pin-verify').count(), 0);
	assert.equal(await clerk.page.locator('[data-check]').count(), 1);
	await look('readonly-pin');
	await clerk.test('check-again').click();
	await clerk.test('pin-verify').waitFor();
	const [everything, ...chosen] = await calls('environment.check');
	assert.deepEqual(Object.keys(everything), ['time'], 'all keys, and the hall\'s time');
	assert.deepEqual(chosen, [{ token: one.token }, { token: one.token }]);
});

test('M5: pin.expired at the check: 修改 PIN 码, and checked again', async () => {
	const one = key('ONE', { pin: 'expired' });
	const bad = row('pin', 'fail', { code: 'pin.expired', text: '须先修改 PIN 码才能使用该 USB Key。', remedy: { kind: 'change', text: '请修改 PIN 码。' } });
	for (const more of [{ token: one.token }, {}]) {
		await open({ 'environment.check': [{ items: [...common, row('key'), { ...bad, ...more }] }, fine], 'token.list': { tokens: [key('TWO'), one] }, 'pin.change': [{ error: 'pin.cancelled' }, {}] });
		await clerk.test('check-failing').waitFor();
		await look('expired-check');
		await clerk.test('pin-change').click();
		await clerk.error('pin.cancelled');
		await clerk.test('pin-change').click();
		await clerk.test('check-ready').waitFor();
		assert.deepEqual(await calls('pin.change'), [{ token: one.token }, { token: one.token }]);
	}
});

test('M5: pin.expired at the choice and at the PIN: changed there, and gone on', async () => {
	const one = key('ONE', { pin: 'expired' });
	await choose({ 'token.list': [{ tokens: [one] }, { tokens: [key('ONE')] }], 'certificate.list': { certificates: [certificate(one)] }, 'pin.verify': [{ error: 'pin.expired' }, {}] });
	await clerk.error('pin.expired');
	await look('expired-choose');
	await clerk.test('pin-change').click();
	await clerk.page.locator('[data-error="pin.expired"]').waitFor({ state: 'detached' });
	await clerk.test('renew').click();
	await clerk.verifyPin();
	await clerk.error('pin.expired');
	await look('expired-pin');
	await clerk.test('pin-change').click();
	await clerk.verifyPin();
	await clerk.step('confirm');
});

test('M16: two keys that cannot be told apart: named, and nothing to choose', async () => {
	const said = { error: 'token.ambiguous' };
	await choose({ 'token.list': { tokens: [key('ONE')] }, 'certificate.list': said });
	await clerk.error('token.ambiguous');
	assert.match(await text(), /请拔出其中一个/);
	assert.equal(await clerk.test('renew').count(), 0);
	await look('ambiguous');
});

test('M16: a key without a serial is bound as such', async () => {
	const one = key('ONE', { serial: '' });
	await choose({ 'token.list': { tokens: [one] }, 'certificate.list': { certificates: [certificate(one)] } });
	await clerk.test('renew').click();
	await clerk.verifyPin();
	await clerk.step('confirm');
	const order = await clerk.page.evaluate(() => window.Hall.state.order);
	assert.deepEqual([order.state, order.tokenSerial], ['BOUND', undefined]);
	assert.equal(await clerk.page.evaluate((token) => window.Hall.key.ofOrder(window.Hall.state.order).token === token, one.token), true);
	assert.equal(await clerk.page.evaluate((token) => window.Hall.key.summary(token), one), '晋钥Key');
});

test('P5: another computer, where a key tells only an order\'s mark: the order is found and goes on', async () => {
	const one = key('ONE');
	const { order } = await hall.client().post('/api/orders', { certificate: pem });
	const info = { mark: order.mark, stage: 'key', next: 'install', source: 'key', token: one.token };
	await choose({ 'token.list': { tokens: [one] }, 'certificate.list': { certificates: [certificate(one)] }, 'renewal.list': { renewals: [info, { ...info, mark: 'kh:of another hall' }] } });
	const card = clerk.page.locator(`[data-order="${order.id}"]`);
	await card.waitFor();
	await card.locator('[data-test="continue"]').click();
	await clerk.step('pin');
	await clerk.test('pin-verify').waitFor();
});

test('M7: the public key that the hall has bound goes along when the key is asked', async () => {
	await open({ 'renewal.inspect': { stage: 'key', next: 'install', source: 'key' }, 'token.list': { tokens: [key('ONE')] }, 'certificate.list': { certificates: [] } });
	await clerk.test('check-ready').waitFor();
	for (const publicKey of ['ab'.repeat(32), undefined]) {
		await clerk.page.evaluate((bound) => {
			window.calls.length = 0;
			window.Hall.state.order = { id: 'A', state: 'PAID', key: 'new', tokenSerial: 'ONE', certificate: { id: 'aa' }, publicKey: bound };
			window.Hall.wizard.go('install');
		}, publicKey);
		await clerk.test('update').waitFor();
		assert.deepEqual(await calls('renewal.inspect'), [publicKey ? { order: 'A', publicKey } : { order: 'A' }]);
	}
});
