/* Keys that want the PIN for each use. */
#include "token/context.h"

#include "log.h"
#include "loop.h"
#include "token/token.h"

static bool has_pad(const struct kh_token *token)
{
	return token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH;
}

/* Nobody has said yes to the last try: the next login asks, with its warning. */
static bool may_send(struct kh_token *token)
{
	if (token->pin.length > 0 &&
	    (kh_token_read_info(token, NULL) != KH_OK || (token->info.flags & CKF_USER_PIN_FINAL_TRY)))
		kh_secret_finish(&token->pin);
	return token->pin.length > 0;
}

static CK_RV log_in(struct kh_token *token)
{
	bool waits = has_pad(token) && token->module->loop;
	CK_RV rv;

	if (token->refused != CKR_OK)
		return token->refused;
	if (!has_pad(token) && !may_send(token))
		return CKR_USER_NOT_LOGGED_IN;
	if (waits)
		kh_loop_prompting(token->module->loop, true);
	rv = KH_CALL(token->module, C_Login, token->session, CKU_CONTEXT_SPECIFIC,
		     has_pad(token) ? NULL : token->pin.bytes, token->pin.length);
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

static bool is_logged_in(struct kh_token *token)
{
	const char *call = token->module->call;
	CK_SESSION_INFO info = {.state = CKS_RO_PUBLIC_SESSION};
	CK_RV rv = KH_CALL(token->module, C_GetSessionInfo, token->session, &info);

	token->module->call = call;
	return rv == CKR_OK && (info.state == CKS_RW_USER_FUNCTIONS || info.state == CKS_RO_USER_FUNCTIONS);
}

bool kh_context_again(struct kh_token *token, CK_OBJECT_HANDLE key, CK_RV rv)
{
	struct kh_object *object = kh_inventory_by_handle(&token->inventory, key);

	if (rv != CKR_USER_NOT_LOGGED_IN || !object || object->asks_always || !is_logged_in(token))
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
		rv = KH_CALL(token->module, C_UnwrapKey, token->session, mechanism, key, wrapped, length, template,
			     count, out);
	} while (kh_context_again(token, key, rv));
	return kh_context_result(login, rv);
}
