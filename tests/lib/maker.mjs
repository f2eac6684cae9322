// A token that takes no pair from outside: it makes them.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { elements, tlv } from './der.mjs';
import { Token, pemToDer } from './token.mjs';

export const types = { rsa2048: 'rsa:2048', 'ec-p256': 'EC:prime256v1', 'ec-p384': 'EC:secp384r1' };
const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
const pem = (kind, der) => `-----BEGIN ${kind}-----\n${der.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END ${kind}-----\n`;

export class Maker extends Token {
	// A pair made on the token; its public key in DER.
	async generate(keyType, { id = '01', label = '旧证书' } = {}) {
		await this.tool(['--login', '--pin', this.pin, '--keypairgen', '--key-type', types[keyType], '--id', id, '--label', label]);
		return this.readPublicKey(id);
	}

	// pkcs11-tool 0.23 reads out no EC key but of P-256; it shows each.
	async readPublicKey(id) {
		const shown = (name, object) => new RegExp(`^  ${name}:\\s+(\\w+)$`, 'm').exec(object)?.[1] ?? '';
		const key = (await this.objects()).find((object) => object.startsWith('Public Key') && shown('ID', object) === id);
		const [point, curve] = ['EC_POINT', 'EC_PARAMS'].map((name) => Buffer.from(shown(name, key), 'hex'));
		if (!point.length) return (await this.tool(['--login', '--pin', this.pin, '--read-object', '--type', 'pubkey', '--id', id])).bytes;
		return tlv(0x30, tlv(0x30, ecPublicKey, curve), tlv(0x03, Buffer.from([0]), elements(point)[0].body));
	}

	// A request of the same subject and key type, for a pair that was made on the card, signed by it.
	async adopt(request, keyType, { id = '01', label } = {}) {
		const [info, algorithm] = elements(elements(pemToDer(request))[0].body), parts = elements(info.body).map((part) => part.whole);
		parts[2] = await this.generate(keyType, { id, label });
		const body = tlv(0x30, ...parts), signature = await this.sign(id, body, keyType);
		return pem('CERTIFICATE REQUEST', tlv(0x30, body, algorithm.whole, tlv(0x03, Buffer.from([0]), signature)));
	}

	async sign(id, data, keyType) {
		const at = (name) => path.join(this.folder, `sign-${name}`), { input, mechanism } = this.toSign(data, keyType, 'sha256');
		writeFileSync(at('in'), input);
		await this.tool(['--login', '--pin', this.pin, '--sign', '--id', id, '--input-file', at('in'), '--output-file', at('out'), ...mechanism]);
		const signature = readFileSync(at('out'));
		for (const name of ['in', 'out']) rmSync(at(name));
		return signature;
	}

	// adopt() has made it.
	async importPair() {}
}
