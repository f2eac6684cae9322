/* Tokens, their information and sessions. */
#include "token/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void copy_padded(char *out, size_t size, const unsigned char *padded, size_t length)
{
	while (length > 0 && (padded[length - 1] == ' ' || padded[length - 1] == '\0'))
		length--;
	if (length >= size)
		length = size - 1;
	memcpy(out, padded, length);
	out[length] = '\0';
}

static enum kh_code take_info(struct kh_token *token, const CK_TOKEN_INFO *info, struct kh_error *error)
{
	struct kh_buffer uri = {0};
	struct kh_token_name name = {0};

	copy_padded(name.manufacturer, sizeof(name.manufacturer), info->manufacturerID, sizeof(info->manufacturerID));
	copy_padded(name.model, sizeof(name.model), info->model, sizeof(info->model));
	copy_padded(name.serial, sizeof(name.serial), info->serialNumber, sizeof(info->serialNumber));
	copy_padded(name.label, sizeof(name.label), info->label, sizeof(info->label));
	token->info = *info;
	if (token->uri && memcmp(&token->name, &name, sizeof(name)) == 0)
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
	CK_RV rv = KH_CALL(token->module, C_GetTokenInfo, token->slot, &info);

	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return take_info(token, &info, error);
}

enum kh_pin_state kh_token_pin_state(const struct kh_token *token)
{
	CK_FLAGS flags = token->info.flags;

	if (flags & CKF_USER_PIN_LOCKED)
		return KH_PIN_STATE_LOCKED;
	if (!(flags & CKF_USER_PIN_INITIALIZED))
		return KH_PIN_STATE_UNSET;
	if (kh_token_pin_expired(token))
		return KH_PIN_STATE_EXPIRED;
	if (token->said != KH_PIN_STATE_NONE)
		return token->said;
	if (flags & CKF_USER_PIN_FINAL_TRY)
		return KH_PIN_STATE_FINAL;
	return flags & CKF_USER_PIN_COUNT_LOW ? KH_PIN_STATE_LOW : KH_PIN_STATE_OK;
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
	rv = KH_CALL(token->module, C_OpenSession, token->slot, flags, NULL, NULL, &token->session);
	token->read_only = rv == CKR_TOKEN_WRITE_PROTECTED;
	if (token->read_only)
		rv = KH_CALL(token->module, C_OpenSession, token->slot, CKF_SERIAL_SESSION, NULL, NULL,
			     &token->session);
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

	if (rv == CKR_HOST_MEMORY || rv == CKR_DEVICE_MEMORY || rv == CKR_USER_NOT_LOGGED_IN ||
	    rv == CKR_SESSION_READ_ONLY || rv == CKR_TOKEN_WRITE_PROTECTED || kh_rv_kind(rv) == KH_RV_GONE)
		return true;
	return kh_rv_kind(rv) == KH_RV_MAYBE_GONE && !answers(token);
}

static void free_token(struct kh_token *token)
{
	if (!token)
		return;
	kh_inventory_clear(&token->inventory);
	free(token->uri);
	free(token);
}

void kh_tokens_clear(struct kh_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++)
		free_token(tokens->list[i]);
	tokens->count = 0;
	tokens->slots_count = 0;
	tokens->read = false;
}

bool kh_tokens_leased(const struct kh_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		if (tokens->list[i]->lease.active)
			return true;
	}
	return false;
}

static enum kh_code read_slots(struct kh_tokens *tokens, CK_SLOT_ID *slots, CK_ULONG *count, struct kh_error *error)
{
	enum kh_code code;
	CK_RV rv;

	code = kh_module_start(tokens->module, error);
	if (code != KH_OK)
		return code;
	*count = KH_TOKENS_MAX;
	rv = KH_CALL(tokens->module, C_GetSlotList, CK_TRUE, slots, count);
	if (rv == CKR_BUFFER_TOO_SMALL)
		*count = KH_TOKENS_MAX;
	else if (rv != CKR_OK)
		return kh_module_fail(tokens->module, rv, error);
	return KH_OK;
}

/* The token that was in this slot, taken out of the old list. */
static struct kh_token *take_known(struct kh_token **old, size_t count, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	for (size_t i = 0; i < count; i++) {
		struct kh_token *token = old[i];

		if (token && token->slot == slot &&
		    memcmp(token->info.serialNumber, info->serialNumber, sizeof(info->serialNumber)) == 0 &&
		    memcmp(token->info.label, info->label, sizeof(info->label)) == 0) {
			old[i] = NULL;
			return token;
		}
	}
	return NULL;
}

static bool is_known_slot(struct kh_token *const *old, size_t count, CK_SLOT_ID slot)
{
	for (size_t i = 0; i < count; i++) {
		if (old[i] && old[i]->slot == slot)
			return true;
	}
	return false;
}

