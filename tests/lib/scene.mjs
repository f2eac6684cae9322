// A whole stage: a token with a company certificate, the agent, and the hall or an openssl CA.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Authority, company, days, makeRequest, subject } from './ca.mjs';
import { Daemon } from './daemon.mjs';
import { Hall, HallCa, hallName } from './hall.mjs';
import { PinScript } from './pin.mjs';
import { freePort, removeFolder, temporaryFolder } from './process.mjs';
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

async function build(scene, options) {
	const { folder } = scene;
	const { keyType = 'rsa2048', from = -345, to = 21, hall = false, dual = false, settings = {}, pins, pin = '12345678', kind = Token, hallArgs = [], vendor, caType } =
		{ ...options, ...options.prepare?.(folder) };
	Object.assign(scene, { keyType, company, subject });
	const place = (name) => { const one = path.join(folder, name); mkdirSync(one, { recursive: true }); return one; };

	scene.token = await kind.make(place('token'), { pin, label: options.label ?? '测试Key', vendor });
	scene.closers.push(() => scene.token.stop());
	const key = options.pair ?? await makeKey(keyType);
	const csr = await scene.token.adopt(await makeRequest(key, place('old')), keyType);
	if (hall) {
		scene.ca = await HallCa.make(place('hall'), { key: caType });
		scene.oldPem = await scene.ca.certify(csr, from, to);
	} else {
		scene.ca = await Authority.make(place('ca'), { keyType: caType });
		scene.oldPem = await scene.ca.issue(csr, { notBefore: days(from), notAfter: days(to) });
	}
	await scene.token.importPair(key);
	await scene.token.writeCertificate(scene.oldPem);
	if (dual) scene.oldEncryption = await addEncryptionPair(scene.token, scene.ca, place('old'), { keyType, from, to });

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
		folder: place('agent'), token: scene.token, origins: [scene.origin, ...(options.origins ?? [])], anchors: [scene.root],
		port: agentPort, pinentry: scene.pins.program, settings: { ...(hall ? { halls: [{ origin: scene.origin, name: hallName }] } : {}), ...settings }, env: { ...scene.pins.env, ...options.env },
	});
	scene.closers.push(() => scene.daemon.stop());
	scene.connect = (more) => scene.daemon.connect(more);
}
