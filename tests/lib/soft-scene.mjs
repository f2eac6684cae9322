// The agent on a token of tests/softkey: keys that fail, hang and crash by script.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, days, makeRequest } from './ca.mjs';
import { Daemon } from './daemon.mjs';
import { PinScript } from './pin.mjs';
import { removeFolder, run, temporaryFolder } from './process.mjs';
import { SoftKey } from './softkey-token.mjs';
import { objectFile, replaceCertificate } from './softkey-store.mjs';
import { fromTemplate } from './template.mjs';
import { certificateId, makeKey, pemToDer } from './token.mjs';

// An EC key as its certificate will show it: 'compressed', or with an 'explicit' curve.
async function reform(pair, form, folder) {
	const file = path.join(folder, 'pair.pem');
	writeFileSync(file, pair);
	return (await run('openssl', ['ec', '-in', file, ...(form === 'compressed' ? ['-conv_form', form] : ['-param_enc', form])])).stdout;
}

const place = (folder, name) => { const one = path.join(folder, name); mkdirSync(one, { recursive: true }); return one; };

// The key with its pair and certificate, and the CA.
async function prepare(folder, { keyType, form, vendor, caType, from, to, usage }) {
	const key = await SoftKey.make(folder, { vendor }), ca = await Authority.make(place(folder, 'ca'), { keyType: caType }), pair = await makeKey(keyType);
	const shown = form ? await reform(pair, form, folder) : pair;
	const plain = await ca.issue(await makeRequest(shown, place(folder, 'old')), { notBefore: days(from), notAfter: days(to), usage });
	await key.importPair(pair);
	await key.writeCertificate(plain);
	return { pair, plain };
}

// options: form (reform, above), keyType, vendor (whose SM2 numbers it has), caType (the key type of the CA), from and to (days from now) and usage of the old certificate, pins, faults (rules), settings, env (of the agent), change (the old certificate and the CA → what is written).
export async function makeSoftScene({ keyType = 'ec-p256', form, vendor, caType, from = -345, to = 20, usage, pins = '123456', faults = [], settings = {}, env = {}, change = (pem) => pem } = {}) {
	const folder = temporaryFolder(), scene = { folder, origin: 'http://localhost:8080' };
	const made = { keyType, form, vendor, caType, from, to, usage };
	const { pair, plain } = await fromTemplate(made, folder, (one) => prepare(one, made));
	scene.key = await SoftKey.open(folder);
	scene.ca = Authority.open(path.join(folder, 'ca'), { keyType: caType });
	scene.pair = pair;
	scene.oldPem = change(plain, scene.ca);
	scene.old = certificateId(scene.oldPem);
	if (scene.oldPem !== plain) replaceCertificate(objectFile(scene.key, 'certificate'), pemToDer(scene.oldPem));
	if (faults.length) scene.key.fault(...faults);
	scene.pins = new PinScript(folder, pins);
	scene.daemon = await Daemon.start({ folder: place(folder, 'agent'), token: scene.key, origins: [scene.origin], anchors: [scene.ca.root],
		pinentry: scene.pins.program, settings, env: { ...scene.pins.env, ...env } });
	scene.connect = (more) => scene.daemon.connect(more);
	scene.close = async () => { try { await scene.daemon.stop(); } finally { removeFolder(folder); } };
	return scene;
}
