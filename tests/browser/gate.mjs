// A page, a small agent and real browsers for the SDK's tests: Chromium with a window under Xvfb, so that its question
// about loopback can be answered with the mouse; Firefox without, or with one for its own question.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium, firefox } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { inMountNamespace } from '../lib/namespace.mjs';
import { root } from '../lib/paths.mjs';
import patches from '../sdk/patches.mjs';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const listening = (server, port = 0) => new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server.address().port)));

// A free port where nobody listens.
export async function emptyPort() {
	const server = net.createServer();
	const port = await listening(server);
	await new Promise((resolve) => server.close(resolve));
	return port;
}

const answers = {
	'environment.check': { items: ['agent', 'driver', 'key'].map((id) => ({ id, state: 'ok', code: 'ok', text: id })) },
	'token.list': { tokens: [] },
};

// An agent that answers hello, environment.check and token.list, or refuses every page with 4403 and a reason.
export async function agent(reason = '', port = 0, version = '1.0.0') {
	const server = http.createServer();
	const sockets = new WebSocketServer({ server, handleProtocols: (offered) => (offered.has('keyhall.v1') ? 'keyhall.v1' : false) });
	const seen = { upgrades: 0, connections: 0, origins: [], paths: new Set(), calls: [], sockets };
	server.on('connection', () => { seen.connections += 1; });
	sockets.on('connection', (socket, request) => {
		seen.upgrades += 1;
		seen.origins.push(request.headers.origin);
		seen.paths.add(request.url);
		if (reason) return socket.close(4403, reason);
		socket.on('message', (data) => {
			const { id, method, params } = JSON.parse(data);
			seen.calls.push([method, params]);
			const hello = { version, protocol: 1, origin: request.headers.origin, time: new Date().toISOString(), features: [] };
			const result = method === 'agent.hello' ? hello : answers[method];
			const error = { code: -32601, message: 'no such method', data: { name: 'request.invalid', retry: 'no' } };
			socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error }) }));
		});
	});
	seen.port = await listening(server, port);
	seen.drop = () => { for (const socket of sockets.clients) socket.terminate(); };
	seen.close = () => { seen.drop(); server.close(); };
	return seen;
}

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript' };
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;');

// A page whose other scripts patch the language; it calls the agent by itself, because the browser's driver would be patched, too.
const patchedPage = (name, when, port) => `<!doctype html><html lang="en"><meta charset="utf-8">
<script>${when === 'before' ? patches[name] : ''}</script><script src="/keyhall.js"></script><script>${when === 'after' ? patches[name] : ''}
new Keyhall.Client({ports: [${port}]}).connect(function (error, client) {
	client.token.list(function (failure, answer) {
		client.pin.verify({token: 'pkcs11:', seen: [answer.tokens.length, '证书"\\\\\\n']}, function (wrong) { client.pin.change({token: wrong.name}); });
	});
});
</script>`;

// The site: /?csp=… sends that policy; /patched?name=…&when=…&port=…; /frame?src=…&allow=… holds an iframe; the SDK's own files.
function answer(request, response) {
	const url = new URL(request.url, 'http://page');
	const csp = url.searchParams.get('csp');
	if (csp) response.setHeader('Content-Security-Policy', csp);
	const type = types[path.extname(url.pathname)];
	response.setHeader('Content-Type', `${type ?? 'text/html'}; charset=utf-8`);
	if (type) return response.end(readFileSync(path.join(root, 'protocol/js', path.basename(url.pathname))));
	if (url.pathname === '/frame') {
		const allow = url.searchParams.get('allow');
		return response.end(`<!doctype html><iframe src="${escaped(url.searchParams.get('src'))}"${allow ? ` allow="${escaped(allow)}"` : ''}></iframe>`);
	}
	if (url.pathname === '/patched') return response.end(patchedPage(...['name', 'when', 'port'].map((key) => url.searchParams.get(key))));
	return response.end('<!doctype html><html lang="zh-CN"><meta charset="utf-8"><script src="/keyhall.js"></script><p>hall</p>');
}

