// The agent's part of a renewal with keys in files: CSR, proof and receipt as the hall expects them, and bent ones.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { company, makeRequest, subject } from './ca.mjs';
import { Hall, HallCa } from './hall.mjs';
import { removeFolder, temporaryFolder } from './process.mjs';
import { distid, isSm2, makeKey, pemToDer, sha256 } from './token.mjs';

const algorithms = { rsa: ['RS256', 'sha256'], 'ec:prime256v1': ['ES256', 'sha256'], 'ec:secp384r1': ['ES384', 'sha384'], ed25519: ['EdDSA', null] };
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export function algorithmOf(key) {
	if (isSm2(key)) return ['SM2SM3', 'sm3'];
	const object = createPrivateKey(key);
	const curve = object.asymmetricKeyDetails?.namedCurve;
	return algorithms[curve ? `${object.asymmetricKeyType}:${curve}` : object.asymmetricKeyType];
}

// SEQUENCE of two INTEGERs to r and s side by side.
function rawSignature(der) {
	const number = (at) => ({ at: at + 2, end: at + 2 + der[at + 1] });
	const r = number(2), s = number(r.end), half = ({ at, end }) => BigInt(`0x${der.subarray(at, end).toString('hex')}`).toString(16).padStart(64, '0');
	return Buffer.from(half(r) + half(s), 'hex');
}

// By the openssl program: Node's crypto has no SM2.
function signSm2(key, data) {
	const folder = temporaryFolder('sm2'), at = (name) => path.join(folder, name);
	writeFileSync(at('key'), key);
	writeFileSync(at('data'), data);
	const der = execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', at('key'), '-rawin', '-digest', 'sm3', '-pkeyopt', distid, '-in', at('data')]);
	removeFolder(folder);
	return rawSignature(der);
}

// header: what to change in it; claims may be a text.
export function makeJws(key, certificate, claims, header = {}) {
	const [alg, digest] = algorithmOf(key);
	const head = encode({ alg, typ: 'JWT', x5c: [pemToDer(certificate).toString('base64')], ...header });
	const text = `${head}.${encode(claims)}`;
	const signature = digest === 'sm3' ? signSm2(key, text)
		: sign(digest, Buffer.from(text), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
	return `${text}.${signature.toString('base64url')}`;
}

export const now = () => Math.floor(Date.now() / 1000);

// A hall with its CA and, each test, companies with certificates.
export class Stage {
	static async make({ args = [], https = false, caKey } = {}) {
		const stage = new Stage();
		stage.folder = temporaryFolder();
		stage.state = path.join(stage.folder, 'hall');
		mkdirSync(stage.state);
		stage.ca = await HallCa.make(stage.state, { key: caKey });
		stage.hall = await Hall.start({ folder: stage.folder, state: stage.state, args, https });
		stage.origin = stage.hall.origin;
		stage.root = path.join(stage.state, 'ca/root.pem');
		return stage;
	}

	async close() {
		const end = await this.hall.stop();
		assert.equal(end.code, 0, this.hall.service.output());
		removeFolder(this.folder);
	}

	async clerk({ keyType = 'ec-p256', from = -345, to = 20, name = subject, code } = {}) {
		const clerk = new Clerk();
		Object.assign(clerk, { stage: this, client: this.hall.client(), serial: 'SOFT0001', keyType });
		clerk.key = await makeKey(keyType);
		clerk.old = await this.ca.certify(await this.request(clerk.key, { name, code }), from, to);
		return clerk;
	}

	async request(key, options) {
		const folder = path.join(this.folder, `request-${Math.random().toString(36).slice(2)}`);
		mkdirSync(folder);
		return makeRequest(key, folder, options);
	}

	file(name, content) {
		const file = path.join(this.folder, name);
		writeFileSync(file, content);
		return file;
	}
}

// A company's clerk at one browser, with the old key and, later, a new one.
export class Clerk {
	// The same company at another browser.
	elsewhere() { return Object.assign(new Clerk(), this, { client: this.stage.hall.client() }); }

	get origin() { return this.stage.origin; }

	async open() {
		const answer = await this.client.fetch('/api/orders', { method: 'POST', headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ certificate: this.old }) });
		this.order = (await answer.json()).order;
		this.status = answer.status;
		return this.order;
	}

	async act(what, body = {}) {
		const { order } = await this.client.post(`/api/orders/${this.order.id}/${what}`, body);
		this.order = order;
		return order;
	}

	async look() {
		this.order = (await this.client.get(`/api/orders/${this.order.id}`)).order;
		return this.order;
	}

	bind() { return this.act('bind', { tokenSerial: this.serial }); }
	confirm(more = {}) { return this.act('confirm', { company: company.name, creditCode: company.creditCode, contact: company.contact, ...more }); }
	payment() { return this.act('payment'); }
	pay(mode = 'now', more = {}) { return this.client.post(new URL(this.order.payment.url).pathname, { mode, ...more }); }

	async paid() {
		await this.open();
		await this.bind();
		await this.confirm();
		await this.payment();
		await this.pay();
		return this.look();
	}

	// Another key's proof must be younger by a whole second.
	async newKey(keyType = this.keyType) {
		this.iat = Math.max(now(), (this.iat ?? 0) + 1);
		this.fresh = await makeKey(keyType);
		this.csr = await this.stage.request(this.fresh, { code: null });
		return this.fresh;
	}

	proofClaims(more = {}) {
		this.iat = Math.max(now(), this.iat ?? 0);
		return { order: this.order.id, csrSha256: sha256(pemToDer(this.csr)), origin: this.origin, tokenSerial: this.serial, iat: this.iat, ...more };
	}

	proof(more) { return makeJws(this.key, this.old, this.proofClaims(more)); }
	sendKey(proof = this.proof()) { return this.act('key', { csr: this.csr, proof }); }

	get issued() { return this.order.issued.certificate; }

	receiptClaims(more = {}) {
		return { order: this.order.id, certificateSha256: sha256(pemToDer(this.issued)), tokenSerial: this.serial, origin: this.origin, iat: now(), ...more };
	}

	receipt(more) { return makeJws(this.fresh, this.issued, this.receiptClaims(more)); }
	sendReceipt(receipt = this.receipt()) { return this.act('receipt', { receipt }); }

	async whole() {
		await this.paid();
		await this.newKey();
		await this.sendKey();
		return this.sendReceipt();
	}
}

export const spkiHash = (key) => sha256(createPublicKey(key).export({ type: 'spki', format: 'der' }));
export const serialOf = (pem) => new X509Certificate(pem).serialNumber.toLowerCase();
