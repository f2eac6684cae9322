// What all points of one kind share: the company's key with foreign objects on it, the CA's certificates for every key that will
// be made, the key as each part of the renewal leaves it, and the calls of an undisturbed run. make() writes it into a folder
// (world.json and stores), load() reads it in another process.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, days, makeRequest } from '../lib/ca.mjs';
import { encryptionOf, makePair, wrapRsa, wrapSm2 } from '../lib/kmc.mjs';
import { removeFolder, run, sleep, temporaryFolder } from '../lib/process.mjs';
import { ShimToken } from '../lib/shim-token.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { certificateId, makeKey, sha256 } from '../lib/token.mjs';
import { Scene } from './scene.mjs';
import { witnessOf } from './witness.mjs';

export const parts = ['begin', 'install', 'complete'];
const keysInPool = 4;
const derOf = (pem) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
const spkiHash = (pem) => sha256(createPublicKey(pem).export({ type: 'spki', format: 'der' }));

// [name, bytes] of every file below a folder.
function readTree(folder, below = '') {
	return readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
		const name = path.join(below, entry.name);
		return entry.isDirectory() ? [[name, null], ...readTree(folder, name)] : entry.isFile() ? [[name, readFileSync(path.join(folder, name))]] : [];
	});
}

export class World {
	#trees = new Map();

	static async make(kind) {
		const folder = temporaryFolder('keyhall-matrix'), world = new World();
		Object.assign(world, { kind, folder, old: null, certificates: {}, bases: [], calls: [] });
		for (const name of ['ca', 'token', 'requests']) mkdirSync(path.join(folder, name));
		world.ca = await Authority.make(path.join(folder, 'ca'), { keyType: kind.vendor ? 'sm2' : 'ec-p256' });
		await world.makeToken();
		await world.makePool();
		world.writePinentry();
		world.bases.push({ store: world.token.store, hall: {} });
		await world.record();
		writeFileSync(path.join(folder, 'world.json'), JSON.stringify({ ...world, ca: undefined, root: world.ca.root }));
		return World.load(folder);
	}

	static load(folder) {
		const world = Object.assign(new World(), JSON.parse(readFileSync(path.join(folder, 'world.json'), 'utf8')));
		world.token = world.newToken(world.token);
		return world;
	}

	get Token() { return this.kind.softhsm ? ShimToken : SoftKey; }
	newToken(...values) { return Object.assign(new this.Token(), ...values); }

	request(key, name) { return makeRequest(key, path.join(this.folder, 'requests'), name ? { name } : {}); }

	// The company's certificate, and what must never be touched.
	async makeToken() {
		const pair = await makeKey(this.kind.keyType), foreign = await makeKey('ec-p256'), seal = path.join(this.folder, 'seal');
		const token = this.token = await this.Token.make(path.join(this.folder, 'token'), { pin: '123456', vendor: this.kind.vendor });
		this.oldPem = await this.ca.issue(await this.request(pair), { notBefore: days(-345), notAfter: days(20) });
		this.old = certificateId(this.oldPem);
		await token.importPair(pair);
		await token.writeCertificate(this.oldPem);
		await token.importPair(foreign, { id: '0f', label: 'another' });
		await token.writeCertificate(await this.ca.issue(await this.request(foreign, '/C=CN/O=Another/CN=Another')), { id: '0f', label: 'another' });
		if (this.kind.dual) await this.addEncryptionPair();
		writeFileSync(seal, 'an electronic seal');
		await token.tool(['--login', '--pin', token.pin, '--write-object', seal, '--type', 'data', '--label', 'seal', '--private']);
		const witness = witnessOf({ world: this, token });
		this.foreign = witness.printsOf((await witness.objects()).filter((one) => one.id !== '01'));
		assert.equal(this.foreign.length, this.kind.dual ? 7 : 4);
		if (this.kind.same) await this.certify(pair);
	}

	// Of the years before: old files need it.
	async addEncryptionPair() {
		const { key, certificate } = await makePair(this.ca, this.folder, { keyType: this.kind.keyType, which: 'old', notBefore: days(-345), notAfter: days(20) });
		await this.token.importPair(key, { id: '02', label: '旧加密证书' });
		await this.token.writeCertificate(certificate, { id: '02', label: '旧加密证书' });
	}

