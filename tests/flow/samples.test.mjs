// docs/samples: a real proof and a real receipt are good, and nothing else is; in C, in Node.js and, where everything is tried, in Java.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { all, root } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { findCertificate, payOrder, untilIssued } from '../lib/renewal.mjs';
import { makeScene } from '../lib/scene.mjs';
import { SoftKey } from '../lib/softkey-token.mjs';

const sample = (name) => path.join(root, 'docs/samples', name);
const hashOf = (pem) => createHash('sha256').update(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')).digest('hex');
const encoded = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

// The same word from each program; files hold what they are given.
async function verdicts(scene, programs, kind, jws, pem, expected) {
	const file = (name, text) => { const where = path.join(scene.folder, name); writeFileSync(where, text); return where; };
	const args = [kind, file('jws', jws), file('pem', pem), expected.order, expected.origin, expected.serial, expected.sha256];
	const words = [];
	for (const [program, ...before] of programs) {
		const { stdout, status: code } = await run(program, [...before, ...args], { status: null });
		words.push(stdout.trim());
		assert.equal(code === 0, words.at(-1) === 'good', `${program} ended with ${code}: ${stdout}`);
	}
	assert.equal(new Set(words).size, 1, `${words}`);
	return words[0];
}

async function check(scene, programs, kind, jws, pem, expected, other) {
	const ask = (changed, more = {}, certificate = pem) => verdicts(scene, programs, kind, changed, certificate, { ...expected, ...more });
	const [header, payload, signature] = jws.split('.'), head = JSON.parse(Buffer.from(header, 'base64url')), said = JSON.parse(Buffer.from(payload, 'base64url'));
	assert.equal(await ask(jws), 'good', kind);
	for (const [name, more] of [['order', { order: 'B' }], ['origin', { origin: 'https://evil.example' }], ['tokenSerial', { serial: 'other' }],
		[kind === 'proof' ? 'csrSha256' : 'certificateSha256', { sha256: '00'.repeat(32) }]])
		assert.equal(await ask(jws, more), name);
	assert.equal(await ask(jws, {}, other), 'x5c', 'another certificate than the hall\'s');
	assert.equal(await ask(`${header}.${encoded({ ...said, order: 'B' })}.${signature}`, { order: 'B' }), 'signature');
	assert.equal(await ask(`${encoded({ ...head, alg: 'none' })}.${payload}.`), 'format');
	assert.equal(await ask(`${encoded({ ...head, alg: 'none' })}.${payload}.${signature}`), 'alg');
	assert.equal(await ask(`${encoded({ ...head, kid: 'x' })}.${payload}.${signature}`), 'header');
	assert.equal(await ask(`${header}.${payload}`), 'format');
}

// As a hall has it; by itself, as the head of the file says, it is run once more.
async function compileJava(folder) {
	await run('javac', ['-Xlint:all', '-Werror', '-d', folder, sample('Verify.java')]);
	const { status, stderr } = await run('java', [sample('Verify.java')], { status: null });
	assert.equal(status, 2, stderr);
	return ['java', '-XX:TieredStopAtLevel=1', '-cp', folder, 'Verify'];
}

for (const options of [{ keyType: 'rsa2048' }, { keyType: 'ec-p384' }, { keyType: 'ed25519' }, { keyType: 'sm2', kind: SoftKey, vendor: 'sansec', caType: 'sm2' }])
	test(`proof and receipt of ${options.keyType}`, async () => {
		const scene = await makeScene({ hall: true, ...options });
		try {
			const compiled = path.join(scene.folder, 'verify');
			await run('cc', ['-Wall', '-Wextra', '-Werror', '-o', compiled, sample('verify.c'), '-lcrypto', '-ljansson']);
			const programs = [[compiled], ...(options.keyType === 'sm2' ? [] : [[process.execPath, sample('verify.mjs')], ...all ? [await compileJava(scene.folder)] : []])];
			const agent = await scene.connect(), hall = scene.hall.client(), old = await findCertificate(agent, scene.oldPem), { serial } = scene.token;
			const { order } = await hall.post('/api/orders', { certificate: old.pem });
			await payOrder(hall, order, { serial, company: scene.company });
			const begun = await agent.call('renewal.begin', { order: order.id, certificate: old.id, key: 'new' });
			const { issued } = await untilIssued(hall, (await hall.post(`/api/orders/${order.id}/key`, { csr: begun.csr, proof: begun.proof })).order);
			const { receipt } = await agent.call('renewal.install', { order: order.id, certificate: issued.certificate, chain: issued.chain });
			const expected = { order: order.id, origin: scene.origin, serial };
			await check(scene, programs, 'proof', begun.proof, old.pem, { ...expected, sha256: hashOf(begun.csr) }, issued.certificate);
			await check(scene, programs, 'receipt', receipt, issued.certificate, { ...expected, sha256: hashOf(issued.certificate) }, old.pem);
		} finally {
			await scene.close();
		}
	});
