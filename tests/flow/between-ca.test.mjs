// The CA's command line beside the serving hall: neither disturbs the other, and no revocation is missing in the published list.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { program } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { Stage, serialOf } from '../lib/softkey.mjs';

test('certificates are made on the command line while the hall revokes', async (t) => {
	const stage = await Stage.make();
	t.after(() => stage.close());
	const csr = stage.file('more.csr', await stage.request((await stage.clerk()).key));
	const certify = () => run(program.hall, ['certify', '--state', stage.state, '--csr', csr, '--not-after-days', '20']);
	// A list that takes its time.
	await run('sqlite3', ['-cmd', '.timeout 5000', path.join(stage.state, 'ca/ca.db'), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
		WHERE i < 4000) INSERT INTO certificate (serial, id, pem, issued, revoked) SELECT printf('6f%030x', i), printf('%064x', i), '', 1, 1700000000 FROM n`]);
	const clerks = [];
	for (let i = 0; i < 3; i++) clerks.push(await stage.clerk());
	let revoking = true;
	const maker = async () => { while (revoking) await certify(); };
	const makers = Promise.all([maker(), maker()]);
	try {
		await Promise.race([makers, (async () => {
			for (const clerk of clerks) {
				await clerk.whole();
				const crl = Buffer.from(await (await clerk.client.fetch('/ca/crl.der')).arrayBuffer());
				const text = (await run('openssl', ['crl', '-inform', 'DER', '-noout', '-text'], { input: crl })).stdout.replaceAll(':', '').toLowerCase();
				assert.ok(text.includes(`serial number ${serialOf(clerk.old)}`), 'the old certificate is on the list');
			}
		})()]);
	} finally { revoking = false; }
	await makers;
});
