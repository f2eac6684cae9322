// What made clerks fail or fear, each shown mended: a real hall, its pages in Chromium, and an agent under the test's hand.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { company, makeRequest } from '../lib/ca.mjs';
import { Hall, HallCa } from '../lib/hall.mjs';
import { freePort, removeFolder, temporaryFolder } from '../lib/process.mjs';
import { certificateId, makeKey } from '../lib/token.mjs';
import { Clerk } from './clerk.mjs';

const year = 365 * 864e5, at = (ms) => new Date(Date.now() + ms).toISOString();
const one = { token: 'pkcs11:serial=ONE', serial: 'ONE', label: '晋钥Key', model: 'JK-1', manufacturer: 'JK', module: 'libjk.so', pin: 'ok' };
const row = (id, state = 'ok', more = {}) => ({ id, state, code: state === 'ok' ? 'ok' : `${id}.${state}`, number: 2999, text: `${id} 的说明。`, ...more });
const well = ['agent', 'version', 'hall', 'anchors', 'usb', 'driver', 'reader', 'key', 'pin', 'space', 'window', 'certificate', 'state'].map((id) => row(id));
let folder, ca, hall, agent, clerk, pem;

// answers: method → result, {error} or a function; null never answers.
async function makeAgent(port) {
	const server = http.createServer(), sockets = new WebSocketServer({ server, handleProtocols: () => 'keyhall.v1' });
	const made = { port, answers: {}, calls: [] };
	sockets.on('connection', (socket, request) => socket.on('message', (data) => {
		const { id, method, params } = JSON.parse(data), hello = { version: '1.0.0', protocol: 1, origin: request.headers.origin, time: at(0), features: [] };
		const known = { 'agent.hello': hello, ...made.answers }[method], given = typeof known === 'function' ? known(params) : known;
		made.calls.push([method, params]);
		if (given === null) return;
		const said = given?.error ? { error: { code: given.code, message: given.error, data: { name: given.error, retry: 'user' } } } : { result: given ?? {} };
		socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...said }));
	}));
	made.tell = (method, params) => { for (const socket of sockets.clients) socket.send(JSON.stringify({ jsonrpc: '2.0', method, params })); };
	made.open = () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
	made.close = () => { for (const socket of sockets.clients) socket.terminate(); server.close(); };
	await made.open();
	return made;
}

const certificate = (more = {}) => ({
	id: certificateId(pem), token: one.token, usage: 'sign', subject: `CN=${company.name},O=${company.name}`, issuer: 'CN=测试签发 CA', serialNumber: '3f0a91c2', keyType: 'ec-p256',
	notBefore: at(-345 * 864e5), notAfter: at(20 * 864e5), renewal: { state: 'open', opens: at(-10 * 864e5), closes: at(385 * 864e5), daysLeft: 20 }, pem, ...more,
});

before(async () => {
	folder = temporaryFolder();
	ca = await HallCa.make(path.join(folder, 'hall'));
	const port = await freePort();
	agent = await makeAgent(port);
	hall = await Hall.start({ folder, state: ca.state, agentPorts: [port], args: ['--agent-download', 'https://example.cn/agent', '--driver-download', 'https://example.cn/driver',
		'--apply', '/apply', '--ca-zh', '山西省示例认证中心', '--icp', '晋ICP备00000000号'] });
});
after(async () => {
	agent.close();
	await hall.stop();
	removeFolder(folder);
});
beforeEach(async (t) => {
	pem = await ca.certify(await makeRequest(await makeKey('ec-p256'), folder), -345, 20);
	agent.answers = { 'environment.check': { items: well }, 'token.list': { tokens: [one] }, 'certificate.list': { certificates: [certificate()] }, 'renewal.list': { renewals: [] }, 'pin.verify': {} };
	agent.calls.length = 0;
	clerk = await Clerk.open('chromium', path.join(folder, `profile-${t.name.slice(0, 8)}`), { viewport: { width: 1366, height: 625 } });
});
const ended = (action) => async () => { try { await action(); } finally { await clerk.close(); } };

const check = async () => { await clerk.page.goto(`${hall.origin}/renew`); await clerk.step('environment'); };
const choose = async () => { await clerk.environment(hall.origin); await clerk.page.locator('[data-certificate]').first().waitFor(); };
const atPin = async () => { await choose(); await clerk.choose(certificateId(pem)); await clerk.test('pin-verify').waitFor(); };
const text = () => clerk.page.locator('#view').innerText();
const focused = () => clerk.page.evaluate(() => document.activeElement.tagName);
const aboveFold = async (name) => { const box = await clerk.test(name).first().boundingBox(); assert.ok(box.y + box.height <= 625, `${name} ends at ${box.y + box.height}`); };

