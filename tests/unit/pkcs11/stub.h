/*
 * A PKCS#11 module that does what a test says, for what SoftHSM never does:
 * locked PINs, refused templates and mechanisms, short buffers, sloppy answers.
 */
#ifndef KH_TEST_STUB_H
#define KH_TEST_STUB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "token/token.h"
#include "unit.h"

#define STUB_CALLS_MAX 256

struct stub {
	CK_FLAGS flags;	   /* of the token, beside initialized */
	const char *label; /* of the token; NULL: "stub" */
	CK_RV (*login)(CK_UTF8CHAR_PTR pin, CK_ULONG length);
	CK_RV(*generate)
	(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count, CK_ATTRIBUTE_PTR private,
	 CK_ULONG private_count);
	CK_RV (*read)(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count);
	CK_RV (*sign_init)(CK_MECHANISM_TYPE type);
	CK_RV open;		 /* what C_OpenSession answers */
	CK_MECHANISM_TYPE lacks; /* a mechanism it does not have, but for 0 */
	const char *names[STUB_CALLS_MAX];
	size_t calls;
};
static struct stub stub;

static inline CK_RV note(const char *name)
{
	if (stub.calls < STUB_CALLS_MAX)
		stub.names[stub.calls++] = name;
	return CKR_OK;
}

static inline size_t called(const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < stub.calls; i++)
		count += strcmp(stub.names[i], name) == 0;
	return count;
}

static CK_RV stub_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	(void)slot;
	memset(info, ' ', sizeof(*info));
	memcpy(info->serialNumber, "0042", 4);
	memcpy(info->label, stub.label ? stub.label : "stub", strlen(stub.label ? stub.label : "stub"));
	info->flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | stub.flags;
	info->ulMinPinLen = 4;
	info->ulMaxPinLen = 16;
	return note("C_GetTokenInfo");
}

static CK_RV stub_open(CK_SLOT_ID slot, CK_FLAGS flags, void *context, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session)
{
	(void)slot;
	(void)flags;
	(void)context;
	(void)notify;
	*session = 1;
	(void)note("C_OpenSession");
	return stub.open;
}

static CK_RV stub_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	(void)session;
	(void)user;
	(void)note("C_Login");
	return stub.login ? stub.login(pin, length) : CKR_OK;
}

static CK_RV stub_logout(CK_SESSION_HANDLE session)
{
	(void)session;
	return note("C_Logout");
}

static CK_RV stub_set_pin(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR old, CK_ULONG old_length, CK_UTF8CHAR_PTR new,
			  CK_ULONG new_length)
{
	(void)session;
	(void)old;
	(void)old_length;
	(void)note("C_SetPIN");
	return new_length == 4 && memcmp(new, "1234", 4) == 0 ? CKR_PIN_TOO_WEAK : CKR_OK;
}

static CK_RV stub_generate(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public,
			   CK_ULONG public_count, CK_ATTRIBUTE_PTR private, CK_ULONG private_count,
			   CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key)
{
	(void)session;
	(void)note("C_GenerateKeyPair");
	*public_key = 11;
	*private_key = 12;
	return stub.generate ? stub.generate(mechanism, public, public_count, private, private_count) : CKR_OK;
}

static CK_RV stub_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)session;
	(void)note("C_GetAttributeValue");
	return stub.read(object, template, count);
}

static CK_RV stub_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)session;
	(void)key;
	(void)note("C_SignInit");
	return stub.sign_init(mechanism->mechanism);
}

/* Gives back what it was given to sign. */
static CK_RV stub_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR signature,
		       CK_ULONG_PTR signature_length)
{
	(void)session;
	assert_true(length <= *signature_length);
	memcpy(signature, data, length);
	*signature_length = length;
	return note("C_Sign");
}

static CK_RV stub_mechanism(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
	(void)slot;
	info->flags = CKF_SIGN;
	(void)note("C_GetMechanismInfo");
	return stub.lacks && type == stub.lacks ? CKR_MECHANISM_INVALID : CKR_OK;
}

static CK_RV stub_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	(void)session;
	(void)object;
	return note("C_DestroyObject");
}

static CK_RV stub_session(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
	(void)session;
	*info = (CK_SESSION_INFO){.state = CKS_RW_USER_FUNCTIONS};
	return note("C_GetSessionInfo");
}

static CK_RV stub_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)session;
	(void)object;
	(void)template;
	(void)count;
	return note("C_SetAttributeValue");
}

static CK_RV stub_find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)session;
	(void)template;
	(void)count;
	return note("C_FindObjectsInit");
}

/* There is nothing on it. */
static CK_RV stub_find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count)
{
	(void)session;
	(void)objects;
	(void)most;
	*count = 0;
	return note("C_FindObjects");
}

static CK_RV stub_find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return note("C_FindObjectsFinal");
}

static CK_FUNCTION_LIST stub_functions = {
	.C_GetSessionInfo = stub_session,
	.C_GetTokenInfo = stub_info,
	.C_OpenSession = stub_open,
	.C_Login = stub_login,
	.C_Logout = stub_logout,
	.C_SetPIN = stub_set_pin,
	.C_GenerateKeyPair = stub_generate,
	.C_FindObjectsInit = stub_find_init,
	.C_FindObjects = stub_find,
	.C_FindObjectsFinal = stub_find_final,
	.C_GetAttributeValue = stub_read,
	.C_SetAttributeValue = stub_set,
	.C_SignInit = stub_sign_init,
	.C_Sign = stub_sign,
	.C_GetMechanismInfo = stub_mechanism,
	.C_DestroyObject = stub_destroy,
};

static inline void stub_start(struct kh_module *module, struct kh_token *token)
{
	stub = (struct stub){.flags = 0};
	kh_module_init(module, "/stub/stub.so");
	module->functions = &stub_functions;
	module->running = true;
	module->starts = 1;
	memset(token, 0, sizeof(*token));
	token->module = module;
}

#endif
