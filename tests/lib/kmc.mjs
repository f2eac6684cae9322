// A key centre: makes an encryption pair and the envelope of its private key, with node's crypto and the openssl program.
import { X509Certificate, constants, createCipheriv, createPrivateKey, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeRequest } from './ca.mjs';
import { run } from './process.mjs';
import { makeKey, pemToDer } from './token.mjs';

const sm2Curve = Buffer.from('06082a811ccf5501822d', 'hex');

const paddings = {
	'oaep-sha1': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
	'oaep-sha256': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
	pkcs1: { padding: constants.RSA_PKCS1_PADDING },
};

// RFC 5649.
function wrapPadded(key, plain) {
	const cipher = createCipheriv(`id-aes${key.length * 8}-wrap-pad`, key, Buffer.from('a65959a6', 'hex'));
	return Buffer.concat([cipher.update(plain), cipher.final()]);
}

// rsa-aes-kw of a PEM key to the key of a certificate.
export function wrapRsa(certificatePem, keyPem, { padding = 'oaep-sha1', aes = randomBytes(32) } = {}) {
	const session = publicEncrypt({ key: new X509Certificate(certificatePem).publicKey, ...paddings[padding] }, aes);
	const pkcs8 = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
	return Buffer.concat([session, wrapPadded(aes, pkcs8)]);
}

const der = (tag, ...parts) => {
	const body = Buffer.concat(parts);
	const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const bits = (bytes) => der(3, Buffer.from([0]), bytes);

// The 65 bytes of a point at the end of an SM2 key's SubjectPublicKeyInfo, and the 32 of its scalar.
const pointOf = (spki) => spki.subarray(spki.length - 65);
const scalarOf = (sec1) => sec1.subarray(sec1.indexOf(Buffer.from('0201010420', 'hex')) + 5).subarray(0, 32);

// SM2EnvelopedKey (GM/T 0009) of a PEM key to the key of a certificate. long: the private key as 64 bytes.
export async function wrapSm2(folder, certificatePem, keyPem, { long = false, point } = {}) {
	const at = (name) => path.join(folder, `kmc-${name}`);
	const session = randomBytes(16);
	mkdirSync(folder, { recursive: true });
	writeFileSync(at('to'), (await run('openssl', ['x509', '-pubkey', '-noout'], { input: certificatePem })).stdout);
	writeFileSync(at('key'), keyPem);
	const cipher = (await run('openssl', ['pkeyutl', '-encrypt', '-pubin', '-inkey', at('to')], { input: session })).bytes;
	const sec1 = (await run('openssl', ['ec', '-in', at('key'), '-no_public', '-outform', 'DER'])).bytes;
	const spki = (await run('openssl', ['pkey', '-in', at('key'), '-pubout', '-outform', 'DER'])).bytes;
	const plain = Buffer.concat([Buffer.alloc(long ? 32 : 0), scalarOf(sec1)]);
	const wrapped = (await run('openssl', ['enc', '-sm4-ecb', '-nopad', '-K', session.toString('hex')], { input: plain })).bytes;
	for (const name of ['to', 'key']) rmSync(at(name));
	const algorithm = der(0x30, Buffer.from('06082a811ccf55016801', 'hex'));
	return der(0x30, algorithm, cipher, bits(point ?? pointOf(spki)), bits(wrapped));
}

// Keys take long to make: one of each type and name in a process.
const made = new Map();
export function keyNamed(keyType, name) {
	if (!made.has(keyType + name)) made.set(keyType + name, makeKey(keyType));
	return made.get(keyType + name);
}

// An encryption pair: {key (PEM), certificate}. which: of several keys. Other options go to the CA.
export async function makePair(ca, folder, { keyType = 'rsa2048', which = 'first', name, ...options } = {}) {
	const key = await keyNamed(keyType, which);
	const place = path.join(folder, 'kmc');
	mkdirSync(place, { recursive: true });
	const certificate = await ca.issue(await makeRequest(key, place, { code: null, ...(name ? { name } : {}) }), { usage: 'encrypt', ...options });
	return { key, certificate };
}

export const encryptionOf = (pair, envelope, format = 'rsa-aes-kw') => ({ certificate: pair.certificate, envelope: envelope.toString('base64'), format });

// What goes into renewal.install: a pair and its envelope for a signing certificate, of the same family of keys.
export async function makeEncryption(ca, folder, signingPem, { padding, aes, long, ...options } = {}) {
	const sm2 = pemToDer(signingPem).includes(sm2Curve);
	const pair = await makePair(ca, folder, { keyType: sm2 ? 'sm2' : 'rsa2048', ...options });
	if (sm2) return encryptionOf(pair, await wrapSm2(folder, signingPem, pair.key, { long }), 'sm2-enveloped-key');
	return encryptionOf(pair, wrapRsa(signingPem, pair.key, { padding, aes }));
}

// Whether the token decrypts with the private key of that id what openssl encrypted for the certificate: pkcs11-tool's account.
export async function decrypts(token, id, certificatePem) {
	const at = (name) => path.join(token.folder, `decrypt-${name}`);
	const text = randomBytes(24);
	const key = createPublicKey(new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'pem' }));
	writeFileSync(at('in'), publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, text));
	const { status } = await token.tool(['--login', '--pin', token.pin, '--decrypt', '--id', id, '--mechanism', 'RSA-PKCS',
		'--input-file', at('in'), '--output-file', at('out')], { status: null });
	if (status !== 0) return false;
	const { bytes } = await run('cat', [at('out')]);
	for (const name of ['in', 'out']) rmSync(at(name));
	return bytes.equals(text);
}
