/* One token: its information and its session. */
#include "token/token.h"

#include <stdlib.h>

void kh_token_name_of(const CK_TOKEN_INFO *info, struct kh_token_name *name)
{
	kh_token_text(name->manufacturer, info->manufacturerID, sizeof(info->manufacturerID));
	kh_token_text(name->model, info->model, sizeof(info->model));
	kh_token_text(name->serial, info->serialNumber, sizeof(info->serialNumber));
	kh_token_text(name->label, info->label, sizeof(info->label));
}

enum kh_code kh_token_take_info(struct kh_token *token, const CK_TOKEN_INFO *info, struct kh_error *error)
{
	struct kh_buffer uri = {0};
	struct kh_token_name name;

	kh_token_name_of(info, &name);
	token->info = *info;
	if (token->uri && kh_token_name_equal(&token->name, &name))
		return KH_OK;
	kh_uri_append(&uri, &name);
	if (uri.failed)
		return kh_fail(error, KH_AGENT_FAILED);
	free(token->uri);
	token->uri = uri.data;
	token->name = name;
	return KH_OK;
}

enum kh_code kh_token_read_info(struct kh_token *token, struct kh_error *error)
{
	CK_TOKEN_INFO info;
	CK_RV rv = KH_CALL_ON(token->module, slot, &token->slot, C_GetTokenInfo, token->slot, &info);

	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return kh_token_take_info(token, &info, error);
}

CK_RV kh_token_mechanism(struct kh_token *token, CK_MECHANISM_TYPE type, CK_FLAGS *flags)
{
	return kh_mechanism_flags(&token->mechanisms, token->module, token->slot, type, flags);
}

CK_RV kh_token_ask_login(struct kh_token *token)
{
	CK_SESSION_INFO info = {.state = CKS_RO_PUBLIC_SESSION};
	CK_RV rv = KH_CALL(token->module, C_GetSessionInfo, token->session, &info);

	if (rv == CKR_OK && info.state != CKS_RW_USER_FUNCTIONS && info.state != CKS_RO_USER_FUNCTIONS)
		rv = CKR_USER_NOT_LOGGED_IN;
	return rv;
}

void kh_token_forget_login(struct kh_token *token)
{
	kh_secret_finish(&token->pin);
	token->refused = CKR_OK;
	if (!token->lease.active)
		return;
	token->lease.active = false;
	token->made[0] = '\0';
	kh_inventory_hide_private(token);
}

bool kh_token_may_send_pin(struct kh_token *token)
{
	if (token->pin.length > 0 &&
	    (kh_token_read_info(token, NULL) != KH_OK || (token->info.flags & CKF_USER_PIN_FINAL_TRY)))
		kh_secret_finish(&token->pin);
	return token->pin.length > 0;
}

enum kh_pin_state kh_token_pin_state(const struct kh_token *token)
{
	CK_FLAGS flags = token->info.flags;

	if (flags & CKF_USER_PIN_LOCKED)
		return KH_PIN_STATE_LOCKED;
	if (kh_token_pin_expired(token))
		return KH_PIN_STATE_EXPIRED;
	if (token->said != KH_PIN_STATE_NONE)
		return token->said;
	if (flags & CKF_USER_PIN_FINAL_TRY)
		return KH_PIN_STATE_FINAL;
	if (flags & CKF_USER_PIN_COUNT_LOW)
		return KH_PIN_STATE_LOW;
	return flags & CKF_USER_PIN_INITIALIZED ? KH_PIN_STATE_OK : KH_PIN_STATE_UNSET;
}

bool kh_token_pin_expired(const struct kh_token *token)
{
	return (token->info.flags & CKF_USER_PIN_TO_BE_CHANGED) && !token->renewed;
}

bool kh_token_read_only(const struct kh_token *token)
{
	return (token->info.flags & CKF_WRITE_PROTECTED) || token->read_only;
}

enum kh_code kh_token_open(struct kh_token *token, struct kh_error *error)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
	CK_RV rv;

	if (token->open)
		return KH_OK;
	rv = KH_CALL_ON(token->module, slot, &token->slot, C_OpenSession, token->slot, flags, NULL, NULL,
			&token->session);
	token->read_only = rv == CKR_TOKEN_WRITE_PROTECTED;
	if (token->read_only)
		rv = KH_CALL_ON(token->module, slot, &token->slot, C_OpenSession, token->slot, CKF_SERIAL_SESSION, NULL,
				NULL, &token->session);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	token->open = true;
	return KH_OK;
}

static bool answers(struct kh_token *token)
{
	const char *call = token->module->call;
	CK_SESSION_INFO session;
	bool well = kh_token_read_info(token, NULL) == KH_OK &&
		    KH_CALL(token->module, C_GetSessionInfo, token->session, &session) == CKR_OK;

	token->module->call = call;
	return well;
}

bool kh_token_in_trouble(struct kh_token *token, CK_RV rv)
{
	switch (rv) {
	case CKR_HOST_MEMORY:
	case CKR_DEVICE_MEMORY:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LOCKED:
	case CKR_PIN_EXPIRED:
	case CKR_SESSION_READ_ONLY:
	case CKR_TOKEN_WRITE_PROTECTED:
		return true;
	default:
		return kh_rv_kind(rv) == KH_RV_GONE || (kh_rv_kind(rv) == KH_RV_MAYBE_GONE && !answers(token));
	}
}

void kh_token_free(struct kh_token *token)
{
	if (!token)
		return;
	kh_inventory_clear(&token->inventory);
	kh_secret_finish(&token->pin);
	free(token->uri);
	free(token);
}

bool kh_token_has_left(void *context)
{
	struct kh_token *token = context;
	CK_SLOT_INFO info;
	bool present = KH_CALL_ON(token->module, slot, &token->slot, C_GetSlotInfo, token->slot, &info) == CKR_OK &&
		       (info.flags & CKF_TOKEN_PRESENT);

	token->slot_tells = token->slot_tells || present;
	if (!token->slot_tells || present)
		return false;
	token->module->trouble = KH_RV_GONE;
	return true;
}
