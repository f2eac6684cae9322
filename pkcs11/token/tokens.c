/* Which tokens are present. */
#include "token/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"

/* What C_Finalize would do, in a module that cannot be started again. */
static void close_sessions(const struct kh_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count && tokens->module->running; i++) {
		struct kh_token *token = tokens->list[i];

		if (!token->open)
			continue;
		if (token->lease.active)
			(void)KH_CALL(tokens->module, C_Logout, token->session);
		(void)KH_CALL(tokens->module, C_CloseAllSessions, token->slot);
	}
}

void kh_tokens_clear(struct kh_tokens *tokens)
{
	if (tokens->starts_once)
		close_sessions(tokens);
	for (size_t i = 0; i < tokens->count; i++)
		kh_token_free(tokens->list[i]);
	free(kh_steal(&tokens->slots));
	tokens->count = 0;
	tokens->slots_count = 0;
	tokens->read = false;
}

void kh_tokens_age(struct kh_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++)
		tokens->list[i]->inventory.fresh = false;
}

bool kh_tokens_leased(const struct kh_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		if (tokens->list[i]->lease.active)
			return true;
	}
	return false;
}

/* With room for as many as the module says, and then for more. */
enum kh_code kh_slots_read(struct kh_module *module, bool present, CK_SLOT_ID **slots, size_t *count,
			   struct kh_error *error)
{
	KH_AUTO_FREE CK_SLOT_ID *list = NULL;
	CK_ULONG said = 0;
	CK_ULONG room = 0;
	CK_BBOOL only = present ? CK_TRUE : CK_FALSE;
	CK_RV rv = KH_CALL(module, C_GetSlotList, only, NULL, &said);

	while (rv == CKR_OK && said > room) {
		if (said > KH_SLOTS_MAX) {
			kh_log(KH_LOG_ERROR, "%lu slots are too many", said);
			rv = CKR_BUFFER_TOO_SMALL;
			break;
		}
		room = said;
		free(list);
		list = calloc(room, sizeof(*list));
		if (!list)
			return kh_fail(error, KH_AGENT_FAILED);
		rv = KH_CALL(module, C_GetSlotList, only, list, &said);
		if (rv == CKR_BUFFER_TOO_SMALL) {
			said = said > room ? said : 2 * room;
			rv = CKR_OK;
		}
	}
	if (rv != CKR_OK)
		return kh_module_fail(module, rv, error);
	*count = said;
	*slots = kh_steal(&list);
	return KH_OK;
}

static bool lives(const struct kh_token *token)
{
	CK_SESSION_INFO info;

	return token->open && KH_CALL(token->module, C_GetSessionInfo, token->session, &info) == CKR_OK;
}

/* The token that was in this slot, else one of this name whose session lives on
 * although its slot has another number; taken out of the old list. */
static struct kh_token *take_known(struct kh_token **old, size_t count, CK_SLOT_ID slot,
				   const struct kh_token_name *name)
{
	struct kh_token *token = NULL;
	size_t at = count;

	for (size_t i = 0; i < count && at == count; i++) {
		if (old[i] && old[i]->slot == slot && kh_token_name_equal(&old[i]->name, name))
			at = i;
	}
	for (size_t i = 0; i < count && at == count; i++) {
		if (old[i] && old[i]->slot != slot && kh_token_name_equal(&old[i]->name, name) && lives(old[i]))
			at = i;
	}
	if (at < count) {
		token = old[at];
		old[at] = NULL;
	}
	return token;
}

static bool is_known_slot(struct kh_token *const *old, size_t count, CK_SLOT_ID slot)
{
	for (size_t i = 0; i < count; i++) {
		if (old[i] && old[i]->slot == slot)
			return true;
	}
	return false;
}

static bool is_listed(const CK_TOKEN_INFO *info, const struct kh_token_name *name)
{
	return (info->flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED)) || name->label[0] != '\0';
}

static enum kh_code take_slot(struct kh_tokens *tokens, struct kh_token **old, size_t old_count, CK_SLOT_ID slot,
			      struct kh_error *error)
{
	struct kh_token_name name;
	struct kh_token *token;
	CK_TOKEN_INFO info;
	CK_RV rv;

	rv = KH_CALL_ON(tokens->module, slot, &slot, C_GetTokenInfo, slot, &info);
	if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED)
		return KH_OK;
	if (rv != CKR_OK && is_known_slot(old, old_count, slot))
		return kh_module_fail(tokens->module, rv, error);
	/* What never worked must not stand in the way of the other tokens. */
	if (rv != CKR_OK)
		return KH_OK;
	kh_token_name_of(&info, &name);
	if (!is_listed(&info, &name))
		return KH_OK;
	token = take_known(old, old_count, slot, &name);
	if (!token)
		token = calloc(1, sizeof(*token));
	if (!token)
		return kh_fail(error, KH_AGENT_FAILED);
	token->module = tokens->module;
	token->slot = slot;
	tokens->list[tokens->count++] = token;
	return kh_token_take_info(token, &info, error);
}