test('1: where to get the agent and the driver', ended(async () => {
	agent.close();
	await check();
	const link = clerk.page.locator('[data-check="link"][data-state="fail"]');
	await link.waitFor();
	assert.equal(await link.locator('a').getAttribute('href'), 'https://example.cn/agent');
	assert.match(await link.innerText(), /代码 9101/);
	await clerk.page.goto(hall.origin);
	for (const name of ['agent', 'driver']) {
		await clerk.test(`download-${name}`).waitFor();
		assert.equal(await clerk.test(`download-${name}`).getAttribute('href'), `https://example.cn/${name}`);
	}
	assert.match(await clerk.page.locator('footer').innerText(), /山西省示例认证中心[^]*晋ICP备00000000号/);
	await agent.open();
	agent.answers['environment.check'] = { items: [...well.filter((item) => item.id !== 'driver'), row('driver', 'fail', { remedy: { kind: 'driver', text: '请安装驱动。' } })] };
	await check();
	assert.equal(await clerk.page.locator('[data-check="driver"] a').getAttribute('href'), 'https://example.cn/driver');
}));

test('4: a driver that does not answer: what is waited for, how long at most', ended(async () => {
	agent.answers['certificate.list'] = null;
	await check();
	await clerk.test('check-next').click();
	await clerk.test('slow').waitFor({ timeout: 15000 });
	assert.match(await clerk.test('slow').innerText(), /已等待 5 秒，最长约 65 秒/);
	await clerk.page.locator('[data-test="slow"]', { hasText: '已等待 10 秒' }).waitFor();
}));

test('6, 7, 14: the seal before the payment, numbers to be read out, phones as people write them', ended(async () => {
	await atPin();
	assert.match(await text(), /订单号\s+\d{4} \d{4} \d{4}/);
	await clerk.verifyPin();
	await clerk.step('confirm');
	await aboveFold('confirm');
	assert.equal(await clerk.page.title(), '确认信息 - 证书更新');
	await clerk.test('field-contact').fill('王小明');
	await clerk.test('field-phone').fill('12345');
	await clerk.test('confirm').click();
	assert.match(await clerk.test('error-phone').innerText(), /手机号码/);
	for (const phone of ['138-0013-8000', '138 0013 8000', '+86 13800138000', '(0351) 123-4567', '0351-1234567-12']) {
		await clerk.test('field-phone').fill(phone);
		await clerk.test('confirm').click();
		assert.equal(await clerk.test('error-phone').innerText(), '', phone);
		assert.match(await clerk.test('error-seal').innerText(), /勾选/, 'nothing is paid before the seal was read about');
	}
	await clerk.test('field-phone').fill('138-0013-8000');
	await clerk.test('seal').check();
	await clerk.test('confirm').click();
	await clerk.step('pay');
	assert.equal(await clerk.page.evaluate(() => window.Hall.state.order.contact.phone), '13800138000');
	await clerk.test('pay').click();
	await clerk.test('qr').waitFor();
	assert.notEqual(await focused(), 'BODY');
	assert.ok((await clerk.test('qr').boundingBox()).width >= 240);
}));

test('8, 14: the key is away at the PIN: said, and gone by itself when it is back; 取消 is no failure', ended(async () => {
	agent.answers['pin.verify'] = { error: 'token.absent', code: 1401 };
	await atPin();
	await clerk.verifyPin();
	await clerk.error('token.absent');
	assert.notEqual(await focused(), 'BODY');
	assert.match(await text(), /请插入 USB Key[^]*错误代码：1401/);
	agent.answers['token.list'] = { tokens: [] };
	await clerk.test('pin-again').click();
	await clerk.test('key-wrong').waitFor();
	agent.answers['token.list'] = { tokens: [one] };
	agent.answers['pin.verify'] = { error: 'pin.cancelled', code: 1501 };
	agent.tell('token.changed', { tokens: [one] });
	await clerk.test('pin-verify').waitFor();
	await clerk.verifyPin();
	await clerk.error('pin.cancelled');
	assert.doesNotMatch(await text(), /未通过/);
	agent.answers['pin.verify'] = { error: 'token.removed', code: 1402 };
	await clerk.test('pin-again').click();
	await clerk.error('token.removed');
	agent.tell('token.changed', { tokens: [one] });
	await clerk.test('pin-verify').waitFor();
	assert.equal(await clerk.test('problem').count(), 0);
}));

test('9: an order that was paid on another computer looks paid', ended(async () => {
	const client = hall.client(), { order } = await client.post('/api/orders', { certificate: pem });
	await client.post(`/api/orders/${order.id}/bind`, { tokenSerial: 'ONE' });
	await client.post(`/api/orders/${order.id}/confirm`, { company: company.name, creditCode: company.creditCode, contact: company.contact });
	const { order: open } = await client.post(`/api/orders/${order.id}/payment`, {});
	await client.pay(open.payment);
	await choose();
	const card = clerk.page.locator(`[data-certificate="${certificateId(pem)}"][data-order="${order.id}"]`);
	await card.waitFor();
	assert.match(await card.innerText(), /已支付，待更新[^]*继续办理/);
	assert.equal(await clerk.test('renew').count(), 0);
	await clerk.page.goto(hall.origin);
	await clerk.test('continue').waitFor();
	assert.equal(await clerk.test('start').innerText(), '继续办理');
}));

