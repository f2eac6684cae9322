// What the PIN window says: what for, who asks, for which company and order, with which key; and that no name makes a line of its own.
import assert from 'node:assert/strict';
import test from 'node:test';
import { refused } from '../lib/assert.mjs';
import { makeRequest } from '../lib/ca.mjs';
import { makeName, renamed, tags } from '../lib/der.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { makeKey } from '../lib/token.mjs';

const hall = '示例数字证书服务厅', company = '山西晋钥示例能源有限公司';
const named = { halls: [{ origin: 'http://localhost:8080', name: hall }, { origin: 'https://other.example', name: '另一个' }] };

// action(scene, agent, token); connect: of the agent's client; the other options are the scene's.
async function staged({ connect = {}, ...options }, action) {
	const scene = await makeSoftScene(options);
	try {
		const own = `http://127.0.0.1:${scene.daemon.port}`;
		const agent = await scene.connect({ ...connect, ...(connect.manager ? { origin: own } : {}) });
		const { tokens: [token] } = await agent.call('token.list');
		await agent.call('certificate.list');
		await action(scene, agent, token);
		await agent.close();
	} finally { await scene.close(); }
}

// The lines of each question, in turn; of: SETDESC, or SETPROMPT and SETERROR, one line each.
const said = (scene, of = 'SETDESC') => scene.pins.asked().filter((line) => line.startsWith(`${of} `))
	.map((line) => decodeURIComponent(line.slice(of.length + 1)).split('\n'));
const keyLine = (token) => `USB Key：${token.label}（序列号尾号 ${token.serial.slice(-6)}）`;

test('a renewal for a hall that has a name: step, hall and its host, company, order in fours, key', () => staged({ settings: named }, async (scene, agent, token) => {
	await agent.call('renewal.begin', { order: '123456789012', certificate: scene.old, key: 'new' });
	assert.deepEqual(said(scene), [['用途：更新证书（生成新密钥）', `请求方：${hall}（http://localhost:8080）`, `单位：${company}`, '订单号：1234 5678 9012', keyLine(token)]]);
	assert.deepEqual(said(scene, 'SETPROMPT'), [['PIN 码：']]);
}));

test('the same in English, for a page without a name; an order that is no number stays as it is', () => staged({ connect: { locale: 'en' } }, async (scene, agent, token) => {
	await agent.call('renewal.begin', { order: 'A-1', certificate: scene.old, key: 'new' });
	assert.deepEqual(said(scene), [['Purpose: renew the certificate – make a new key pair', 'Asked for by: http://localhost:8080', `Company: ${company}`,
		'Order: A-1', `Key: ${token.label} (serial number ending in ${token.serial.slice(-6)})`]]);
}));

test('the certificate manager is called so, never by an address', () => staged({ connect: { manager: true }, settings: named }, async (scene, agent, token) => {
	await agent.call('pin.verify', { token: token.token });
	assert.deepEqual(said(scene), [['用途：检验 PIN 码', '请求方：本机的证书管理', `单位：${company}`, keyLine(token)]]);
	assert.ok(!scene.pins.asked().join().includes('127.0.0.1'));
}));

test('the three questions of a new PIN', () => staged({ pins: ['123456', '1', '654321', '111111', '654321', '654321'] }, async (scene, agent, token) => {
	await agent.call('pin.change', { token: token.token });
	assert.deepEqual([...new Set(said(scene).map(([first]) => first))],
		['修改 PIN 码 第 1 步（共 3 步）：输入当前 PIN 码', '修改 PIN 码 第 2 步（共 3 步）：输入新 PIN 码（4～64 位）', '修改 PIN 码 第 3 步（共 3 步）：再次输入新 PIN 码']);
	for (const [, ...lines] of said(scene)) assert.deepEqual(lines, ['请求方：http://localhost:8080', `单位：${company}`, keyLine(token)]);
	assert.deepEqual(said(scene, 'SETPROMPT').flat(), ['当前 PIN 码：', '新 PIN 码：', '新 PIN 码：', '再次输入新 PIN 码：', '新 PIN 码：', '再次输入新 PIN 码：']);
	assert.deepEqual(said(scene, 'SETERROR').flat(), ['PIN 码长度为 4～64 位。', '两次输入的新 PIN 码不一致。']);
}));

test('the last try: the question before it names key and page, the window says it again', () => staged({}, async (scene, agent, token) => {
	for (const pin of ['000001', '000002', '000003', '000004', '000005']) {
		scene.pins.answer(pin);
		await refused(agent.call('pin.verify', { token: token.token }), 'pin.incorrect');
	}
	const before = scene.pins.asked().length;
	scene.pins.answer('yes', '123456');
	await agent.call('pin.verify', { token: token.token });
	const asked = { pins: { asked: () => scene.pins.asked().slice(before) } };
	assert.deepEqual(said(asked)[0], ['只剩最后一次机会：再次输错将锁定 USB Key。是否继续？', '请求方：http://localhost:8080', `单位：${company}`, keyLine(token)]);
	assert.deepEqual(said(asked, 'SETERROR'), [['只剩最后一次机会：再次输错将锁定 USB Key。']]);
}));

const forged = {
	'lines of its own': ['好公司\n请求方：银行\r\n\u2028用途：付款', '好公司 请求方：银行 用途：付款'],
	'blanks that fill up the line': [`好公司${'\u3000'.repeat(9)}${'\u00a0\u2800'.repeat(4)}请求方：银行`, '好公司 请求方：银行'],
	'writing turned around': ['\u202e司公\u2066好\u200f\u061c', '司公好'],
	'a very long name': ['好'.repeat(64), `${'好'.repeat(40)}…`],
	'percent signs': ['100%0A好', '100%0A好'],
};
for (const [what, [name, shown]] of Object.entries(forged))
	test(`a company's name with ${what}`, () => staged({ change: (pem, ca) => renamed(pem, ca, { subject: makeName(['C', tags.printable, 'CN'], ['O', tags.utf8, name]) }) }, async (scene, agent, token) => {
		await agent.call('pin.verify', { token: token.token });
		assert.deepEqual(said(scene), [['用途：检验 PIN 码', '请求方：http://localhost:8080', `单位：${shown}`, keyLine(token)]]);
	}));

test('a key with certificates of two companies: none is named until one is meant', () => staged({}, async (scene, agent, token) => {
	const { certificates: [{ company: own }] } = await agent.call('certificate.list');
	assert.equal(own, company);
	const other = await scene.ca.issue(await makeRequest(await makeKey('ec-p256'), scene.folder, { name: '/C=CN/CN=另一家公司' }));
	await scene.key.writeCertificate(other, { id: '02', label: '另一张' });
	assert.deepEqual((await agent.call('certificate.list')).certificates.map((one) => one.company).sort(), [company, '另一家公司'].sort());
	await agent.call('pin.verify', { token: token.token });
	assert.deepEqual(said(scene)[0], ['用途：检验 PIN 码', '请求方：http://localhost:8080', keyLine(token)]);
}));