static enum kh_code take_slots(struct kh_tokens *tokens, CK_SLOT_ID **slots, size_t count, struct kh_error *error)
{
	struct kh_token *old[KH_TOKENS_MAX];
	size_t old_count = tokens->count;
	enum kh_code code = KH_OK;
	size_t done = 0;

	memcpy(old, tokens->list, sizeof(old));
	tokens->count = 0;
	for (; done < count && tokens->count < KH_TOKENS_MAX && code == KH_OK; done++)
		code = take_slot(tokens, old, old_count, (*slots)[done], error);
	for (size_t i = 0; i < old_count; i++)
		kh_token_free(old[i]);
	if (code != KH_OK) {
		kh_tokens_clear(tokens);
		return code;
	}
	if (done < count)
		kh_log(KH_LOG_WARNING, "%d tokens are listed, %zu slots more are not looked at", KH_TOKENS_MAX,
		       count - done);
	free(tokens->slots);
	tokens->slots = kh_steal(slots);
	tokens->slots_count = count;
	tokens->read = true;
	return KH_OK;
}

static bool is_same_list(const struct kh_tokens *tokens, const CK_SLOT_ID *slots, size_t count)
{
	return tokens->read && count == tokens->slots_count &&
	       (count == 0 || memcmp(slots, tokens->slots, count * sizeof(*slots)) == 0);
}

static enum kh_code update(struct kh_tokens *tokens, bool always, struct kh_error *error)
{
	KH_AUTO_FREE CK_SLOT_ID *slots = NULL;
	size_t count = 0;
	enum kh_code code = kh_module_start(tokens->module, error);

	if (code == KH_OK)
		code = kh_slots_read(tokens->module, true, &slots, &count, error);
	if (code != KH_OK || (!always && is_same_list(tokens, slots, count)))
		return code;
	return take_slots(tokens, &slots, count, error);
}

enum kh_code kh_tokens_refresh(struct kh_tokens *tokens, struct kh_error *error)
{
	return update(tokens, true, error);
}

enum kh_code kh_tokens_look(struct kh_tokens *tokens, bool known, struct kh_error *error)
{
	return known && tokens->count > 0 ? KH_OK : update(tokens, false, error);
}

static enum kh_code start_again(struct kh_tokens *tokens, struct kh_error *error)
{
	enum kh_code code;

	kh_log(KH_LOG_INFO, "starting the module again");
	kh_module_stop(tokens->module);
	code = kh_module_start(tokens->module, error);
	tokens->starts_once = code != KH_OK;
	return code == KH_OK ? kh_tokens_refresh(tokens, error) : code;
}

enum kh_code kh_tokens_restart(struct kh_tokens *tokens, struct kh_error *error)
{
	kh_tokens_clear(tokens);
	if (tokens->starts_once)
		return kh_fail_call(error, KH_TOKEN_FAILED, "C_Initialize", "");
	return start_again(tokens, error);
}

enum kh_code kh_tokens_renew(struct kh_tokens *tokens, struct kh_error *error)
{
	enum kh_code code;

	for (size_t i = 0; i < tokens->count; i++) {
		tokens->list[i]->open = false;
		kh_inventory_clear(&tokens->list[i]->inventory);
	}
	code = start_again(tokens, error);
	if (code != KH_OK)
		kh_tokens_clear(tokens);
	return code;
}

size_t kh_tokens_known(const struct kh_tokens *tokens, const char *uri, struct kh_token **token)
{
	size_t count = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		if (kh_uri_matches(uri, &tokens->list[i]->name) && count++ == 0)
			*token = tokens->list[i];
	}
	return count;
}

static enum kh_code ambiguous(const struct kh_token *token, struct kh_error *error)
{
	(void)kh_fail(error, KH_TOKEN_AMBIGUOUS);
	if (error)
		snprintf(error->label, sizeof(error->label), "%s", token->name.label);
	return KH_TOKEN_AMBIGUOUS;
}

enum kh_code kh_tokens_find(struct kh_tokens *tokens, const char *uri, struct kh_token **out, struct kh_error *error)
{
	size_t count = kh_tokens_known(tokens, uri, out);
	bool started = tokens->module->starts > 0;
	enum kh_code code;

	if (count != 1) {
		code = kh_tokens_refresh(tokens, error);
		count = code == KH_OK ? kh_tokens_known(tokens, uri, out) : 0;
		/* Some modules notice a token only when they start. */
		if (count == 0 && started && !tokens->starts_once && !kh_tokens_leased(tokens)) {
			code = kh_tokens_restart(tokens, error);
			count = code == KH_OK ? kh_tokens_known(tokens, uri, out) : 0;
		}
		if (code != KH_OK)
			return code;
	}
	if (count > 1)
		return ambiguous(*out, error);
	return count == 1 ? KH_OK : kh_fail(error, KH_TOKEN_ABSENT);
}
