// The private key of the encryption pair breaks or vanishes after the receipt, as by a label that was half written: nothing is completed with
// it, the old pair stays, and another installation imports it again.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { refused } from '../lib/assert.mjs';
import { enc, make, on } from '../lib/dual.mjs';
import { parseObject } from '../lib/softkey-store.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';

const order = 'ENC-BROKEN';

function privateFile(token) {
	const folder = path.join(token.store, 'tokens/A'), files = readdirSync(folder).filter((name) => name.endsWith('.object')).map((name) => path.join(folder, name));
	return files.find((file) => { const { kind, id } = parseObject(readFileSync(file)); return kind === 'private' && id === enc(order); });
}

const breaks = {
	'is gone': (file) => rmSync(file),
	'is torn': (file) => truncateSync(file, 8),
};
const kinds = { RSA: { kind: SoftKey }, SM2: { keyType: 'sm2', caType: 'sm2', kind: SoftKey, vendor: 'sansec' } };

for (const [kind, options] of Object.entries(kinds))
	for (const [what, breakIt] of Object.entries(breaks))
		on(`${kind}: the private key of the encryption pair ${what}`, options, async (dual) => {
			const begun = await dual.begin(order), encryption = await make(dual, { format: begun.importAlgorithms[0] });
			await dual.install(order, encryption);
			await dual.scene.daemon.kill();
			breakIt(privateFile(dual.token));
			await dual.restart();
			await refused(dual.agent.call('renewal.complete', { order }), 'encryption.mismatch');
			assert.ok((await dual.agent.call('certificate.list')).certificates.some((one) => one.id === dual.old.id), 'the old certificate stays');
			await dual.renew(order, encryption);
			assert.deepEqual((await dual.agent.call('renewal.complete', { order })).retired, [dual.old.id]);
			assert.ok(await dual.works(order, encryption.certificate), 'the imported key works');
		});
