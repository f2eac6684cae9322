// What is on a test token, read from its files: a witness that needs no process. The form of a file: tests/softkey/attributes.c.
import { X509Certificate, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from './token.mjs';
import { markLabel } from './mark.mjs';

const CLASS = 0, LABEL = 3, VALUE = 0x11, ID = 0x102, SECRET = 0x80004b48;
const names = ['data', 'certificate', 'public', 'private'];
const readClass = (value) => (value ? names[Number(value.readBigUInt64LE(0))] : 'torn');

function parseAttributes(bytes) {
	const attributes = new Map();
	for (let at = 8; at < bytes.length;) {
		const type = Number(bytes.readBigUInt64LE(at)), length = Number(bytes.readBigUInt64LE(at + 8));
		attributes.set(type, bytes.subarray(at + 16, at + 16 + length));
		at += 16 + length;
	}
	return attributes;
}

// As OpenSSL wrote it, which is one form for each family and whether it was made here.
function readSecret(der) {
	for (const type of ['pkcs8', 'pkcs1', 'sec1'])
		try { return createPrivateKey({ key: der, format: 'der', type }); } catch { /* the next */ }
	throw new Error('a private key in an unknown form');
}

const spkiOf = (key) => (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }).toString('hex');

function parse(bytes) {
	const attributes = parseAttributes(bytes), hash = createHash('sha256');
	for (const [type, value] of [...attributes].sort(([a], [b]) => a - b)) hash.update(`${type}:${value.toString('hex')};`);
	const kind = readClass(attributes.get(CLASS));
	const object = { kind, label: attributes.get(LABEL)?.toString() ?? '', id: attributes.get(ID)?.toString('hex') ?? '', print: hash.digest('hex') };
	if (kind === 'certificate' && attributes.has(VALUE)) {
		object.certificate = new X509Certificate(attributes.get(VALUE));
		object.spki = spkiOf(object.certificate.publicKey);
		object.sha256 = sha256(object.certificate.raw);
	}
	if (kind === 'private' && attributes.has(SECRET))
		object.spki = spkiOf(readSecret(attributes.get(SECRET)));
	return object;
}

// The same bytes come again and again.
const parsed = new Map();
export function parseObject(bytes) {
	const text = bytes.toString('latin1');
	if (!parsed.has(text)) parsed.set(text, parse(bytes));
	return parsed.get(text);
}

// Puts another DER into a certificate's file: one that no program of OpenSSL's would write.
export function replaceCertificate(file, der) {
	const bytes = readFileSync(file), parts = [bytes.subarray(0, 8)], number = (value) => { const out = Buffer.alloc(8); out.writeBigUInt64LE(BigInt(value)); return out; };
	for (const [type, value] of parseAttributes(bytes)) {
		const now = type === VALUE ? der : value;
		parts.push(number(type), number(now.length), now);
	}
	writeFileSync(file, Buffer.concat(parts));
}

// The file of the only object of a kind.
export function objectFile(key, kind, token = 'A') {
	const folder = path.join(key.store, 'tokens', token);
	const files = readdirSync(folder).map((name) => path.join(folder, name)).filter((name) => name.endsWith('.object') && parseObject(readFileSync(name)).kind === kind);
	if (files.length !== 1) throw new Error(`${files.length} objects are ${kind}`);
	return files[0];
}

export function storeObjects(key, token = 'A') {
	const folder = path.join(key.store, 'tokens', token);
	return readdirSync(folder).filter((name) => name.endsWith('.object')).map((name) => parseObject(readFileSync(path.join(folder, name))));
}

// SHA-256 of the certificates whose private key is there, under the same CKA_ID.
export function usableCertificates(objects) {
	const keys = objects.filter((one) => one.kind === 'private');
	return objects.filter((one) => one.certificate && keys.some((key) => key.id === one.id && key.spki === one.spki)).map((one) => one.sha256);
}

// A line an object, sorted: what must be equal after every way to the same end.
export const describeObjects = (objects) => objects.map((one) => `${one.kind} ${one.id} ${one.label}`).sort();

export const triesLeft = (key) => Number(/^left=(.*)$/m.exec(key.read('tokens/A/token'))[1]);

// Whether no rule of the fault script waits any more.
export const faultMet = (key) => !existsSync(path.join(key.store, 'faults')) || key.read('faults').trim() === '';

// The order's pending objects go, as by a tool of the key's vendor; how many. The module must not be loaded meanwhile.
export function losePending(key, order, token = 'A') {
	const folder = path.join(key.store, 'tokens', token);
	const lost = readdirSync(folder).filter((name) => name.endsWith('.object') && parseObject(readFileSync(path.join(folder, name))).label.startsWith(markLabel(order)));
	for (const name of lost) rmSync(path.join(folder, name));
	return lost.length;
}
