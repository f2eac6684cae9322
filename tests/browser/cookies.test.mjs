// Cookies are shared by all ports of 127.0.0.1: whatever other programs there have set goes to the agent with every request.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { makeScene } from '../lib/scene.mjs';
import { Clerk } from './clerk.mjs';

const each = 3990, wanted = 16000;
const sdk = readFileSync(path.join(root, 'protocol/js/keyhall.js'));
const types = { '/keyhall.js': 'text/javascript', '/': 'text/html' };

// Another program on 127.0.0.1, and the page of a hall there.
function serve() {
	const server = http.createServer({ maxHeaderSize: 65536 }, (request, response) => {
		response.setHeader('Content-Type', types[request.url] ?? 'text/plain');
		if (request.url === '/set') response.setHeader('Set-Cookie', Array.from({ length: 4 }, (_, i) => `other${i}=${'x'.repeat(each)}; Path=/`));
		response.end(request.url === '/keyhall.js' ? sdk : request.url === '/' ? '<!doctype html><script src="/keyhall.js"></script>' : '');
	});
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

for (const name of ['chromium', 'firefox'])
	test(`P2: ${wanted} bytes of cookies for 127.0.0.1: the page connects, the certificate manager opens: ${name}`, async () => {
		const server = await serve(), origin = `http://127.0.0.1:${server.address().port}`;
		const scene = await makeScene({ keyType: 'ec-p256', origins: [origin] });
		const clerk = await Clerk.open(name, path.join(scene.folder, 'profile'));
		try {
			await clerk.page.goto(`${origin}/set`);
			await clerk.page.goto(`${origin}/`);
			assert.ok(await clerk.page.evaluate(() => document.cookie.length) >= wanted - 20, 'the browser keeps them');
			const seen = await clerk.page.evaluate((port) => window.Keyhall.connect({ ports: [port] })
				.then((client) => client.token.list().then(({ tokens }) => tokens.map((one) => one.serial)), (error) => error.name), scene.daemon.port);
			assert.deepEqual(seen, [scene.token.serial]);
			await clerk.page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
			await clerk.page.locator('[data-certificate]').waitFor();
		} finally {
			await clerk.close();
			await scene.close();
			server.close();
		}
	});
