// Opens an envelope of a key centre with the signing key in a file, without the hall's or the agent's code: RFC 5649 by hand over
// AES-ECB, SM2 and SM4 by the openssl program. Answers the private key in PEM and the parts.
import assert from 'node:assert/strict';
import { constants, createDecipheriv, createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeFolder, run, temporaryFolder } from './process.mjs';

function aes(key, block) {
	const decipher = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
	return Buffer.concat([decipher.update(block), decipher.final()]);
}

// RFC 5649, 4.2 and 3.
export function unwrap(key, wrapped) {
	const n = wrapped.length / 8 - 1;
	let a = wrapped.subarray(0, 8);
	const r = Array.from({ length: n }, (_, i) => wrapped.subarray(8 * (i + 1), 8 * (i + 2)));
	if (n === 1) {
		const block = aes(key, wrapped);
		a = block.subarray(0, 8);
		r[0] = block.subarray(8);
	} else
		for (let j = 5; j >= 0; j--)
			for (let i = n; i >= 1; i--) {
				const count = Buffer.alloc(8);
				count.writeBigUInt64BE(BigInt(n * j + i));
				const block = aes(key, Buffer.concat([Buffer.from(a.map((byte, at) => byte ^ count[at])), r[i - 1]]));
				a = block.subarray(0, 8);
				r[i - 1] = block.subarray(8);
			}
	assert.equal(a.subarray(0, 4).toString('hex'), 'a65959a6', 'RFC 5649 check value');
	const length = a.readUInt32BE(4), data = Buffer.concat(r);
	assert.ok(length <= data.length && length > data.length - 8 && data.subarray(length).every((byte) => byte === 0), 'RFC 5649 padding');
	return data.subarray(0, length);
}

const paddings = {
	sha1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, sha256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
};

// OpenSSL's program, because Node refuses PKCS #1 v1.5 decryption.
async function openPkcs1(key, cipher) {
	const folder = temporaryFolder('envelope'), at = (name) => path.join(folder, name);
	writeFileSync(at('key'), key);
	writeFileSync(at('cipher'), cipher);
	const { bytes } = await run('openssl', ['pkeyutl', '-decrypt', '-inkey', at('key'), '-pkeyopt', 'rsa_padding_mode:pkcs1', '-in', at('cipher')]);
	removeFolder(folder);
	return bytes;
}

async function openRsa(signingKey, envelope, padding) {
	const key = createPrivateKey(signingKey), size = key.asymmetricKeyDetails.modulusLength / 8;
	const cipher = envelope.subarray(0, size);
	const session = padding === 'pkcs1' ? await openPkcs1(signingKey, cipher) : privateDecrypt({ key: signingKey, ...paddings[padding] }, cipher);
	const pkcs8 = unwrap(session, envelope.subarray(size));
	const opened = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
	return { session, pem: opened.export({ type: 'pkcs8', format: 'pem' }), spki: createPublicKey(opened).export({ type: 'spki', format: 'der' }) };
}

// ---- GM/T 0009

export function readDer(bytes, at = 0) {
	let start = at + 2, length = bytes[at + 1];
	if (length & 0x80) {
		const count = length & 0x7f;
		length = bytes.readUIntBE(start, count);
		start += count;
	}
	return { tag: bytes[at], body: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length), end: start + length };
}

function children(bytes) {
	const out = [];
	for (let at = 0; at < bytes.length;) {
		const child = readDer(bytes, at);
		out.push(child);
		at = child.end;
	}
	return out;
}

export function readSm2Envelope(envelope) {
	const all = readDer(envelope);
	assert.deepEqual([all.tag, all.end], [0x30, envelope.length]);
	const [algorithm, cipher, point, key, ...more] = children(all.body);
	assert.deepEqual([cipher.tag, point.tag, key.tag, more.length], [0x30, 3, 3, 0]);
	assert.deepEqual([point.body[0], key.body[0]], [0, 0], 'no unused bits');
	const [x, y, hash, text] = children(cipher.body);
	assert.deepEqual([x.tag, y.tag, hash.tag, text.tag, hash.body.length, text.body.length], [2, 2, 4, 4, 32, 16]);
	return { algorithm: algorithm.whole, cipher: cipher.whole, point: point.body.subarray(1), key: key.body.subarray(1) };
}

// SEC 1, C.4: the number and the curve; openssl works out the public key.
const sec1 = (number) => Buffer.concat([Buffer.from('30310201010420', 'hex'), number, Buffer.from('a00a06082a811ccf5501822d', 'hex')]);

async function openSm2(signingKey, envelope) {
	const parts = readSm2Envelope(envelope), folder = temporaryFolder('envelope'), at = (name) => path.join(folder, name);
	assert.equal(parts.algorithm.toString('hex'), '300a06082a811ccf55016801', 'SM4-ECB');
	writeFileSync(at('key'), signingKey);
	writeFileSync(at('cipher'), parts.cipher);
	const { bytes: session } = await run('openssl', ['pkeyutl', '-decrypt', '-inkey', at('key'), '-in', at('cipher')]);
	const { bytes: number } = await run('openssl', ['enc', '-d', '-sm4-ecb', '-nopad', '-K', session.toString('hex')], { input: parts.key });
	assert.deepEqual([session.length, number.length], [16, 32]);
	writeFileSync(at('sec1'), sec1(number));
	const pem = (await run('openssl', ['pkey', '-inform', 'DER', '-in', at('sec1')])).stdout;
	const { bytes: spki } = await run('openssl', ['pkey', '-inform', 'DER', '-in', at('sec1'), '-pubout', '-outform', 'DER']);
	removeFolder(folder);
	assert.deepEqual(spki.subarray(-65), parts.point, 'the point beside it');
	return { session, pem, spki };
}

// encryption: {format, envelope} as the hall gives it.
export function openEnvelope(signingKey, { format, envelope }, padding = 'sha1') {
	const bytes = Buffer.from(envelope, 'base64');
	assert.equal(bytes.toString('base64'), envelope, 'canonical base64');
	return format === 'rsa-aes-kw' ? openRsa(signingKey, bytes, padding) : openSm2(signingKey, bytes);
}
