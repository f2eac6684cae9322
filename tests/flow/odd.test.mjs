// Odd answers and odd objects: the token host lives, a renewal goes through, and what is odd stays what it was.
import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { makeModule } from '../lib/module.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';
import { pemToDer, sha256 } from '../lib/token.mjs';

// The softkey, but for a length: CKR_OK and CK_UNAVAILABLE_INFORMATION where it said one before, or wrote a value.
const withLength = (module, where) => `#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
static CK_FUNCTION_LIST *real, ours;
static CK_RV get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list, CK_ULONG count)
{
	CK_RV rv = real->C_GetAttributeValue(session, object, list, count);
	for (CK_ULONG i = 0; i < count; i++)
		if (list[i].type == CKA_LABEL && list[i].pValue && (count > 1 || rv == CKR_OK)) {
			list[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
			rv = count > 1 ? CKR_BUFFER_TOO_SMALL : CKR_OK;
		}
	return rv;
}
static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *size)
{
	CK_RV rv = real->C_Sign(session, data, length, signature, size);
	if (rv == CKR_OK)
		*size = CK_UNAVAILABLE_INFORMATION;
	return rv;
}
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	CK_RV (*function)(CK_FUNCTION_LIST **) = (CK_RV (*)(CK_FUNCTION_LIST **))dlsym(dlopen("${module}", RTLD_NOW | RTLD_LOCAL), "C_GetFunctionList");
	CK_RV rv = function(&real);
	(void)get;
	(void)sign;
	ours = *real;
	${where}
	*list = &ours;
	return rv;
}
`;

for (const [where, answer] of [
	['', (agent, begin) => begin().then(({ csr }) => assert.ok(csr))],
	['ours.C_GetAttributeValue = get;', async (agent) => assert.equal((await agent.call('certificate.list')).certificates.length, 1)],
	['ours.C_Sign = sign;', (agent, begin) => assert.rejects(begin(), /token\.failed.*C_Sign/)],
])
	test(`a length that is none: ${where || 'nothing odd'}`, async () => {
		const scene = await makeSoftScene();
		try {
			const module = await makeModule(scene.folder, 'lengths', withLength(scene.key.module, where));
			await scene.daemon.stop();
			await scene.daemon.again({ modules: [{ path: module }] });
			const agent = await scene.connect();
			await answer(agent, () => agent.call('renewal.begin', { order: 'L-1', certificate: scene.old, key: 'new' }));
			assert.equal((await agent.call('diagnostics.report')).modules[0].restarts, 0);
		} finally { await scene.close(); }
	});

// What is on the key.
const CLASS = 0, TOKEN = 1, PRIVATE = 2, LABEL = 3, VALUE = 0x11, CERT_TYPE = 0x80, KEY_TYPE = 0x100, ID = 0x102, SIGN = 0x108, MODULUS = 0x120, EXPONENT = 0x122, PARAMS = 0x180, POINT = 0x181;
const number = (value) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); return bytes; };
const pack = (attributes) => Buffer.concat([Buffer.from('SOFTKEY1'), ...attributes.flatMap(([type, value]) => {
	const bytes = typeof value === 'number' ? number(value) : typeof value === 'boolean' ? Buffer.from([Number(value)]) : Buffer.from(value);
	return [number(type), number(bytes.length), bytes];
})]);
const p256 = Buffer.from('06082a8648ce3d030107', 'hex'), empty = Buffer.alloc(0);

