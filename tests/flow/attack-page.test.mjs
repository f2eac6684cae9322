// What a hostile page or program sends: odd upgrades, silence, floods, and leaving at the wrong moment.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import test, { after, before, describe } from 'node:test';
import { refused } from '../lib/assert.mjs';
import { sleep, until } from '../lib/process.mjs';
import { makeScene } from '../lib/scene.mjs';

let scene;
before(async () => { scene = await makeScene({ keyType: 'ec-p256', pins: ['wait', 'cancel'], origins: ['https://b.example'] }); });
after(() => scene.close());

const upgrade = (...headers) => ['GET / HTTP/1.1', `Host: 127.0.0.1:${scene.daemon.port}`, ...headers, 'Upgrade: websocket', 'Connection: Upgrade',
	'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, 'Sec-WebSocket-Protocol: keyhall.v1', '', ''].join('\r\n');

// A bare TCP connection. bytes: what came so far.
async function dial(text) {
	const socket = net.connect({ port: scene.daemon.port, host: '127.0.0.1' });
	const peer = { socket, bytes: Buffer.alloc(0), ended: false };
	socket.on('data', (data) => { peer.bytes = Buffer.concat([peer.bytes, data]); });
	for (const event of ['end', 'close', 'error']) socket.on(event, () => { peer.ended = true; });
	await new Promise((resolve) => socket.on('connect', resolve));
	if (text) socket.write(Buffer.from(text, 'latin1'));
	return peer;
}

// A text frame of a client (RFC 6455, 5.2), masked with zeros.
function frame(text) {
	const length = Buffer.byteLength(text);
	const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 255];
	return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(text)]);
}

async function refusal(...headers) {
	const peer = await dial(upgrade(...headers));
	await until(() => peer.ended, 'the close', 3000).catch(() => {});
	peer.socket.destroy();
	const body = peer.bytes.subarray(peer.bytes.indexOf('\r\n\r\n') + 4);
	return body.length > 4 && body[0] === 0x88 ? `${body.readUInt16BE(2)} ${body.subarray(4).toString()}` : `no close: ${body.toString('hex')}`;
}

describe('upgrades no browser sends', () => {
	for (const [what, headers] of [
		['a NUL behind the origin', () => [`Origin: ${scene.origin}\0.evil.example`]],
		['two origins, the right one first', () => [`Origin: ${scene.origin}`, 'Origin: https://evil.example']],
		['two origins, the right one last', () => ['Origin: https://evil.example', `Origin: ${scene.origin}`]],
		['an empty origin before the right one', () => ['Origin:', `Origin: ${scene.origin}`]],
		['capital letters', () => [`Origin: ${scene.origin.toUpperCase()}`]],
		['a dot behind the host', () => [`Origin: ${scene.origin.replace('localhost', 'localhost.')}`]],
		['a file', () => ['Origin: file://']],
		['an extension', () => ['Origin: chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']],
		['a very long origin', () => [`Origin: ${scene.origin}${'a'.repeat(300)}`]],
	])
		test(what, async () => assert.equal(await refusal(...headers()), '4403 origin'));

	test('two hosts', async () => assert.equal(await refusal('Host: evil.example', `Origin: ${scene.origin}`), '4403 host'));

	test('to HTTP/2', async () => {
		const peer = await dial(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${scene.daemon.port}\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
			'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n');
		await until(() => peer.ended, 'its end', 3000);
		assert.doesNotMatch(peer.bytes.toString('latin1'), /^HTTP\/1.1 101/);
		peer.socket.destroy();
	});
});

test('an origin that is no UTF-8 does not spoil the report', async () => {
	assert.equal(await refusal('Origin: https://\xff\xfe\xe4.example'), '4403 origin');
	const agent = await scene.connect();
	const { log } = await agent.call('diagnostics.report');
	assert.ok(log.some((line) => line.includes('refused a page: origin')));
	await agent.close();
});

test('two hundred silent connections do not keep a page out', { timeout: 20000 }, async () => {
	const peers = [];
	for (let i = 0; i < 200; i++) peers.push(await dial());
	const agent = await Promise.race([scene.connect(), sleep(5000)]);
	assert.ok(agent, 'no answer');
	await agent.close();
	for (const { socket } of peers) socket.destroy();
});

