// What the openssl program says about certificates and requests.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

// What `openssl verify` says about a certificate; crl: DER to check it against.
export async function verifyCertificate(scene, pem, { chain = [], crl } = {}) {
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
	const { status, stderr, stdout } = await run('openssl', ['req', '-verify', '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus'],
		{ input: csr, status: null });
	return { ok: status === 0 && /verify OK/i.test(stderr + stdout), subject: stdout.replace(/^subject=/m, '').trim(), text: stderr + stdout };
}

// RFC 4514 order reversed, as openssl prints it, UTF-8.
export async function subjectOf(pem) {
	const { stdout } = await run('openssl', ['x509', '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus'], { input: pem });
	return stdout.replace(/^subject=/, '').trim();
}