const odd = (scene) => {
	const own = (kind, more) => [[CLASS, kind], [TOKEN, true], [PRIVATE, kind === 3], ...more];
	const der = pemToDer(scene.oldPem);
	return [
		own(2, [[LABEL, 'x'], [KEY_TYPE, 0], [ID, '01'], [MODULUS, Buffer.alloc(256, 0xff)]]),
		own(2, [[LABEL, ''], [KEY_TYPE, 0], [ID, empty], [MODULUS, empty], [EXPONENT, empty]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 0], [MODULUS, Buffer.from([0])], [EXPONENT, Buffer.from([0])]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 0], [MODULUS, Buffer.alloc(5000, 1)], [EXPONENT, Buffer.alloc(5000, 1)]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 3], [PARAMS, p256], [POINT, Buffer.from([4])]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 3], [PARAMS, p256], [POINT, Buffer.from([4, 65, 4])]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 3], [PARAMS, Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])], [POINT, Buffer.concat([Buffer.from([4, 65, 4]), randomBytes(64)])]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 3], [PARAMS, Buffer.from([0x13, 0x7f])], [POINT, Buffer.from([2])]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, 0x40], [POINT, empty]]),
		own(2, [[LABEL, 'x'], [KEY_TYPE, Buffer.from([3])], [POINT, Buffer.from([4, 1, 4])]]),
		own(3, [[LABEL, 'x'], [KEY_TYPE, 3], [ID, Buffer.alloc(3000, 7)], [PARAMS, p256], [SIGN, true]]),
		own(3, [[LABEL, 'x'], [KEY_TYPE, 0], [ID, Buffer.from('01', 'hex')], [MODULUS, Buffer.alloc(1, 3)], [EXPONENT, Buffer.alloc(1, 3)], [SIGN, true]]),
		own(1, [[LABEL, 'x'], [CERT_TYPE, 0], [VALUE, empty]]),
		own(1, [[LABEL, Buffer.alloc(70000, 0xe6)], [CERT_TYPE, 0], [ID, empty], [VALUE, der.subarray(0, der.length - 1)]]),
		own(1, [[LABEL, 'x'], [CERT_TYPE, 0], [VALUE, Buffer.concat([der, Buffer.alloc(100000)])], [ID, 'zz']]),
		own(1, [[LABEL, 'x'], [CERT_TYPE, 0], [VALUE, Buffer.from('3080', 'hex')]]),
		own(1, [[LABEL, 'kh:'], [CERT_TYPE, 0]]),
		own(1, [[LABEL, 'kh:0123456789abcdef01234567'], [CERT_TYPE, 2], [VALUE, randomBytes(3000)]]),
		[[CLASS, Buffer.from([1])], [LABEL, 'x']],
		[[LABEL, 'x']],
		[[CLASS, empty], [TOKEN, true], [LABEL, 'x']],
		[[CLASS, 0], [TOKEN, true], [LABEL, 'kh:0123456789abcdef01234567'], [VALUE, randomBytes(9)]],
	];
};

const read = (scene) => new Map(readdirSync(path.join(scene.key.store, 'tokens/A')).filter((one) => one.startsWith('odd')).map((name) => [name, sha256(readFileSync(path.join(scene.key.store, 'tokens/A', name)))]));

async function renewAmong(scene, order = 'O-1') {
	const before = read(scene), agent = await scene.connect();
	const run = async (name, params) => { try { return await agent.call(name, params); } catch (error) { error.message += ` in ${name}`; throw error; } };
	const { certificates } = await run('certificate.list', {});
	assert.ok(certificates.some((one) => one.id === scene.old));
	await run('renewal.list', {});
	const { csr, publicKey } = await run('renewal.begin', { order, certificate: scene.old, key: 'new' });
	await run('renewal.list', {});
	await run('renewal.install', { order, certificate: await scene.ca.issue(csr), chain: [], publicKey });
	await run('renewal.complete', { order, publicKey });
	assert.deepEqual(read(scene), before);
	const [module] = (await run('diagnostics.report', {})).modules;
	assert.equal(module.restarts, 0, JSON.stringify(module));
}

// Number 14 is a copy of the old certificate: see below.
test('a renewal among odd objects goes through and leaves them alone', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop();
		odd(scene).forEach((one, i) => i !== 14 && writeFileSync(path.join(scene.key.store, `tokens/A/odd${String(i).padStart(2, '0')}.object`), pack(one)));
		await scene.daemon.again();
		await renewAmong(scene);
	} finally { await scene.close(); }
});