// The site on http and on https with a certificate of its own.
export async function site() {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-site-'));
	const file = (name) => path.join(folder, name);
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=hall.test',
		'-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2'], { stdio: 'ignore' });
	const plain = http.createServer(answer);
	const secure = https.createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, answer);
	rmSync(folder, { recursive: true });
	const ports = { http: await listening(plain), https: await listening(secure) };
	return {
		ports,
		url: (scheme, host, rest = '/') => `${scheme}://${host}:${ports[scheme]}${rest}`,
		close: () => { for (const server of [plain, secure]) { server.closeAllConnections(); server.close(); } },
	};
}

// A screen of its own; answer() clicks what find(pixels) tells, once it is there: allow, block or dismiss.
async function display(find) {
	const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x800x24`, '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
	const number = await new Promise((resolve, reject) => {
		child.stdio[3].once('data', (data) => resolve(String(data).trim()));
		child.once('exit', () => reject(new Error('Xvfb ended')));
		child.once('error', reject);
	});
	const env = { ...process.env, DISPLAY: `:${number}` };
	const shoot = () => execFileSync('import', ['-display', env.DISPLAY, '-window', 'root', '-depth', '8', 'rgb:-'], { maxBuffer: 1e8 });
	const mouse = (x, y, ...more) => execFileSync('xdotool', ['mousemove', x, y, ...more], { env });
	return {
		env,
		close: () => child.kill(),
		answer: async (how) => {
			let seen;
			for (let i = 0; i < 50 && !(seen = find(shoot())); i += 1) await sleep(200);
			if (!seen) throw new Error('no question on the screen');
			await sleep(1000);
			mouse(...seen[how], 'click', '1');
			mouse(width - 200, 600);
		},
	};
}

const width = 1100;
const sites = ['hall.test', 'part.test', 'plain.test'];

// Of policies, where they had to stand beside the system's own.
function removeCopies() {
	const managed = '/etc/chromium/policies/managed';
	for (const name of existsSync(managed) ? readdirSync(managed) : [])
		if (name.startsWith('keyhall-test-')) rmSync(path.join(managed, name));
}

// Chromium to which the site is a public one, its agent ports are loopback. Blank profile in every context.
// policies: a folder of managed policies, in a mount namespace of the browser's own where there can be one.
export async function openChromium(ports, { policies } = {}) {
	const screen = await display(chromiumQuestion);
	const folder = mkdtempSync(path.join(os.tmpdir(), 'keyhall-chromium-'));
	let executablePath = '/usr/bin/chromium';
	if (policies) {
		const namespace = inMountNamespace().join(' ');
		executablePath = path.join(folder, 'chromium');
		writeFileSync(executablePath, `#!/bin/sh
set -e
managed=/etc/chromium/policies/managed
if ! ${namespace} true 2>/dev/null; then # a container that allows no namespaces
	mkdir -p $managed
	for one in "${policies}"/*.json; do cp "$one" $managed/keyhall-test-"\${one##*/}"; done
	exec /usr/bin/chromium "$@"
