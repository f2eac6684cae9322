// A whole stage: a token with a company certificate, the agent, and the hall or an openssl CA.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Authority, company, days, makeRequest, subject } from './ca.mjs';
import { Daemon } from './daemon.mjs';
import { Hall, HallCa, hallName } from './hall.mjs';
import { PinScript } from './pin.mjs';
import { freePort, removeFolder, temporaryFolder } from './process.mjs';
import { SoftKey } from './softkey-token.mjs';
import { fromTemplate } from './template.mjs';
import { Token, makeKey } from './token.mjs';

// The old encryption pair beside the signing pair: its certificate. ca: the hall's.
export async function addEncryptionPair(token, ca, folder, { keyType, from, to, label = '旧加密证书' }) {
	const key = await makeKey(keyType);
	const certificate = await ca.certify(await makeRequest(key, folder), from, to, { usage: 'encrypt' });
	await token.importPair(key, { id: '02', label });
	await token.writeCertificate(certificate, { id: '02', label });
	return certificate;
}

// options: keyType, from and to (days from now of the old certificate), hall (true: hall and its CA), dual (with a hall: it issues two certificates, and the key has an old encryption pair), settings (of the agent),
// caType (the key type of the CA), vendor (of a SoftKey, whose SM2 numbers it has), pins (answers of the PIN window; none: the token's PIN for ever), pin (the token's), kind (of token: Token, SoftKey, CardKey),
// pair (the old key, PEM), prepare (folder → more options).
export async function makeScene(options = {}) {
	const scene = { folder: options.folder ?? temporaryFolder(), closers: [] };
	scene.close = async () => {
		let failure;
		for (const close of scene.closers.reverse()) await close().catch((error) => { failure ??= error; });
		if (!options.folder) removeFolder(scene.folder);
		if (failure) throw failure;
	};
	try { await build(scene, options); } catch (error) {
		await scene.close().catch(() => {});
		throw error;
	}
	return scene;
}

const place = (folder, name) => { const one = path.join(folder, name); mkdirSync(one, { recursive: true }); return one; };

// The key with its pair and certificate, and the CA.
async function prepare(folder, kind, { keyType, from, to, hall, dual, pin, vendor, caType, label, pair }) {
	const token = await kind.make(place(folder, 'token'), { pin, label, vendor });
	try {
		const key = pair ?? await makeKey(keyType);
		const csr = await token.adopt(await makeRequest(key, place(folder, 'old')), keyType);
		const ca = hall ? await HallCa.make(place(folder, 'hall'), { key: caType }) : await Authority.make(place(folder, 'ca'), { keyType: caType });
		const oldPem = hall ? await ca.certify(csr, from, to) : await ca.issue(csr, { notBefore: days(from), notAfter: days(to) });
		await token.importPair(key);
		await token.writeCertificate(oldPem);
		const oldEncryption = dual ? await addEncryptionPair(token, ca, place(folder, 'old'), { keyType, from, to }) : undefined;
		return { token, ca, oldPem, oldEncryption };
	} catch (error) {
		await token.stop();
		throw error;
	}
}

// Tokens that are files and nothing else.
const files = [Token, SoftKey];

async function copyPrepared(folder, kind, about) {
	const { label, serial, leaks, ...rest } = await fromTemplate([kind.name, about], folder, async (one) => {
		const { token, ca, ...more } = await prepare(one, kind, about);
		return { label: token.label, serial: token.serial, leaks: token.leaks, ...more };
	});
	const token = Object.assign(await kind.open(path.join(folder, 'token'), { pin: about.pin, label, serial }), { leaks });
	const ca = about.hall ? HallCa.open(path.join(folder, 'hall')) : Authority.open(path.join(folder, 'ca'), { keyType: about.caType });
	return { token, ca, ...rest };
}

async function build(scene, options) {
	const { folder } = scene;
	const { keyType = 'rsa2048', from = -345, to = 21, hall = false, dual = false, settings = {}, pins, pin = '12345678', kind = Token, hallArgs = [], vendor, caType, label = '测试Key', pair } =
		{ ...options, ...options.prepare?.(folder) };
	const about = { keyType, from, to, hall, dual, pin, vendor, caType, label, pair };
	Object.assign(scene, { keyType, company, subject }, files.includes(kind) ? await copyPrepared(folder, kind, about) : await prepare(folder, kind, about));
	scene.closers.push(() => scene.token.stop());

	scene.pins = new PinScript(folder, pins ?? pin);
	const agentPort = await freePort();
	if (hall) {
		scene.hall = await Hall.start({ folder, state: scene.ca.state, agentPorts: [agentPort], args: [...(dual ? ['--dual'] : []), ...hallArgs] });
		scene.closers.push(() => scene.hall.stop());
		scene.chain = [await (await scene.hall.client().fetch('/ca/intermediate.pem')).text()];
	} else scene.chain = [];
	scene.root = scene.ca.root;
	scene.origin = scene.hall?.origin ?? 'http://localhost:8080';
	scene.daemon = await Daemon.start({
		folder: place(folder, 'agent'), token: scene.token, origins: [scene.origin, ...(options.origins ?? [])], anchors: [scene.root],
		port: agentPort, pinentry: scene.pins.program, settings: { ...(hall ? { halls: [{ origin: scene.origin, name: hallName }] } : {}), ...settings }, env: { ...scene.pins.env, ...options.env },
	});
	scene.closers.push(() => scene.daemon.stop());
	scene.connect = (more) => scene.daemon.connect(more);
}
