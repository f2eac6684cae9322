// A renewal with two certificates, step by step, on a token that holds more than the agent may touch.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { days } from './ca.mjs';
import { decrypts, keyNamed, makeEncryption, makePair } from './kmc.mjs';
import { checkReceipt, findCertificate } from './renewal.mjs';
import { makeScene } from './scene.mjs';
import { storeObjects, usableCertificates } from './softkey-store.mjs';
import { certificateId, pemToDer, sha256 } from './token.mjs';
import { markId, markLabel } from './mark.mjs';

export const mark = markId;
export const enc = (order) => mark(order, ':enc');

// Path → hash of the token's object files, whichever module it is.
export function files(token) {
	const found = {};
	for (const name of readdirSync(token.store, { recursive: true }))
		if (name.endsWith('.object')) found[name] = sha256(readFileSync(path.join(token.store, name)));
	return found;
}

// An old encryption pair with the same subject, a seal as a data object: what must not be touched.
async function addForeign(scene) {
	const before = files(scene.token);
	const old = await makePair(scene.ca, scene.folder, { keyType: scene.keyType === 'sm2' ? 'sm2' : 'rsa2048', which: 'old', notBefore: days(-345), notAfter: days(21) });
	await scene.token.importPair(old.key, { id: '02', label: '旧加密证书' });
	await scene.token.writeCertificate(old.certificate, { id: '02', label: '旧加密证书' });
	const seal = path.join(scene.folder, 'seal');
	writeFileSync(seal, randomBytes(200));
	await scene.token.tool(['--login', '--pin', scene.token.pin, '--write-object', seal, '--type', 'data', '--label', 'electronic seal']);
	scene.foreign = Object.entries(files(scene.token)).filter(([name]) => !(name in before));
	assert.equal(scene.foreign.length, 4);
}

// The first keys that a softkey is asked to make.
async function addPool(token) {
	mkdirSync(path.join(token.store, 'pool'), { recursive: true });
	for (const name of ['first', 'second', 'third'])
		writeFileSync(path.join(token.store, 'pool', `rsa2048-${name}`), pemToDer(await keyNamed('rsa2048', `pool ${name}`)));
}

export class Dual {
	// Options of makeScene; without: lines of softkey's file `mechanisms`.
	static async make(options = {}) {
		const dual = new Dual();
		const keyType = options.keyType ?? 'rsa2048';
		dual.scene = await makeScene({ keyType, pair: await keyNamed(keyType, 'signing'), ...options });
		Object.assign(dual, { token: dual.scene.token, ca: dual.scene.ca, folder: dual.scene.folder });
		try {
			await addForeign(dual.scene);
			if (dual.token.env.SOFTKEY_STORE && keyType === 'rsa2048') await addPool(dual.token);
			if (options.without) dual.token.write('mechanisms', options.without.map((line) => `${line}\n`).join(''));
			dual.agent = await dual.scene.connect();
			dual.old = await findCertificate(dual.agent, dual.scene.oldPem);
		} catch (error) { await dual.scene.close(); throw error; }
		return dual;
	}

	// The daemon and its token host anew; elsewhere: as on another computer.
	async restart({ elsewhere = false } = {}) {
		await this.scene.daemon.kill();
		if (elsewhere) rmSync(this.scene.daemon.settings.state, { recursive: true, force: true });
		await this.scene.daemon.again();
		this.agent = await this.scene.connect();
	}

	foreignUntouched() {
		const now = files(this.token);
		for (const [name, hash] of this.scene.foreign) assert.equal(now[name], hash, `${name} is what it was`);
	}

	async begin(order, more = {}) {
		this.begun = await this.agent.call('renewal.begin', { order, certificate: this.old.id, key: 'new', dual: true, ...more });
		this.pem = await this.ca.issue(this.begun.csr);
		return this.begun;
	}

	install(order, encryption) {
		return this.agent.call('renewal.install', { order, certificate: this.pem, chain: [], ...(encryption ? { encryption } : {}) });
	}

	inspect(order) { return this.agent.call('renewal.inspect', { order }); }

	async labels(id) { return (await this.token.objects()).filter((text) => text.includes(id)).map((text) => /label: +(.*)/.exec(text)?.[1]); }

	// The imported key is the certificate's, by an account that is not ours.
	async works(order, certificate) {
		if (this.scene.keyType !== 'sm2') return decrypts(this.token, enc(order), certificate);
		return usableCertificates(storeObjects(this.token)).includes(certificateId(certificate));
	}

	// Installs and looks at what is there then.
	async renew(order, encryption) {
		const { receipt } = await this.install(order, encryption);
		checkReceipt(receipt, { order, origin: this.scene.origin, serial: this.token.serial, certificate: this.pem });
		assert.equal((await this.inspect(order)).stage, 'installed');
		assert.deepEqual(await this.labels(enc(order)), Array(3).fill(markLabel(order, ':enc')));
		assert.ok(await this.works(order, encryption.certificate), 'the imported key works');
	}

	async complete(order) {
		const { retired } = await this.agent.call('renewal.complete', { order });
		assert.deepEqual(retired, [this.old.id], 'only the old signing certificate');
		assert.deepEqual((await this.labels(enc(order))).sort(), [markLabel(order, ':enc'), ...Array(2).fill(this.scene.company.name)].sort(), 'all but the private key');
		assert.equal((await this.inspect(order)).stage, 'completed');
		assert.equal((await this.token.objects()).length, 6 + 4, 'two pairs, the old encryption pair and the seal');
	}
}

// A test on a stage of its own; everything foreign is what it was at its end.
export const on = (title, options, action) => test(title, async () => {
	const dual = await Dual.make(options);
	try {
		await action(dual);
		dual.foreignUntouched();
	} finally { await dual.scene.close(); }
});

// What the hall would give beside the signing certificate.
export const make = (dual, more) => makeEncryption(dual.ca, dual.folder, dual.pem, more);

// A whole renewal, installed twice.
export async function renewTwice(dual, order, format) {
	assert.deepEqual((await dual.begin(order)).importAlgorithms, [format]);
	const encryption = await make(dual);
	await dual.renew(order, encryption);
	const installed = files(dual.token);
	await dual.install(order, encryption);
	assert.deepEqual(files(dual.token), installed, 'a second installation writes nothing');
	await dual.complete(order);
	return encryption;
}
