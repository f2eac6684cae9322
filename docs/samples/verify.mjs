// Verifies a proof or a receipt as a hall's server must. No dependency; Node.js 18 or later.
//
//   node verify.mjs proof   JWS-FILE OLD-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-REQUEST
//   node verify.mjs receipt JWS-FILE NEW-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-CERTIFICATE
//
// The certificate is the one that the hall has for the order, never one that the page brings: that is what makes it a
// proof. SHA256 is hex, of the DER. SM2 is in verify.c: Node.js gives no SM2 signature its ID.
import { X509Certificate, constants, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const SECONDS = 600; // how far iat may be from our clock
const ALGORITHMS = {
	RS256: { type: 'rsa', hash: 'sha256', key: { padding: constants.RSA_PKCS1_PADDING } },
	ES256: { type: 'ec', curve: 'prime256v1', hash: 'sha256', key: { dsaEncoding: 'ieee-p1363' } },
	ES384: { type: 'ec', curve: 'secp384r1', hash: 'sha384', key: { dsaEncoding: 'ieee-p1363' } },
	EdDSA: { type: 'ed25519', hash: null, key: {} },
};

const names = (object) => Object.keys(object).sort().join();

// '' when it is good, else what is wrong. expected: the payload's members but iat.
export function wrongIn(jws, pem, expected, now = Date.now() / 1000) {
	const parts = jws.trim().split('.');
	if (parts.length !== 3 || parts.some((part) => !/^[A-Za-z0-9_-]+$/.test(part))) return 'format';
	let header, payload;
	try { [header, payload] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))); } catch { return 'format'; }
	if (names(header) !== 'alg,typ,x5c' || header.typ !== 'JWT') return 'header';
	const certificate = new X509Certificate(pem), { publicKey } = certificate, algorithm = Object.hasOwn(ALGORITHMS, header.alg) && ALGORITHMS[header.alg];
	if (!Array.isArray(header.x5c) || header.x5c[0] !== certificate.raw.toString('base64')) return 'x5c';
	if (!algorithm || algorithm.type !== publicKey.asymmetricKeyType || (algorithm.curve ?? '') !== (publicKey.asymmetricKeyDetails.namedCurve ?? '')) return 'alg';
	if (!verify(algorithm.hash, Buffer.from(parts.slice(0, 2).join('.')), { key: publicKey, ...algorithm.key }, Buffer.from(parts[2], 'base64url'))) return 'signature';
	if (names(payload) !== names({ ...expected, iat: 0 })) return 'payload';
	for (const [name, value] of Object.entries(expected)) if (payload[name] !== value) return name;
	return Number.isInteger(payload.iat) && Math.abs(payload.iat - now) <= SECONDS ? '' : 'iat';
}

if (process.argv[1]?.endsWith('verify.mjs')) {
	const [kind, file, certificate, order, origin, tokenSerial, sha256] = process.argv.slice(2);
	if (!['proof', 'receipt'].includes(kind) || sha256 === undefined) throw new Error('proof or receipt, and six more; see the head of this file');
	const expected = { order, origin, tokenSerial, [kind === 'proof' ? 'csrSha256' : 'certificateSha256']: sha256 };
	const wrong = wrongIn(readFileSync(file, 'utf8'), readFileSync(certificate), expected);
	console.log(wrong || 'good');
	process.exit(wrong ? 1 : 0);
}