fi
exec ${namespace} sh -c 'set -e
mount -t tmpfs none /etc/chromium
mkdir -p /etc/chromium/policies/managed
cp "${policies}"/*.json /etc/chromium/policies/managed/
exec /usr/bin/chromium "$@"' chromium "$@"
`, { mode: 0o755 });
	}
	const overrides = Object.values(ports).map((port) => `127.0.0.1:${port}=public`).join(',');
	const browser = await chromium.launch({
		executablePath, headless: false, env: screen.env,
		args: ['--no-sandbox', '--lang=en-US', '--window-position=0,0', '--window-size=1000,700',
			'--host-resolver-rules=MAP *.test 127.0.0.1', `--ip-address-space-overrides=${overrides}`],
	});
	return {
		page: async (url) => {
			const page = await (await browser.newContext({ viewport: null, ignoreHTTPSErrors: true, locale: 'zh-CN' })).newPage();
			await page.goto(url);
			return page;
		},
		answer: screen.answer,
		close: async () => { await browser.close(); screen.close(); rmSync(folder, { recursive: true, force: true }); removeCopies(); },
	};
}

// Where the question's buttons are on the screen (rgb), by their colour, or null: two light blue pills in a row,
// 【Block】【Allow】, and ✕ at the upper right corner of their bubble.
function chromiumQuestion(pixels) {
	const blue = (x, y) => [0xd3, 0xe3, 0xfd].every((value, i) => pixels[(y * width + x) * 3 + i] === value);
	for (let y = 130; y < 500; y += 4) {
		const runs = [];
		for (let x = 100, begin = -1; x < 700; x += 1) {
			if (blue(x, y)) { if (begin < 0) begin = x; } else if (begin >= 0) { if (x - begin > 8) runs.push([begin, x]); begin = -1; }
		}
		if (runs.length < 2) continue;
		const gap = runs.findIndex(([, end], i) => runs[i + 1] && Math.abs(runs[i + 1][0] - end - 8) <= 6);
		if (gap < 0) continue;
		const right = runs.at(-1)[1];
		return { block: [runs[0][0] + 20, y + 8], allow: [right - 20, y + 8], dismiss: [right - 8, 111] };
	}
	return null;
}

// The same for Firefox: 【Block】【Allow】, the latter in strong blue; it has no ✕.
function firefoxQuestion(pixels) {
	const blue = (x, y) => { const at = (y * width + x) * 3; return pixels[at] < 100 && pixels[at + 2] > 200; };
	for (let y = 120; y < 500; y += 4)
		for (let x = 200; x < 900; x += 1) {
			let end = x;
			while (blue(end, y)) end += 1;
			if (end - x > 40) return { allow: [x + 35, y + 10], block: [x - 40, y + 10] };
			x = end;
		}
	return null;
}

// ports: with Firefox's own gate for WebSockets, off in 153, switched on and the site public to it.
export async function openFirefox(ports) {
	const screen = ports ? await display(firefoxQuestion) : null;
	const gate = ports ? {
		'network.lna.enabled': true, 'network.lna.blocking': true, 'network.lna.websocket.enabled': true,
		'network.lna.address_space.public.override': Object.values(ports).map((port) => `127.0.0.1:${port}`).join(','),
	} : {};
	const browser = await firefox.launch({
		channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', headless: !screen, env: screen?.env,
		firefoxUserPrefs: { 'network.dns.localDomains': sites.join(','), ...gate },
	});
	return {
		page: async (url) => {
			const page = await (await browser.newContext({ viewport: null, ignoreHTTPSErrors: true })).newPage();
			await page.goto(url);
			return page;
		},
		answer: screen?.answer,
		close: async () => { await browser.close(); screen?.close(); },
	};
}

// Starts a connection in a page or frame: what it went through is read by outcome().
export const begin = (frame, ports, options = {}) => frame.evaluate(({ ports, options }) => {
	window.states = [];
	window.client = new window.Keyhall.Client({ ports, ...options, onstate: (state) => window.states.push(state) });
	const started = performance.now();
	window.outcome = window.client.connect().then(
		() => ({ name: 'open', origin: window.client.info.origin, ms: performance.now() - started }),
		(error) => ({ name: error.name, code: error.code, message: error.message, data: error.data, ms: performance.now() - started }));
}, { ports, options });

export const outcome = async (frame) => {
	const result = await frame.evaluate(() => window.outcome);
	return { ...result, states: await frame.evaluate(() => window.states.map((state) => state.name)) };
};

export const connect = async (frame, ports, options) => { await begin(frame, ports, options); return outcome(frame); };

// Waits until the page has passed through the state.
export const reached = (frame, name) => frame.waitForFunction((wanted) => window.states.some((state) => state.name === wanted), name, { timeout: 60000 });
