/* Keys that want the PIN for each use. */
#include "token/context.h"

#include "log.h"
#include "loop.h"
#include "token/token.h"

static bool has_pad(const struct kh_token *token)
{
	return token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH;
}

static CK_RV log_in(struct kh_token *token)
{
	bool waits = has_pad(token) && token->module->loop;
	CK_RV rv;

	if (token->refused != CKR_OK)
		return token->refused;
	if (!has_pad(token) && !kh_token_may_send_pin(token))
		return CKR_USER_NOT_LOGGED_IN;
	if (waits)
		kh_loop_prompting(token->module->loop, true);
	rv = KH_CALL(token->module, C_Login, token->session, CKU_CONTEXT_SPECIFIC,
		     has_pad(token) ? NULL : token->pin.bytes, (CK_ULONG)token->pin.length);
	if (waits)
		kh_loop_prompting(token->module->loop, false);
	token->refused = rv;
	return rv;
}

CK_RV kh_context_login(struct kh_token *token, CK_OBJECT_HANDLE key)
{
	const struct kh_object *object = kh_inventory_by_handle(&token->inventory, key);

	return object && object->asks_always ? log_in(token) : CKR_OK;
}

bool kh_context_again(struct kh_token *token, CK_OBJECT_HANDLE key, CK_RV rv)
{
	struct kh_object *object = kh_inventory_by_handle(&token->inventory, key);
	const char *call = token->module->call;
	CK_RV login;

	if (rv != CKR_USER_NOT_LOGGED_IN || !object || object->asks_always)
		return false;
	login = kh_token_ask_login(token);
	token->module->call = call;
	if (login != CKR_OK)
		return false;
	kh_log(KH_LOG_INFO, "a key wants the PIN for each use");
	object->asks_always = true;
	token->asks_always = true;
	return token->pin.length > 0 || has_pad(token);
}

CK_RV kh_context_result(CK_RV login, CK_RV rv)
{
	return login == CKR_OK || rv == CKR_OK || kh_rv_kind(rv) == KH_RV_GONE ? rv : login;
}

CK_RV kh_context_unwrap(struct kh_token *token, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped,
			CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
	CK_RV login, rv;

	do {
		login = kh_context_login(token, key);
		rv = KH_CALL_ON(token->module, mechanism, &mechanism->mechanism, C_UnwrapKey, token->session, mechanism,
				key, wrapped, length, template, count, out);
	} while (kh_context_again(token, key, rv));
	return kh_context_result(login, rv);
}