static enum kh_code take_slot(struct kh_tokens *tokens, struct kh_token **old, size_t old_count, CK_SLOT_ID slot,
			      struct kh_error *error)
{
	struct kh_token *token;
	CK_TOKEN_INFO info;
	enum kh_code code;
	CK_RV rv;

	rv = KH_CALL(tokens->module, C_GetTokenInfo, slot, &info);
	if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED)
		return KH_OK;
	if (rv != CKR_OK && is_known_slot(old, old_count, slot))
		return kh_module_fail(tokens->module, rv, error);
	/* What never worked must not stand in the way of the other tokens. */
	if (rv != CKR_OK)
		return KH_OK;
	if (!(info.flags & CKF_TOKEN_INITIALIZED))
		return KH_OK;
	token = take_known(old, old_count, slot, &info);
	if (!token)
		token = calloc(1, sizeof(*token));
	if (!token)
		return kh_fail(error, KH_AGENT_FAILED);
	token->module = tokens->module;
	token->slot = slot;
	tokens->list[tokens->count++] = token;
	code = take_info(token, &info, error);
	return code;
}

static enum kh_code take_slots(struct kh_tokens *tokens, const CK_SLOT_ID *slots, size_t count, struct kh_error *error)
{
	struct kh_token *old[KH_TOKENS_MAX];
	size_t old_count = tokens->count;
	enum kh_code code = KH_OK;

	memcpy(old, tokens->list, sizeof(old));
	tokens->count = 0;
	for (size_t i = 0; i < count && code == KH_OK; i++)
		code = take_slot(tokens, old, old_count, slots[i], error);
	for (size_t i = 0; i < old_count; i++)
		free_token(old[i]);
	if (code != KH_OK) {
		kh_tokens_clear(tokens);
		return code;
	}
	memcpy(tokens->slots, slots, count * sizeof(*slots));
	tokens->slots_count = count;
	tokens->read = true;
	return KH_OK;
}

enum kh_code kh_tokens_refresh(struct kh_tokens *tokens, struct kh_error *error)
{
	CK_SLOT_ID slots[KH_TOKENS_MAX];
	CK_ULONG count;
	enum kh_code code;

	code = read_slots(tokens, slots, &count, error);
	return code == KH_OK ? take_slots(tokens, slots, count, error) : code;
}

enum kh_code kh_tokens_look(struct kh_tokens *tokens, struct kh_error *error)
{
	CK_SLOT_ID slots[KH_TOKENS_MAX];
	CK_ULONG count;
	enum kh_code code;

	code = read_slots(tokens, slots, &count, error);
	if (code != KH_OK)
		return code;
	if (tokens->read && count == tokens->slots_count && memcmp(slots, tokens->slots, count * sizeof(*slots)) == 0)
		return KH_OK;
	return take_slots(tokens, slots, count, error);
}

/* What is remembered of a token that is still there. */
static void remember(const struct kh_tokens *tokens, const struct kh_token *old)
{
	for (size_t i = 0; i < tokens->count; i++) {
		if (strcmp(tokens->list[i]->uri, old->uri) != 0)
			continue;
		tokens->list[i]->said = old->said;
		tokens->list[i]->renewed = old->renewed;
	}
}

enum kh_code kh_tokens_restart(struct kh_tokens *tokens, struct kh_error *error)
{
	struct kh_tokens old = *tokens;
	enum kh_code code;

	kh_log(KH_LOG_INFO, "starting the module again");
	tokens->count = 0;
	kh_tokens_clear(tokens);
	kh_module_stop(tokens->module);
	code = kh_tokens_refresh(tokens, error);
	for (size_t i = 0; i < old.count; i++)
		remember(tokens, old.list[i]);
	kh_tokens_clear(&old);
	return code;
}

static struct kh_token *find(const struct kh_tokens *tokens, const char *uri)
{
	for (size_t i = 0; i < tokens->count; i++) {
		if (kh_uri_matches(uri, &tokens->list[i]->name))
			return tokens->list[i];
	}
	return NULL;
}

enum kh_code kh_tokens_find(struct kh_tokens *tokens, const char *uri, struct kh_token **out, struct kh_error *error)
{
	struct kh_token *token = find(tokens, uri);
	unsigned long starts = tokens->module->starts;
	enum kh_code code;

	if (!token) {
		code = kh_tokens_refresh(tokens, error);
		token = code == KH_OK ? find(tokens, uri) : NULL;
		/* Some modules notice a token only when they start. */
		if (!token && !kh_tokens_leased(tokens) && starts > 0) {
			code = kh_tokens_restart(tokens, error);
			token = code == KH_OK ? find(tokens, uri) : NULL;
		}
		if (code != KH_OK)
			return code;
	}
	if (!token)
		return kh_fail(error, KH_TOKEN_ABSENT);
	*out = token;
	return KH_OK;
}
