// Certificates that openssl would not write: names put into another one, and the whole signed again by the CA's key.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pemToDer } from './token.mjs';

export const tags = { utf8: 0x0c, printable: 0x13, t61: 0x14, bmp: 0x1e };

export function tlv(tag, ...parts) {
	const body = Buffer.concat(parts), { length } = body;
	const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...header]), body]);
}

// The elements in a buffer: {tag, body, whole}.
export function elements(buffer) {
	const found = [];
	for (let at = 0; at < buffer.length;) {
		let length = buffer[at + 1], header = 2;
		if (length & 0x80) {
			header += length & 0x7f;
			length = buffer.readUIntBE(at + 2, length & 0x7f);
		}
		found.push({ tag: buffer[at], body: buffer.subarray(at + header, at + header + length), whole: buffer.subarray(at, at + header + length) });
		at += header + length;
	}
	return found;
}

const inside = (buffer) => elements(elements(buffer)[0].body);
const oids = { CN: '550403', O: '55040a', OU: '55040b', C: '550406' };

// A Name from [[type, tag, value: text or Buffer], …], an RDN each.
export const makeName = (...rdns) => tlv(0x30, ...rdns.map(([type, tag, value]) =>
	tlv(0x31, tlv(0x30, tlv(0x06, Buffer.from(oids[type], 'hex')), tlv(tag, Buffer.from(value))))));

// The subject's DER of a certificate or a request.
export function subjectDer(pem) {
	const parts = inside(inside(pemToDer(pem))[0].whole);
	return /REQUEST/.test(pem) ? parts[1].whole : parts[5].whole;
}

// The certificate with other names (DER), or with the key of a request, signed by the key of an Authority (EC).
export function renamed(pem, authority, { issuer, subject, csr }) {
	const [tbs, algorithm] = inside(pemToDer(pem));
	const parts = elements(tbs.body).map((part) => part.whole);
	if (issuer) parts[3] = issuer;
	if (subject) parts[5] = subject;
	if (csr) parts[6] = inside(inside(pemToDer(csr))[0].whole)[2].whole;
	const body = tlv(0x30, ...parts);
	const signature = sign('sha256', body, createPrivateKey(readFileSync(path.join(authority.folder, 'key.pem'))));
	const der = tlv(0x30, body, algorithm.whole, tlv(0x03, Buffer.from([0]), signature));
	return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;
}
