// ./dev demo: a software key whose certificates expire in 20 days, the agent and the hall, until Ctrl-C.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { company, makeRequest } from '../lib/ca.mjs';
import { Daemon } from '../lib/daemon.mjs';
import { Hall, HallCa, hallName } from '../lib/hall.mjs';
import { root } from '../lib/paths.mjs';
import { freePort, isFree } from '../lib/process.mjs';
import { addEncryptionPair } from '../lib/scene.mjs';
import { makeKey } from '../lib/token.mjs';
import { familyOf } from './family.mjs';
import { runScript } from './script.mjs';

const pin = '12345678';
const folder = process.env.KEYHALL_DEMO ?? path.join(root, '.demo');
const note = path.join(folder, 'demo.json');
const pidFile = path.join(folder, 'pid');

function readArguments(argv) {
	const options = { port: 0, origins: [] };
	for (let i = 0; i < argv.length; i++) {
		if (['--script', '--fresh', '--https', '--dual', '--sm2'].includes(argv[i])) options[argv[i].slice(2)] = true;
		else if (argv[i] === '--port' && Number(argv[i + 1]) > 0) options.port = Number(argv[++i]);
		else if (argv[i] === '--origin' && argv[i + 1]) options.origins.push(originOf(argv[++i]));
		else fail(`unknown option ${argv[i]}; see ./dev help`);
	}
	return options;
}

// As a browser writes it: what is behind the port is no part of it.
function originOf(text) {
	const { origin, protocol } = URL.canParse(text) ? new URL(text) : {};
	if (!/^https?:$/.test(protocol)) fail(`--origin ${text}: not the address of a page`);
	return origin;
}

function fail(text) {
	console.error(`demo: ${text}`);
	process.exit(1);
}

function isRunning(pid) {
	try { process.kill(pid, 0); return true; } catch { return false; }
}

function takeFolder(fresh) {
	if (existsSync(pidFile) && isRunning(Number(readFileSync(pidFile, 'utf8')))) fail(`one is running in ${folder}; end it first`);
	if (fresh) rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	writeFileSync(pidFile, `${process.pid}`);
}

const place = (name) => { const one = path.join(folder, name); mkdirSync(one, { recursive: true, mode: 0o700 }); return one; };

// What is made once: the CA, the key, the company's certificate. demo.json is written last, so half of it is made again.
async function prepare(options) {
	if (existsSync(note)) return resume(options);
	const { kind, keyType, vendor, caType } = familyOf(options), label = company.name.slice(0, 10), from = -345, to = 21;
	for (const name of ['token', 'hall', 'agent']) rmSync(path.join(folder, name), { recursive: true, force: true });
	const ca = await HallCa.make(place('hall'), { key: caType });
	const token = await kind.make(place('token'), { pin, label: '晋钥示例Key', vendor });
	const key = await makeKey(keyType);
	const certificate = await ca.certify(await makeRequest(key, place('token')), from, to);
	await token.importPair(key, { label });
	await token.writeCertificate(certificate, { label });
	if (options.dual) await addEncryptionPair(token, ca, place('token'), { keyType, from, to, label });
	rmSync(path.join(folder, 'token/request-key.pem'));
	const facts = { dual: options.dual, sm2: options.sm2, expires: new Date(Date.now() + to * 86400000).toISOString().slice(0, 10) };
	writeFileSync(note, JSON.stringify(facts));
	return { ...facts, token };
}

// Goes on as it was begun, whether its options are given again or not.
async function resume(options) {
	const facts = JSON.parse(readFileSync(note, 'utf8'));
	const missing = ['dual', 'sm2'].find((name) => options[name] && !facts[name]);
	if (missing) {
		rmSync(pidFile);
		fail(`the last demo was begun without --${missing}; add --fresh`);
	}
	return { ...facts, token: await familyOf(facts).kind.open(place('token'), { pin }), resumed: true };
}

function findPinWindow() {
	return ['/usr/bin/pinentry-gtk-2', '/usr/bin/pinentry-qt', '/usr/bin/pinentry-gnome3'].find(existsSync);
}

