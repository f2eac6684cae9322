// Cookies of localhost belong to all ports of it: what other programs' pages have set comes with the upgrade.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from '../lib/daemon.mjs';
import { removeFolder } from '../lib/process.mjs';

const origin = 'https://hall.example.cn';
const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-cookies-'));
let daemon;
before(async () => { daemon = await Daemon.start({ folder, origins: [origin], token: { module: path.join(folder, 'no-driver.so') } }); });
after(async () => { await daemon?.stop(); removeFolder(folder); });

// As a browser sends it: all cookies in one header, about 60 bytes each.
function upgrade(bytes) {
	let cookies = '';
	for (let i = 0; cookies.length < bytes; i++) cookies += `${cookies ? '; ' : ''}session_${i}=${'0123456789abcdef'.repeat(3)}`;
	return ['GET / HTTP/1.1', `Host: 127.0.0.1:${daemon.port}`, 'Connection: Upgrade', 'Pragma: no-cache', 'Cache-Control: no-cache',
		'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
		'Upgrade: websocket', `Origin: ${origin}`, 'Sec-WebSocket-Version: 13', 'Accept-Encoding: gzip, deflate, br, zstd',
		'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8', `Cookie: ${cookies.slice(0, bytes)}`, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
		'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits', 'Sec-WebSocket-Protocol: keyhall.v1', '', ''].join('\r\n');
}

// The status of the answer; 0: closed without one.
function answer(text) {
	return new Promise((resolve) => {
		const socket = net.connect({ port: daemon.port, host: '127.0.0.1' });
		let got = '';
		const end = () => { socket.destroy(); resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1] ?? 0)); };
		socket.on('data', (data) => { got += data.toString('latin1'); if (got.includes('\r\n\r\n')) end(); });
		socket.on('error', end);
		socket.on('close', end);
		socket.write(text);
	});
}

for (const bytes of [0, 1000, 4000, 12000, 16000]) {
	test(`P2: ${bytes} bytes of cookies`, async () => { assert.equal(await answer(upgrade(bytes)), 101); });
}

test('P2: 64 KiB of cookies are refused, and nobody else is', async () => {
	const others = await Promise.all(Array.from({ length: 4 }, () => daemon.connect()));
	const statuses = await Promise.all(Array.from({ length: 8 }, () => answer(upgrade(65536))));
	for (const status of statuses) assert.ok(status === 0 || status >= 400 && status < 500, `${status}`);
	assert.equal(await answer(upgrade(1000)), 101);
	for (const one of others) { await one.call('token.list'); await one.close(); }
});
