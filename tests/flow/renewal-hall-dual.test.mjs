// Agent and hall together with two certificates: the hall's key centre delivers, the key takes it in.
import assert from 'node:assert/strict';
import test from 'node:test';
import { enc, files } from '../lib/dual.mjs';
import { decrypts } from '../lib/kmc.mjs';
import { findCertificate, payOrder, untilIssued } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';
import { storeObjects, usableCertificates } from '../lib/softkey-store.mjs';
import { certificateId } from '../lib/token.mjs';

async function staged(options, action) {
	const scene = await makeScene({ hall: true, hallArgs: ['--dual'], ...options });
	try { await action(scene, await scene.connect(), scene.hall.client()); } finally { await scene.close(); }
}

async function works(scene, order, certificate) {
	if (scene.keyType !== 'sm2') return decrypts(scene.token, enc(order), certificate);
	return usableCertificates(storeObjects(scene.token)).includes(certificateId(certificate));
}

async function paid(scene, agent, hall) {
	const old = await findCertificate(agent, scene.oldPem);
	const { order } = await hall.post('/api/orders', { certificate: old.pem });
	return { old, order: await payOrder(hall, order, { serial: scene.token.serial, company: scene.company }) };
}

for (const options of [{ keyType: 'rsa2048' }, { keyType: 'rsa2048', hallArgs: ['--dual', '--kmc-oaep', 'pkcs1'] }, { keyType: 'rsa2048', kind: SoftKey },
	{ keyType: 'sm2', kind: SoftKey, vendor: 'sansec', caType: 'sm2' }, { keyType: 'sm2', kind: SoftKey, vendor: 'tass', caType: 'ec-p256' }])
	test(`two certificates: ${options.keyType}, ${options.vendor ?? options.kind?.name ?? 'SoftHSM2'} ${options.hallArgs?.at(-1) ?? ''}`, () => staged(options, async (scene, agent, hall) => {
		const before = Object.keys(files(scene.token)).length;
		const { old, order } = await paid(scene, agent, hall);
		const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new', dual: true });
		const answer = await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof, importAlgorithms: begun.importAlgorithms });
		let { issued } = await untilIssued(hall, answer.order);
		assert.ok(begun.importAlgorithms.includes(issued.encryption.format));
		// An envelope that arrived bent: the signing certificate is there, a new envelope brings the rest.
		const bytes = Buffer.from(issued.encryption.envelope, 'base64');
		bytes[bytes.length - 1] ^= 1;
		const bent = { ...issued, encryption: { ...issued.encryption, envelope: bytes.toString('base64') } };
		const error = await agent.call('renewal.install', { order: order.id, ...bent }).then(() => assert.fail('it was taken'), (cause) => cause);
		assert.match(error.rpc, /^encryption\./);
		({ issued } = (await hall.post(`/api/orders/${order.id}/envelope`, {})).order);
		const { receipt } = await agent.call('renewal.install', { order: order.id, ...issued });
		assert.ok(await works(scene, order.id, issued.encryption.certificate), 'the encryption key on the token is the certificate\'s');
		assert.equal((await hall.post(`/api/orders/${order.id}/receipt`, { receipt })).order.state, 'INSTALLED');
		const { retired } = await agent.call('renewal.complete', { order: order.id });
		assert.deepEqual(retired, [old.id]);
		assert.equal(Object.keys(files(scene.token)).length, before + 3, 'a second pair, nothing else');
	}));