function displayEnvironment() {
	const authority = process.env.XAUTHORITY ?? path.join(os.homedir(), '.Xauthority');
	return existsSync(authority) ? { XAUTHORITY: authority } : {};
}

async function demo(options) {
	if (options.port && !await isFree(options.port)) fail(`port ${options.port} is taken`);
	takeFolder(options.fresh);
	const stage = await prepare(options);
	const hallPort = options.port || await freePort(options.https ? 8443 : 8080);
	const agentPort = await freePort(18317, 28317);
	const hall = await Hall.start({ folder, state: place('hall'), port: hallPort, agentPorts: [agentPort], https: options.https, args: stage.dual ? ['--dual'] : [] });
	const daemon = await Daemon.start({
		folder: place('agent'), token: stage.token, origins: [hall.origin, ...options.origins], anchors: [hall.rootFile], port: agentPort,
		pinentry: findPinWindow(), env: displayEnvironment(), settings: { halls: [{ origin: hall.origin, name: hallName }] },
	});
	tell(stage, hall, daemon, options.origins);
	await untilEnd(hall, daemon);
}

// How a page of one's own reaches this agent.
function tellOwn(hall, daemon, origins) {
	console.log(`
  Pages of ${origins.join(', ')} are let in, too. On such a page:
      <script src="…/keyhall.js"></script>            a copy of protocol/js/keyhall.js, or ${hall.origin}/sdk/keyhall.js
      Keyhall.connect({ports: [${daemon.port}]}).then(function (client) { return client.token.list(); }).then(console.log);
  http is fine on localhost; elsewhere browsers want https. More: docs/integrators-guide.md`);
}

function tell(stage, hall, daemon, origins) {
	const family = familyOf(stage), indent = (text) => text.replace(/^/gm, '                 ');
	console.log(`
  Keyhall ${stage.resumed ? 'goes on with the last demo (--fresh begins anew)' : 'demo'}

  service hall   ${hall.origin}
  key agent      ws://127.0.0.1:${daemon.port}
  USB key        ${stage.token.label} (${family.name}), serial ${stage.token.serial}${family.note ? `\n${indent(family.note)}` : ''}
                 ${stage.dual ? 'signing and encryption certificate' : 'certificate'} of ${company.name} until ${stage.expires}
  PIN            ${pin}

  Open ${hall.origin} in Chromium or Firefox and follow the steps (${hall.origin}/renew).
  When the page asks for the PIN, a window of the agent opens: type ${pin}.
  To pay, follow the link beside the QR code to the sandbox bank.`);
	if (origins.length > 0) tellOwn(hall, daemon, origins);
	if (hall.origin.startsWith('https:'))
		console.log(`  The browser will warn: the hall's certificate is by the demo's own root, ${path.relative(process.cwd(), hall.tlsRootFile)}.`);
	if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
		console.log('\n  There is no display here (DISPLAY is not set), so the PIN window cannot open and a renewal stops there.\n' +
			'  Start the demo on a desktop, or use: ./dev demo --script');
	console.log(`\n  Logs: ${path.relative(process.cwd(), folder)}/hall.log, ${path.relative(process.cwd(), folder)}/agent/keyhalld.log.  Ctrl-C ends it.\n`);
}

async function untilEnd(hall, daemon) {
	const end = await Promise.race([
		new Promise((resolve) => { for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolve(null)); }),
		hall.service.exited.then(() => hall.service), daemon.service.exited.then(() => daemon.service),
	]);
	if (end) console.error(`demo: ${end.name} ended\n${end.output().slice(-2000)}`);
	await Promise.allSettled([daemon.stop(), hall.stop()]);
	rmSync(pidFile, { force: true });
	process.exit(end ? 1 : 0);
}

const options = readArguments(process.argv.slice(2));
(options.script ? runScript(options) : demo(options)).catch((error) => {
	console.error(`demo: ${error.stack ?? error}`);
	if (!options.script) rmSync(pidFile, { force: true });
	process.exit(1);
});