test('a renewal among a thousand keys that nothing is known of is not slow', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop();
		for (let i = 0; i < 500; i++) {
			writeFileSync(path.join(scene.key.store, `tokens/A/odd${i}.object`), pack([[CLASS, 2], [TOKEN, true], [PRIVATE, false], [LABEL, `o ${i}`], [KEY_TYPE, 3], [ID, randomBytes(8)]]));
			writeFileSync(path.join(scene.key.store, `tokens/A/oddp${i}.object`), pack([[CLASS, 3], [TOKEN, true], [PRIVATE, true], [LABEL, `o ${i}`], [KEY_TYPE, 3], [ID, randomBytes(8)], [PARAMS, p256], [SIGN, true]]));
		}
		await scene.daemon.again();
		const from = Date.now();
		await renewAmong(scene);
		assert.ok(Date.now() - from < 15000, `${Date.now() - from} ms`);
	} finally { await scene.close(); }
});

test('a key that is empty has nothing to list, to cancel or to renew', async () => {
	const scene = await makeSoftScene();
	try {
		await scene.daemon.stop();
		for (const name of readdirSync(path.join(scene.key.store, 'tokens/A'))) if (name.endsWith('.object')) rmSync(path.join(scene.key.store, 'tokens/A', name));
		await scene.daemon.again();
		const agent = await scene.connect();
		assert.deepEqual((await agent.call('certificate.list')).certificates, []);
		for (const [method, more] of [['inspect', {}], ['cancel', {}]]) await agent.call(`renewal.${method}`, { order: 'O-2', ...more });
		const publicKey = sha256(createPublicKey(scene.pair).export({ type: 'spki', format: 'der' }));
		for (const [method, more] of [['begin', { certificate: scene.old, key: 'new' }], ['install', { certificate: scene.oldPem, chain: [] }], ['complete', { publicKey }]])
			await assert.rejects(agent.call(`renewal.${method}`, { order: 'O-2', ...more }));
	} finally { await scene.close(); }
});

test('each odd object alone is no reason that a renewal does not begin', async () => {
	const failures = [];
	const scene = await makeSoftScene();
	try {
		const list = odd(scene), place = path.join(scene.key.store, 'tokens/A');
		for (let i = 0; i < list.length; i++) {
			await scene.daemon.kill();
			for (const name of readdirSync(place)) if (name.startsWith('odd')) rmSync(path.join(place, name));
			writeFileSync(path.join(place, 'odd.object'), pack(list[i]));
			await scene.daemon.again();
			const agent = await scene.connect();
			try {
				await agent.call('renewal.begin', { order: 'O-3', certificate: scene.old, key: 'new' });
				await agent.call('renewal.cancel', { order: 'O-3' });
			} catch (error) { failures.push(`${i}: ${error.message}`); }
			if (read(scene).size !== 1) failures.push(`${i}: gone`);
		}
		assert.deepEqual(failures, []);
	} finally { await scene.close(); }
});

// By another program, which does not know its key's CKA_ID; sixteen times, so that one of them comes before it.
for (const keyType of ['ec-p256', 'rsa2048'])
	for (const id of ['09', undefined])
		test(`${keyType}: the old certificate was written once more with ${id ? 'another' : 'no'} CKA_ID: it is renewed`, async () => {
			const scene = await makeSoftScene({ keyType });
			try {
				await scene.daemon.stop();
				const der = pemToDer(scene.oldPem);
				for (const name of '0123456789abcdef')
					writeFileSync(path.join(scene.key.store, `tokens/A/${name.repeat(16)}.object`), pack([[CLASS, 1], [TOKEN, true], [PRIVATE, false], [LABEL, '旧证书'], [CERT_TYPE, 0], [VALUE, der], ...(id ? [[ID, Buffer.from(id, 'hex')]] : [])]));
				await scene.daemon.again();
				const agent = await scene.connect(), { certificates } = await agent.call('certificate.list');
				assert.ok(certificates.every((one) => one.hasPrivateKey));
				assert.ok((await agent.call('renewal.begin', { order: 'O-4', certificate: scene.old, key: 'new' })).csr);
			} finally { await scene.close(); }
		});
