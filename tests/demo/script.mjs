// ./dev demo --script: the same renewal without a browser, every step with its facts, in a folder of its own.
import { X509Certificate } from 'node:crypto';
import { renew } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { verifyCertificate } from '../lib/witness.mjs';

const tick = process.stdout.isTTY ? '\x1b[32m✓\x1b[0m' : '✓';
const pad = (text) => text.padEnd(20);

function report(step, facts) { console.log(`${tick} ${pad(step)} ${facts}`); }

export async function runScript() {
	const begin = Date.now();
	const scene = await makeScene({ hall: true });
	for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));
	try {
		const old = new X509Certificate(scene.oldPem);
		report('stage', `SoftHSM2 key ${scene.token.serial}, hall ${scene.origin}, agent ws://127.0.0.1:${scene.daemon.port}`);
		const agent = await scene.connect({ locale: 'en' });
		const hall = scene.hall.client();
		const done = await renew(scene, { agent, hall, report });
		await verify(scene, hall, old, done);
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
	const objects = await scene.token.objects();
	const fit = new X509Certificate(done.certificate).serialNumber;
	if (!objects.some((text) => text.startsWith('Certificate') && text.includes(`serial:     ${fit}`))) throw new Error(objects.join('\n'));
	report('pkcs11-tool', objects.map((text) => text.split(/;|\n/)[0].replace(' Object', '')).join(', '));
}
