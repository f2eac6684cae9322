// Two SM2 certificates: SM2EnvelopedKey into the test token, by either vendor's way, and the vendors' way for RSA.
import assert from 'node:assert/strict';
import { refused } from '../lib/assert.mjs';
import { enc, files, make, on, renewTwice } from '../lib/dual.mjs';
import { encryptionOf, makePair, wrapSm2 } from '../lib/kmc.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';

const sm2 = (vendor, more) => ({ kind: SoftKey, keyType: 'sm2', caType: 'sm2', vendor, ...more });

for (const vendor of ['sansec', 'tass'])
	on(`two SM2 certificates on ${vendor}`, sm2(vendor), (dual) => renewTwice(dual, 'G-1', 'sm2-enveloped-key'));

on('a private key of 64 bytes', sm2('sansec'), async (dual) => {
	await dual.begin('G-2');
	await dual.renew('G-2', await make(dual, { long: true }));
});

// Neither an envelope in one call nor SM4-ECB: only by the fallback.
for (const [vendor, without, long] of [['sansec', ['0x80000108'], true], ['tass', ['0x80008210'], false]]) {
	on(`${vendor} without its way, the fallback off`, sm2(vendor, { without }), async (dual) => {
		assert.deepEqual((await dual.begin('G-3')).importAlgorithms, []);
		await refused(dual.install('G-3', await make(dual)), 'token.unsupported');
		assert.deepEqual(await dual.labels(enc('G-3')), []);
	});
	on(`${vendor} without its way, the fallback on`, sm2(vendor, { without, settings: { encryptionImport: 'host' } }), async (dual) => {
		assert.deepEqual((await dual.begin('G-4')).importAlgorithms, ['sm2-enveloped-key']);
		await dual.renew('G-4', await make(dual, { long }));
		await dual.complete('G-4');
	});
}

on('SM2 envelopes that do not fit', sm2('sansec'), async (dual) => {
	const order = 'G-5';
	await dual.begin(order);
	const pair = await makePair(dual.ca, dual.folder, { keyType: 'sm2' });
	const { key: other } = await makePair(dual.ca, dual.folder, { keyType: 'sm2', which: 'other' });
	const give = (envelope) => encryptionOf(pair, envelope, 'sm2-enveloped-key');
	const good = await wrapSm2(dual.folder, dual.pem, pair.key);
	const before = files(dual.token);
	await refused(dual.install(order, give(await wrapSm2(dual.folder, dual.pem, other))), 'encryption.mismatch');
	await refused(dual.install(order, give(good.subarray(0, good.length - 1))), 'encryption.unopened');
	assert.deepEqual(files(dual.token), before, 'what the envelope tells itself is seen before anything is written');
	const point = good.subarray(good.length - 35 - 65, good.length - 35);
	await refused(dual.install(order, give(await wrapSm2(dual.folder, dual.pem, other, { point }))), 'encryption.mismatch');
	await refused(dual.install(order, give(await wrapSm2(dual.folder, dual.scene.oldPem, pair.key))), 'encryption.unopened');
	assert.deepEqual(await dual.labels(enc(order)), []);
	assert.equal((await dual.inspect(order)).stage, 'certificate');
	await dual.renew(order, give(good));
});

for (const elsewhere of [false, true])
	on(`an SM2 import that was cut goes on${elsewhere ? ' on another computer' : ''}`, sm2('tass'), async (dual) => {
		for (const [i, rule] of ['C_UnwrapKey 1 cut', 'C_UnwrapKey 1 after exit 9', 'C_CreateObject 2 cut', 'C_CreateObject 3 cut'].entries()) {
			await dual.begin(`G-6.${i}`);
			const encryption = await make(dual);
			dual.token.fault(rule);
			await dual.restart();
			await refused(dual.install(`G-6.${i}`, encryption), 'token.failed');
			await dual.restart({ elsewhere });
			await dual.renew(`G-6.${i}`, encryption);
		}
	});

on("a vendor's own way for RSA", { kind: SoftKey, vendor: 'sansec', without: ['0x1054', '0x210a', '0x210b'] }, async (dual) => {
	assert.deepEqual((await dual.begin('V-1')).importAlgorithms, ['rsa-aes-kw']);
	await dual.renew('V-1', await make(dual, { padding: 'pkcs1' }));
	await dual.complete('V-1');
});