	async makePool() {
		if (!this.kind.pool) return;
		mkdirSync(path.join(this.token.store, 'pool'));
		for (let i = 1; i <= keysInPool; i++) {
			const key = await makeKey(this.kind.keyType);
			writeFileSync(path.join(this.token.store, 'pool', `${this.kind.pool}-${i}`), derOf(key));
			await this.certify(key);
		}
	}

	// What the CA will issue for a key that is known.
	async certify(key) { this.certificates[spkiHash(key)] = await this.issueBy(await this.ca.issue(await this.request(key))); }

	async issueBy(certificate) { return { certificate, chain: [], ...(this.kind.dual ? { encryption: await this.envelop(certificate) } : {}) }; }

	// For a key that nobody knew before; without the CA's files, which the other workers use too.
	async issue(csr, publicKey) {
		if (this.certificates[publicKey]) return this.certificates[publicKey];
		assert.ok(!this.kind.pool, 'a key of the pool');
		const { folder } = this, serial = `0x7${randomBytes(15).toString('hex').slice(1)}`;
		return this.issueBy((await run('openssl', ['x509', '-req', '-CA', this.root ?? this.ca.root, '-CAkey', path.join(folder, 'ca/key.pem'), '-set_serial', serial,
			'-days', '365', '-copy_extensions', 'copyall', '-extfile', path.join(folder, 'ca/ca.cnf'), '-extensions', 'sign'], { input: csr })).stdout);
	}

	// A pair of its own for every certificate; on SoftHSM2 one for all, because the workers have no CA.
	async envelop(certificate) {
		const { folder, kind: { keyType, vendor, softhsm } } = this;
		const pair = this.pair ?? await makePair(this.ca, folder, { keyType, which: `new ${Object.keys(this.certificates).length}` });
		if (softhsm) this.pair = pair;
		return vendor ? encryptionOf(pair, await wrapSm2(folder, certificate, pair.key), 'sm2-enveloped-key') : encryptionOf(pair, wrapRsa(certificate, pair.key));
	}

	// A PIN window that gives the PIN at once.
	writePinentry() {
		this.pinentry = path.join(this.folder, 'pinentry');
		writeFileSync(this.pinentry, `#!/bin/sh
echo OK
while IFS= read -r command; do
	case $command in
		GETPIN*) printf 'D ${this.token.pin}\\nOK\\n' ;;
		GETINFO\\ pid*) printf 'D %s\\nOK\\n' $$ ;;
		BYE*) echo OK; exit 0 ;;
		*) echo OK ;;
	esac
done
`, { mode: 0o755 });
	}

	// One undisturbed renewal, part by part: the calls are counted here, not listed by hand.
	async record() {
		for (let part = 0; part < parts.length; part++) {
			const scene = await Scene.open(this, part);
			try {
				this.calls.push(await scene.token.calls(async () => { await scene.part(part); await sleep(100); }));
			} finally { await scene.stop(); }
			scene.checkHistory();
			this.keep(scene);
		}
		const scene = await Scene.open(this, parts.length);
		this.expected = scene.witness.describe(await scene.witness.objects());
		await scene.close();
	}

	keep(scene) {
		const at = (name) => path.join(this.folder, `${name}-${this.bases.length}`);
		cpSync(scene.token.store, at('store'), { recursive: true });
		cpSync(scene.state, at('state'), { recursive: true });
		for (const name of ['calls', 'history']) rmSync(path.join(at('store'), name), { recursive: true, force: true });
		this.bases.push({ store: at('store'), state: at('state'), hall: scene.hall.facts });
		scene.remove();
	}

	// The files of a base, read once.
	tree(number, name) {
		const key = `${name} ${number}`, place = this.bases[number][name];
		if (!this.#trees.has(key)) this.#trees.set(key, place ? readTree(place) : []);
		return this.#trees.get(key);
	}

	close() { removeFolder(this.folder); }
}
