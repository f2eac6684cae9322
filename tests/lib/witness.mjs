// What the openssl program says about certificates and requests.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeFolder, run, temporaryFolder } from './process.mjs';
import { distid, pemToDer } from './token.mjs';

const sm2Curve = Buffer.from('06082a811ccf5501822d', 'hex'), sm2WithSm3 = Buffer.from('06082a811ccf55018375', 'hex');

// What `openssl verify` says about a certificate; crl: DER to check it against.
export async function verifyCertificate(scene, pem, { chain = [], crl } = {}) {
	if (!crl && pemToDer(pem).includes(sm2WithSm3)) return verifySm2(scene, pem, chain);
	const file = path.join(scene.folder, 'verify.pem'), more = path.join(scene.folder, 'chain.pem'), list = path.join(scene.folder, 'crl.pem');
	writeFileSync(file, pem);
	writeFileSync(more, chain.join('\n'));
	const args = ['verify', '-CAfile', scene.root, ...(chain.length ? ['-untrusted', more] : [])];
	if (crl) {
		await run('openssl', ['crl', '-inform', 'DER', '-outform', 'PEM', '-out', list], { input: crl });
		args.push('-crl_check', '-CRLfile', list);
	}
	const { status, stdout, stderr } = await run('openssl', [...args, file], { status: null });
	return { ok: status === 0 && / ?OK\s*$/.test(stdout.trim()), text: `${stdout}${stderr}`.replaceAll(`${scene.folder}/`, '').trim() };
}

// Whether the request's own signature holds, by openssl; and its subject.
export async function verifyRequest(csr) {
	const sm2 = pemToDer(csr).includes(sm2Curve) ? ['-vfyopt', distid] : [];
	const { status, stderr, stdout } = await run('openssl', ['req', '-verify', ...sm2, '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus'],
		{ input: csr, status: null });
	return { ok: status === 0 && /verify OK/i.test(stderr + stdout), subject: /^subject=(.*)$/m.exec(stdout)?.[1].trim(), text: stderr + stdout };
}

// Whether a signature of r and s is the SM2 certificate's (an X509Certificate) over the data, by openssl: Node's crypto has no SM2.
export function sm2Verifies(certificate, data, raw) {
	if (raw.length !== 64) return false;
	const folder = temporaryFolder('sm2'), at = (name) => path.join(folder, name);
	const number = (half) => { let at = 0; while (at < 31 && half[at] === 0 && half[at + 1] < 0x80) at++; const short = half.subarray(at); return short[0] < 0x80 ? short : Buffer.concat([Buffer.from([0]), short]); };
	const integer = (half) => Buffer.concat([Buffer.from([2, number(half).length]), number(half)]);
	const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
	writeFileSync(at('certificate'), certificate.toString());
	writeFileSync(at('data'), data);
	writeFileSync(at('signature'), Buffer.concat([Buffer.from([0x30, both.length]), both]));
	const { status } = spawnSync('openssl', ['pkeyutl', '-verify', '-certin', '-inkey', at('certificate'), '-rawin', '-digest', 'sm3', '-pkeyopt', distid, '-in', at('data'),
		'-sigfile', at('signature')]);
	removeFolder(folder);
	return status === 0;
}

// RFC 4514 order reversed, as openssl prints it, UTF-8.
export async function subjectOf(pem) {
	const { stdout } = await run('openssl', ['x509', '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus'], { input: pem });
	return stdout.replace(/^subject=/, '').trim();
}

// The same for a chain of SM2 keys: openssl gives the distinguishing ID to the first certificate only, so each is judged by the one above it.
export async function verifySm2(scene, pem, chain) {
	const at = (i) => path.join(scene.folder, `sm2-${i}.pem`), all = [pem, ...chain];
	all.forEach((one, i) => writeFileSync(at(i), one));
	for (let i = 0; i < all.length; i++) {
		const trusted = i + 1 < all.length ? at(i + 1) : scene.root;
		const { status, stderr } = await run('openssl', ['verify', '-vfyopt', distid, '-partial_chain', '-trusted', trusted, at(i)], { status: null });
		if (status !== 0) return { ok: false, text: stderr };
	}
	return { ok: true, text: '' };
}

// The list's signature by the SM2 certificate, which openssl's own check of lists cannot be told the ID for; and its revoked serial numbers.
export async function readSm2Crl(scene, crl, issuer) {
	const at = (name) => path.join(scene.folder, `crl-${name}`);
	writeFileSync(at('der'), crl);
	const lines = (await run('openssl', ['asn1parse', '-inform', 'DER', '-in', at('der')])).stdout.split('\n').map((line) => /^\s*(\d+):d=1 .*hl=(\d+)/.exec(line)).filter(Boolean);
	const [body, , signature] = lines.map(([, offset, header]) => [Number(offset), Number(header)]);
	writeFileSync(at('body'), crl.subarray(body[0], lines[1][1]));
	writeFileSync(at('signature'), crl.subarray(signature[0] + signature[1] + 1));
	writeFileSync(at('key'), (await run('openssl', ['x509', '-noout', '-pubkey'], { input: issuer })).stdout);
	const { status } = await run('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', at('key'), '-rawin', '-digest', 'sm3', '-pkeyopt', distid, '-in', at('body'), '-sigfile', at('signature')], { status: null });
	const { stdout } = await run('openssl', ['crl', '-inform', 'DER', '-in', at('der'), '-noout', '-text']);
	return { ok: status === 0, revoked: [...stdout.matchAll(/Serial Number: (\w+)/g)].map((hit) => hit[1].toLowerCase()) };
}

// A line of what openssl prints of a certificate.
export async function describe(pem) {
	return (await run('openssl', ['x509', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'], { input: pem })).stdout;
}
