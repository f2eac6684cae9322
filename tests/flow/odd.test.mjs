// Odd answers and odd objects: the token host lives, a renewal goes through, and what is odd stays what it was.
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeModule } from '../lib/module.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

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
