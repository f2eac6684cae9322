// ./dev demo --script: the same renewal without a browser, every step with its facts, in a folder of its own.
import { X509Certificate } from 'node:crypto';
import { enc } from '../lib/dual.mjs';
import { decrypts } from '../lib/kmc.mjs';
import { renew } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { certificateId } from '../lib/token.mjs';
import { readSm2Crl, verifyCertificate } from '../lib/witness.mjs';
import { familyOf } from './family.mjs';

const tick = process.stdout.isTTY ? '\x1b[32m✓\x1b[0m' : '✓';
const pad = (text) => text.padEnd(20);

function report(step, facts) { console.log(`${tick} ${pad(step)} ${facts}`); }

export async function runScript({ dual = false, sm2 = false }) {
	const begin = Date.now(), family = familyOf({ sm2 });
	const scene = await makeScene({ hall: true, dual, ...family });
	for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));
	try {
		const old = new X509Certificate(scene.oldPem);
		report('stage', `${family.name} key ${scene.token.serial}, hall ${scene.origin}, agent ws://127.0.0.1:${scene.daemon.port}`);
		for (const line of family.note?.split('\n') ?? []) console.log(`  ${pad('')} ${line}`);
		const agent = await scene.connect({ locale: 'en' });
		const hall = scene.hall.client();
		const done = await renew(scene, { agent, hall, dual, report });
		await (sm2 ? verifyWithSm2 : verify)(scene, hall, old, done);
		if (dual) await verifyEncryption(scene, sm2, done.order);
		await list(scene, done);
		await agent.close();
	} finally {
		await scene.close();
	}
	console.log(`${tick} renewed in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

// Witnesses that are not ours: openssl and pkcs11-tool.
async function verify(scene, hall, old, done) {
	const crl = Buffer.from(await (await hall.fetch('/ca/crl.der')).arrayBuffer());
	const chain = done.order.issued.chain;
	const fresh = await verifyCertificate(scene, done.certificate, { chain, crl });
	if (!fresh.ok) throw new Error(`the new certificate: ${fresh.text}`);
	report('openssl verify', `new certificate with -crl_check: ${fresh.text}`);
	const revoked = await verifyCertificate(scene, scene.oldPem, { chain, crl });
	if (revoked.ok || !/revoked/.test(revoked.text)) throw new Error(`the old certificate: ${revoked.text}`);
	report('revocation', `old certificate ${old.serialNumber.toLowerCase()}: certificate revoked`);
}

// openssl cannot check a list signed with SM2: its signature and what is on it, apart.
async function verifyWithSm2(scene, hall, old, done) {
	const { chain } = done.order.issued, serial = (pem) => new X509Certificate(pem).serialNumber.toLowerCase();
	const { ok, text } = await verifyCertificate(scene, done.certificate, { chain });
	if (!ok) throw new Error(`the new certificate: ${text}`);
	report('openssl verify', 'new certificate, link by link with the ID 1234567812345678: OK');
	const list = await readSm2Crl(scene, Buffer.from(await (await hall.fetch('/ca/crl.der')).arrayBuffer()), chain[0]);
	if (!list.ok || list.revoked.includes(serial(done.certificate)) || !list.revoked.includes(serial(scene.oldPem))) throw new Error(`the list: ${list.revoked}`);
	report('revocation', `the list's signature: OK; old certificate ${serial(scene.oldPem)} is on it`);
}

async function verifyEncryption(scene, sm2, { id, issued: { encryption } }) {
	const works = sm2 ? usableCertificates(storeObjects(scene.token)).includes(certificateId(encryption.certificate))
		: await decrypts(scene.token, enc(id), encryption.certificate);
	if (!works) throw new Error('the encryption key on the token is not the certificate\'s');
	report('encryption key', sm2 ? 'on the key, and the certificate\'s' : 'pkcs11-tool decrypts with it what openssl encrypted for the certificate');
}

async function list(scene, done) {
	const objects = await scene.token.objects();
	const fit = new X509Certificate(done.certificate).serialNumber;
	if (!objects.some((text) => text.startsWith('Certificate') && text.includes(`serial:     ${fit}`))) throw new Error(objects.join('\n'));
	report('pkcs11-tool', objects.map((text) => text.split(/;|\n/)[0].replace(' Object', '')).join(', '));
}
