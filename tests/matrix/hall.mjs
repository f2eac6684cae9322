// The hall of the matrix: one certificate for one (order, public key), kept until the end; what the SDK's drive() asks of a hall.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { checkProof, checkReceipt } from '../lib/renewal.mjs';
import { pemToDer } from '../lib/token.mjs';

// The parts of a DER sequence as [whole, content] pairs.
function elements(der) {
	const found = [];
	for (let at = 0; at < der.length;) {
		let length = der[at + 1], head = 2;
		if (length > 0x80) { head += length & 0x7f; length = der.subarray(at + 2, at + head).reduce((sum, byte) => sum * 256 + byte, 0); }
		found.push([der.subarray(at, at + head + length), der.subarray(at + head, at + head + length)]);
		at += head + length;
	}
	return found;
}

// Who asks has the key: SHA-256 of the public key in the request, whose signature verifies.
function readRequest(csr) {
	const [[info, inner], , [, bits]] = elements(elements(pemToDer(csr))[0][1]);
	const spki = elements(inner)[2][0], key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
	const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
	if (key.asymmetricKeyType) assert.ok(verify(digest, info, key, bits.subarray(1)), 'the request is signed by its key');
	return createHash('sha256').update(spki).digest('hex');
}

export class Hall {
	constructor(world, origin, order, facts) {
		Object.assign(this, { world, origin, order, serial: world.token.serial });
		this.facts = { publicKey: null, issued: [], installed: false, ...facts };
	}

	get answer() {
		const { publicKey, installed, issued } = this.facts;
		return publicKey ? { publicKey, installed, ...issued.at(-1) } : {};
	}

	async key({ csr, proof, publicKey }) {
		assert.equal(readRequest(csr), publicKey);
		checkProof(proof, { order: this.order, origin: this.origin, serial: this.serial, csr, certificate: this.world.oldPem });
		if (publicKey !== this.facts.publicKey)
			Object.assign(this.facts, { publicKey, issued: [...this.facts.issued, await this.world.issue(csr, publicKey)] });
		return this.answer;
	}

	issued() { return Promise.resolve(this.answer); }

	receipt(receipt) {
		checkReceipt(receipt, { order: this.order, origin: this.origin, serial: this.serial, certificate: this.answer.certificate });
		this.facts.installed = true;
		return Promise.resolve();
	}
}