test('10, 11: days; a pair is one card; the cards always come in one order', ended(async () => {
	const list = [
		certificate({ id: '03'.repeat(32), notBefore: at(-year), notAfter: at(-8000) }),
		certificate({ id: '02'.repeat(32), notBefore: at(-year + 5000), notAfter: at(10 * 864e5 + 36e5) }),
		certificate({ id: '01'.repeat(32), notBefore: at(-year), notAfter: at(10 * 864e5 + 36e5), usage: 'encrypt' }),
		certificate({ id: '04'.repeat(32), notBefore: at(-year), notAfter: at(-2 * 864e5 - 36e5) }),
		certificate({ id: '05'.repeat(32), notBefore: at(-3 * year), notAfter: at(-2 * year), usage: 'encrypt' }),
	];
	for (const certificates of [list, list.toReversed()]) {
		agent.answers['certificate.list'] = { certificates };
		await choose();
		const cards = clerk.page.locator('[data-certificate]');
		assert.deepEqual(await cards.evaluateAll((all) => all.map((card) => card.getAttribute('data-certificate').slice(0, 2))), ['04', '03', '02', '05']);
		assert.deepEqual(await clerk.test('days').allInnerTexts(), ['已过期 2 天', '今天已过期', '剩余 10 天', `已过期 ${2 * 365} 天`]);
		assert.equal(await clerk.page.locator(`[data-encrypt="${'01'.repeat(32)}"]`).getAttribute('data-certificate'), '02'.repeat(32));
		assert.deepEqual(await cards.evaluateAll((all) => all.map((card) => card.dataset.urgency)), ['over', 'over', 'soon', 'over']);
		await clerk.page.goto('about:blank');
	}
}));

test('12: expired too long ago: said at the check, with the way to a new application', ended(async () => {
	agent.answers['environment.check'] = { items: [...well.filter((item) => item.id !== 'certificate'), row('certificate', 'warn', { code: 'certificate.late', remedy: { kind: 'contact', text: '请重新申请证书。' } })] };
	agent.answers['certificate.list'] = { certificates: [certificate({ notBefore: at(-800 * 864e5), notAfter: at(-400 * 864e5) })] };
	await check();
	await clerk.test('check-late').waitFor();
	assert.doesNotMatch(await text(), /可以办理更新/);
	assert.equal(await clerk.test('apply').getAttribute('href'), '/apply');
	await clerk.test('check-next').click();
	await clerk.test('why-not').waitFor();
	assert.equal(await clerk.test('apply').getAttribute('href'), '/apply');
}));

test('14: addresses: unknown pages, unknown orders, another name of this computer, 【后退】', ended(async () => {
	const response = await clerk.page.goto(`${hall.origin}/nowhere`);
	assert.equal(response.status(), 404);
	await clerk.test('absent').waitFor();
	assert.equal((await hall.client().get('/nowhere').catch((error) => error)).name, 'page.absent', 'a program gets the error');
	await clerk.page.goto(`${hall.origin.replace('localhost', '127.0.0.1')}/renew?order=999999999999`);
	await clerk.test('order-missing').waitFor();
	assert.match(clerk.page.url(), /^http:\/\/localhost/);
	assert.match(await clerk.test('order-missing').innerText(), /9999 9999 9999/);
	await clerk.page.goBack();
	await clerk.step('environment');
	await clerk.test('check-next').click();
	await clerk.choose(certificateId(pem));
	await clerk.verifyPin();
	await clerk.step('confirm');
	await clerk.page.goBack();
	await clerk.step('choose');
	await clerk.test('continue').click();
	await clerk.step('confirm');
	assert.equal(await clerk.page.locator('#live').innerText(), '', 'nothing of an earlier step is read out');
}));

test('a laptop\'s fold: three lines for a clerk, and the way on in sight', ended(async () => {
	await check();
	await clerk.test('check-ready').waitFor();
	assert.deepEqual(await clerk.page.locator('[data-group]').evaluateAll((all) => all.map((one) => [one.dataset.group, one.dataset.state])),
		[['control', 'ok'], ['driver', 'ok'], ['key', 'ok']]);
	assert.equal(await clerk.page.locator('[data-check]:visible').count(), 0);
	await clerk.test('check-details').click();
	assert.ok(await clerk.page.locator('[data-check]:visible').count() >= well.length);
	await aboveFold('check-next');
	await clerk.test('check-next').click();
	await clerk.test('renew').waitFor();
	await aboveFold('renew');
}));
