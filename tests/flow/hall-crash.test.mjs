// The hall is killed at its n-th write, sync or rename while it answers: afterwards the order goes on, paid once, with one
// certificate. Points are counted as they come: strace kills at the n-th call until a request survives it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { openEnvelope } from '../lib/envelope.mjs';
import { all } from '../lib/paths.mjs';
import { run, sleep, until } from '../lib/process.mjs';
import { Stage } from '../lib/softkey.mjs';
import { verifyCertificate } from '../lib/witness.mjs';

const stride = all ? 1 : 9;

// What happens before, and the request that is cut.
const steps = {
	payment: [async (clerk) => { await clerk.open(); await clerk.confirm(); }, (clerk) => clerk.payment()],
	pay: [async (clerk) => { await clerk.open(); await clerk.confirm(); await clerk.payment(); }, (clerk) => clerk.pay()],
	key: [async (clerk) => { await clerk.paid(); await clerk.newKey(); }, (clerk) => clerk.sendKey()],
	rekey: [async (clerk) => { await clerk.paid(); await clerk.newKey(); await clerk.sendKey(); await clerk.newKey(); }, (clerk) => clerk.sendKey()],
	'dual key': [async (clerk) => { await clerk.paid(); await clerk.newKey('sm2'); }, (clerk) => clerk.sendKey()],
	...all && { 'dual rekey': [async (clerk) => { await clerk.paid(); await clerk.newKey('sm2'); await clerk.sendKey(); await clerk.newKey('sm2'); }, (clerk) => clerk.sendKey()] },
	envelope: [async (clerk) => { await clerk.paid(); await clerk.newKey('sm2'); await clerk.sendKey(); }, (clerk) => clerk.act('envelope')],
	receipt: [async (clerk) => { await clerk.paid(); await clerk.newKey(); await clerk.sendKey(); }, (clerk) => clerk.sendReceipt()],
};

// Kills the hall at the n-th of these calls; false: the request had fewer.
async function cut(hall, calls, n, request) {
	const tracer = spawn('strace', ['-f', '-p', `${hall.service.pid}`, '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=KILL:when=${n}`],
		{ stdio: ['ignore', 'ignore', 'pipe'] });
	let said = '';
	tracer.stderr.on('data', (data) => { said += data; });
	try {
		await until(() => /attached/.test(said), 'strace');
		const failure = await request().then(() => null, (error) => error);
		if (failure) {
			await Promise.race([hall.service.exited, sleep(10000)]);
			if (!hall.service.end) throw failure;
		} else await sleep(100);
		return Boolean(hall.service.end);
	} finally {
		tracer.kill('SIGKILL');
	}
}

async function goOn(clerk) {
	await clerk.look();
	if (['CONFIRMED', 'PAYING'].includes(clerk.order.state)) {
		await clerk.payment();
		if (clerk.order.state === 'PAYING') await clerk.pay();
		assert.equal((await clerk.look()).state, 'PAID');
	}
	if (!clerk.fresh) await clerk.newKey();
	if (clerk.order.state !== 'INSTALLED') await clerk.sendKey();
	assert.equal((await clerk.sendReceipt()).state, 'INSTALLED');
}

async function checkEnd(stage, clerk) {
	const sql = async (name, text) => (await run('sqlite3', ['-cmd', '.timeout 5000', path.join(stage.state, name), text])).stdout.trim();
	const valid = (like) => sql('ca/ca.db', `SELECT count(*) FROM certificate WHERE request LIKE '${clerk.order.id}:%' AND revoked IS NULL AND request ${like} '%:encrypt'`);
	const dual = clerk.order.keyType === 'sm2';
	assert.deepEqual([await valid('NOT LIKE'), await valid('LIKE')], ['1', dual ? '1' : '0']);
	if (dual) await openEnvelope(clerk.fresh, clerk.order.issued.encryption);
	assert.equal(await sql('hall.db', `SELECT group_concat(state) FROM payment WHERE order_id='${clerk.order.id}' AND state NOT IN ('closed')`), 'paid');
	const crl = Buffer.from(await (await clerk.client.fetch('/ca/crl.der')).arrayBuffer()), { chain } = clerk.order.issued;
	assert.match((await verifyCertificate(stage, clerk.old, { chain, crl })).text, /certificate revoked/);
	const fresh = await verifyCertificate(stage, clerk.issued, { chain, crl });
	assert.ok(fresh.ok, fresh.text);
}

for (const calls of ['pwrite64', 'fdatasync,fsync,rename'])
	for (const [name, [before, request]] of Object.entries(steps))
		test(`${name}, killed at ${calls}`, async (t) => {
			const stage = await Stage.make({ args: ['--dual'] });
			t.after(() => stage.close());
			let killed = 0;
			for (let n = 1; ; n += calls === 'pwrite64' ? stride : all ? 1 : 2) {
				const clerk = await stage.clerk();
				await before(clerk);
				if (!await cut(stage.hall, calls, n, () => request(clerk))) break;
				await stage.hall.again();
				await goOn(clerk);
				await checkEnd(stage, clerk);
				killed++;
			}
			assert.ok(killed > 0);
			t.diagnostic(`${killed} points`);
		});
