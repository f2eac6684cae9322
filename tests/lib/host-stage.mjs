// The token host alone on a token of tests/softkey with a company's certificate, and the daemon's calls of one order, step by step.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, days, makeRequest } from './ca.mjs';
import { PinScript } from './pin.mjs';
import { removeFolder, temporaryFolder } from './process.mjs';
import { SoftKey } from './softkey-token.mjs';
import { TokenHost } from './token-host.mjs';
import { certificateId, makeKey } from './token.mjs';

export const origin = 'https://hall.example.cn', order = 'G-1';

// The stage without its host.
async function makeStage(folder, { keyType, vendor, caType, profiles }) {
	const place = (name) => { const one = path.join(folder, name); mkdirSync(one); return one; };
	const it = { folder, keyType, key: await SoftKey.make(folder, { vendor }), ca: await Authority.make(place('ca'), { keyType: caType }),
		pins: new PinScript(folder, '123456'), profiles: profiles && place('profiles') };
	const pair = await makeKey(keyType);
	it.oldPem = await it.ca.issue(await makeRequest(pair, place('old')), { notBefore: days(-345), notAfter: days(20) });
	it.old = certificateId(it.oldPem);
	await it.key.importPair(pair);
	await it.key.writeCertificate(it.oldPem);
	for (const [name, text] of Object.entries(profiles ?? {}))
		writeFileSync(path.join(it.profiles, `${name}.json`), typeof text === 'string' ? text : JSON.stringify(text));
	return it;
}

function addCalls(it) {
	it.start = async () => {
		it.host = await TokenHost.start({ module: it.key.module, env: { ...it.key.env, ...it.pins.env }, pinentry: it.pins.program, locale: 'en',
			anchors: [it.ca.root], ...(it.profiles ? { profiles: it.profiles } : {}) });
		it.uri = (await it.host.call('token.list')).tokens[0]?.token;
	};
	it.call = (method, params = {}) => it.host.call(method, { token: it.uri, order, ...params });
	it.login = () => it.call('token.login', { order: undefined, prompt: { session: 1, origin, locale: 'en', purpose: 'begin', order } });
	it.begin = async (keyType = it.keyType, key = 'new', certificate = it.old) => {
		await it.login();
		if (key === 'new') it.made = (await it.call('key.generate', { keyType })).publicKey;
		return it.call('request.create', { certificate, key, origin });
	};
	it.install = async (certificate, { key = 'new', chain = [] } = {}) => {
		await it.login();
		const { certificate: id } = await it.call('certificate.check', { certificate, chain, key, oldCertificate: it.old });
		await it.call('certificate.write', { certificate, key });
		it.proved = await it.call('certificate.prove', { certificate: id, secondReader: true });
		return it.call('receipt.create', { certificate: id, origin });
	};
	it.list = async () => (await it.host.call('certificate.list')).certificates;
}

// options: keyType; vendor: whose SM2 numbers the token has; caType: the key type of the CA; profiles: what is in the deployer's folder, by
// name. action gets {folder, key, ca, pins, old, oldPem, host, start, login, call, begin, install, list; made, proved: what came of it}.
export async function onHost(options, action) {
	const folder = temporaryFolder();
	let it;
	try {
		it = await makeStage(folder, options);
		addCalls(it);
		await it.start();
		await action(it);
	} catch (error) {
		error.message += `\n${it?.host?.log ?? ''}`;
		throw error;
	} finally {
		if (it?.host && !it.host.end) await it.host.stop();
		removeFolder(folder);
	}
}