// A key that hangs: pages ask, go and come again. What they asked for is on its way still.
test('a page that asks and leaves does not fill the memory', { timeout: 60000 }, async () => {
	const agent = await scene.connect();
	await agent.call('token.list');
	const { pid } = scene.daemon.service, host = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
	process.kill(host, 'SIGSTOP');
	try {
		for (let i = 0; i < 20; i++) {
			const page = await scene.connect({ origin: 'https://b.example' });
			for (let n = 0; n < 64; n++) page.socket.send(`{"jsonrpc":"2.0","id":"${n}","method":"token.list","params":{}}`);
			await refused(page.call('token.list'), 'agent.busy');
			page.socket.terminate();
			await page.closed;
		}
		await Promise.race([refused(agent.call('token.list'), 'agent.busy'), sleep(3000).then(() => assert.fail('it was taken'))]);
	} finally { process.kill(host, 'SIGKILL'); }
	await until(async () => (await agent.call('token.list').catch(() => ({ tokens: [] }))).tokens.length === 1, 'another token host');
	await agent.close();
});

test('a page that reads nothing is closed', { timeout: 120000 }, async () => {
	for (let i = 0; i < 128; i++) await refusal(`Origin: https://${'a'.repeat(220)}.example`);
	const closes = () => scene.daemon.service.output().split('\n').filter((line) => / closed$/.test(line)).length;
	const peer = await dial(upgrade(`Origin: ${scene.origin}`));
	await until(() => peer.bytes.length > 0, 'the upgrade');
	peer.socket.write(frame('{"jsonrpc":"2.0","id":0,"method":"agent.hello","params":{"protocols":[1]}}'));
	await sleep(200);
	peer.socket.pause();
	const before = closes();
	for (let i = 0; i < 400 && closes() === before; i++) {
		for (let n = 0; n < 40; n++) peer.socket.write(frame('{"jsonrpc":"2.0","id":1,"method":"diagnostics.report","params":{}}'));
		await sleep(100);
	}
	assert.equal(closes(), before + 1);
	peer.socket.destroy();
});

describe('a page that goes before its PIN window opens', () => {
	async function leave(ask) {
		const before = scene.pins.count();
		for (let i = 0; i < 8; i++) {
			const agent = await scene.connect();
			ask(agent, i);
			await sleep(i);
			agent.socket.terminate();
			await agent.closed;
			await sleep(200);
		}
		const agent = await scene.connect();
		const { tokens: [token] } = await agent.call('token.list');
		const verify = agent.call('pin.verify', { token: token.token }).catch((error) => error.rpc);
		await until(() => scene.pins.count() > before, 'a PIN window');
		await agent.close();
		assert.notEqual(await verify.catch(() => ''), 'agent.busy');
	}

	test('renewal.begin', async () => {
		const agent = await scene.connect();
		const { certificates: [certificate] } = await agent.call('certificate.list');
		await agent.close();
		await leave((one, i) => one.call('renewal.begin', { order: `GONE-${i}`, certificate: certificate.id, key: 'new' }).catch(() => {}));
	});

	test('pin.verify of a key that has to be looked for', async () => {
		const agent = await scene.connect();
		const { tokens: [token] } = await agent.call('token.list');
		await agent.close();
		await leave((one) => one.call('pin.verify', { token: token.token }).catch(() => {}));
	});
});

test('a list while a PIN window is open before anything was listed', async () => {
	const one = await makeScene({ keyType: 'ec-p256', pins: ['wait', 'cancel'] });
	try {
		const agent = await one.connect(), other = await one.connect();
		const { tokens: [token] } = await agent.call('token.list');
		const verify = refused(agent.call('pin.verify', { token: token.token }), 'pin.cancelled');
		await one.pins.untilAsked(1);
		await refused(other.call('certificate.list'), 'agent.busy');
		one.pins.go();
		await verify;
		assert.equal((await other.call('certificate.list')).certificates.length, 1);
		await Promise.all([agent.close(), other.close()]);
	} finally { await one.close(); }
});
