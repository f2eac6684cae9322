/* Which operation answers which method, and what happens when a token goes. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "host.h"
#include "log.h"
#include "pin/fresh.h"
#include "pin/login.h"

#define NO_TOKEN SIZE_MAX
#define STACK_WIPED 32768
#define READER_NOTICES 600 /* ms */
#define TOKEN_OF(method) offsetof(struct kh_host_##method##_params, token)

/* AGAIN: may be done over after the module was started again. FRESH: writes to the token, or
 * vouches for what is there: pin/fresh.h. */
enum { AGAIN = 1, FRESH = 2 };

static const struct row {
	kh_operation *operation;
	size_t token; /* offset of params.token */
	unsigned is;
} rows[KH_HOST_METHOD_COUNT] = {
	[KH_HOST_METHOD_HOST_CONFIGURE] = {kh_op_host_configure, NO_TOKEN, 0},
	[KH_HOST_METHOD_ANCHORS_READ] = {kh_op_anchors_read, NO_TOKEN, 0},
	[KH_HOST_METHOD_WINDOW_TRY] = {kh_op_window_try, NO_TOKEN, 0},
	[KH_HOST_METHOD_CHAIN_LOOK] = {kh_op_chain_look, NO_TOKEN, 0},
	[KH_HOST_METHOD_READER_LIST] = {kh_op_reader_list, NO_TOKEN, 0},
	[KH_HOST_METHOD_MODULE_PROBE] = {kh_op_module_probe, NO_TOKEN, 0},
	[KH_HOST_METHOD_TOKEN_LIST] = {kh_op_token_list, NO_TOKEN, AGAIN},
	[KH_HOST_METHOD_CERTIFICATE_LIST] = {kh_op_certificate_list, TOKEN_OF(certificate_list), AGAIN},
	[KH_HOST_METHOD_TOKEN_LOGIN] = {kh_op_token_login, TOKEN_OF(token_login), AGAIN},
	[KH_HOST_METHOD_TOKEN_LOGOUT] = {kh_op_token_logout, NO_TOKEN, 0},
	[KH_HOST_METHOD_PIN_CHANGE] = {kh_op_pin_change, TOKEN_OF(pin_change), AGAIN},
	[KH_HOST_METHOD_RENEWAL_RESIDUE] = {kh_op_renewal_residue, TOKEN_OF(renewal_residue), AGAIN},
	[KH_HOST_METHOD_KEY_GENERATE] = {kh_op_key_generate, TOKEN_OF(key_generate), FRESH},
	[KH_HOST_METHOD_KEY_REBUILD] = {kh_op_key_rebuild, TOKEN_OF(key_rebuild), FRESH},
	[KH_HOST_METHOD_REQUEST_CREATE] = {kh_op_request_create, TOKEN_OF(request_create), 0},
	[KH_HOST_METHOD_CERTIFICATE_CHECK] = {kh_op_certificate_check, TOKEN_OF(certificate_check), AGAIN},
	[KH_HOST_METHOD_CERTIFICATE_WRITE] = {kh_op_certificate_write, TOKEN_OF(certificate_write), FRESH},
	[KH_HOST_METHOD_ENCRYPTION_IMPORT] = {kh_op_encryption_import, TOKEN_OF(encryption_import), FRESH},
	[KH_HOST_METHOD_CERTIFICATE_PROVE] = {kh_op_certificate_prove, TOKEN_OF(certificate_prove), FRESH},
	[KH_HOST_METHOD_RECEIPT_CREATE] = {kh_op_receipt_create, TOKEN_OF(receipt_create), 0},
	[KH_HOST_METHOD_PAIR_RETIRE] = {kh_op_pair_retire, TOKEN_OF(pair_retire), FRESH},
	[KH_HOST_METHOD_PENDING_DELETE] = {kh_op_pending_delete, TOKEN_OF(pending_delete), FRESH},
	[KH_HOST_METHOD_HOST_CANCEL] = {kh_op_host_cancel, NO_TOKEN, 0},
	[KH_HOST_METHOD_HOST_TRACE] = {kh_op_host_trace, NO_TOKEN, 0},
};

static const char *token_param(const struct row *row, const void *params)
{
	const char *field = params;

	return row->token == NO_TOKEN ? NULL : *(char *const *)(const void *)(field + row->token);
}

/* Whether every token still answers; a general error may just be an error. */
static bool still_there(struct kh_host *host)
{
	if (!host->module.running || host->module.trouble == KH_RV_GONE)
		return false;
	for (size_t i = 0; i < host->tokens.count; i++) {
		struct kh_token *token = host->tokens.list[i];
		CK_SESSION_INFO session;

		if (kh_token_read_info(token, NULL) != KH_OK)
			return false;
		if (token->open && KH_CALL(&host->module, C_GetSessionInfo, token->session, &session) != CKR_OK)
			return false;
	}
	return host->tokens.count > 0;
}

/* A module that caches answers for a key that is gone: after an error that may mean it, another
 * start tells, when the reader's service has had its time to notice. */
static bool is_gone(struct kh_host *host, const char *uri)
{
	struct kh_token *token;

	if (host->module.trouble != KH_RV_MAYBE_GONE || !kh_fresh_matters(host) || !uri)
		return false;
	uv_sleep(READER_NOTICES);
	return kh_fresh_look(host, NULL) != KH_OK || kh_tokens_find(&host->tokens, uri, &token, NULL) != KH_OK;
}

/* A token or its session went away: the module is started again, so that the
 * next look is right. True when the operation should be done over. */
static bool recover(struct kh_host *host, const struct row *row, const void *params, struct kh_error *error)
{
	const char *uri = token_param(row, params);
	bool again = (row->is & AGAIN) && !host->asked;
	struct kh_error failure = {0};
	struct kh_token *token;

	if ((error->code != KH_TOKEN_REMOVED && error->code != KH_TOKEN_FAILED) ||
	    host->module.trouble == KH_RV_PLAIN || still_there(host)) {
		if (error->code == KH_TOKEN_FAILED && is_gone(host, uri))
			error->code = KH_TOKEN_REMOVED;
		host->module.trouble = KH_RV_PLAIN;
		return false;
	}
	kh_log(KH_LOG_WARNING, "%s answered %s", error->call, error->value);
	if (kh_tokens_restart(&host->tokens, &failure) != KH_OK) {
		kh_tokens_clear(&host->tokens);
		/* Then it can be done over in another process. */
		if (again && host->tokens.starts_once && !host->fresh)
			*error = failure;
		return false;
	}
	if (again)
		return true;
	if (uri && kh_tokens_find(&host->tokens, uri, &token, NULL) != KH_OK)
		error->code = KH_TOKEN_REMOVED;
	return false;
}

/* A PIN may be left in dead frames: vector registers saved while a symbol was
 * resolved, locals of the module. */
static __attribute__((noinline)) void wipe_stack(void)
{
	unsigned char frames[STACK_WIPED];

	kh_wipe(frames, sizeof(frames));
}

static bool holds_pin(const struct kh_host *host)
{
	for (size_t i = 0; i < host->tokens.count; i++) {
		if (host->tokens.list[i]->pin.length > 0)
			return true;
	}
	return false;
}

/* A held PIN that was refused is the reason, whatever a failed operation made of
 * it; not so where the key is gone, or the module wanted no PIN after all. */
static void tell_refusal(struct kh_host *host, enum kh_code code, struct kh_error *error)
{
	for (size_t i = 0; i < host->tokens.count; i++) {
		struct kh_error failure = {.code = KH_OK};
		enum kh_code refusal = kh_login_held(host, host->tokens.list[i], &failure);

		if (refusal == KH_OK || code == KH_OK || code == KH_TOKEN_REMOVED)
			continue;
		if (refusal == KH_PIN_INCORRECT || refusal == KH_PIN_LOCKED || refusal == KH_PIN_EXPIRED ||
		    error->native == failure.native)
			*error = failure;
	}
}

static void forget_logins(struct kh_host *host)
{
	for (size_t i = 0; i < host->tokens.count; i++)
		kh_logout(host->tokens.list[i]);
}

/* A PIN that is held may have been changed meanwhile. */
static bool ends_logins(const struct kh_error *error)
{
	return error->code == KH_PIN_ENDED || error->code == KH_PIN_INCORRECT || error->code == KH_PIN_LOCKED ||
	       error->code == KH_PIN_EXPIRED;
}

/* Some cards lose the login when another program resets them, and then answer whatever
 * comes to their mind. */
static void tell_logout(struct kh_host *host, const char *uri, struct kh_error *error)
{
	struct kh_token *token;

	if (!uri || (error->code != KH_TOKEN_FAILED && error->code != KH_CERTIFICATE_NO_KEY) ||
	    kh_tokens_known(&host->tokens, uri, &token) != 1 || !token->lease.active)
		return;
	if (kh_token_ask_login(token) == CKR_USER_NOT_LOGGED_IN)
		error->code = KH_PIN_ENDED;
}

static enum kh_code perform(struct kh_host *host, const struct kh_message *message, void *result,
			    struct kh_error *error)
{
	const struct row *row = &rows[message->method->id];
	enum kh_code code;

	if (!row->operation) {
		code = kh_fail_field(error, "method");
		error->rpc_code = -32601;
		return code;
	}
	host->asked = false;
	host->module.trouble = KH_RV_PLAIN;
	code = row->is & FRESH ? kh_fresh_write(host, token_param(row, message->params), error) : KH_OK;
	if (code == KH_OK)
		code = row->operation(host, message->params, result, error);
	if (code != KH_OK && recover(host, row, message->params, error)) {
		if (message->method->result)
			kh_clear(message->method->result, result);
		code = row->operation(host, message->params, result, error);
	}
	if (host->asked || holds_pin(host))
		wipe_stack();
	if (message->method->id != KH_HOST_METHOD_HOST_CONFIGURE)
		host->fresh = false;
	tell_refusal(host, code, error);
	if (code == KH_OK)
		return code;
	tell_logout(host, token_param(row, message->params), error);
	kh_tokens_age(&host->tokens);
	if (ends_logins(error))
		forget_logins(host);
	return error->code;
}

static void answer(struct kh_host *host, struct kh_line *line)
{
	const struct kh_message *message = &line->message;
	const struct kh_type *type = message->method ? message->method->result : NULL;
	void *result = calloc(1, type ? type->size : 1);
	struct kh_buffer text = {0};
	struct kh_error error = line->failure;
	enum kh_code code;

	if (!result)
		code = kh_fail(&error, KH_AGENT_FAILED);
	else
		code = message->method ? perform(host, message, result, &error) : error.code;
	if (code == KH_OK && type)
		code = kh_result_encode(message->method, &message->id, result, &text, &error);
	if (code != KH_OK) {
		kh_buffer_cut(&text, 0);
		kh_error_encode(&message->id, &error, host->settings.locale, &text);
	}
	if (text.length > 0 && (message->id.kind != KH_ID_NONE || !message->method))
		kh_loop_write(&host->loop, &text);
	kh_buffer_finish(&text);
	if (type && result)
		kh_clear(type, result);
	free(result);
}

void kh_host_run(struct kh_host *host)
{
	for (;;) {
		struct kh_line *line = kh_loop_next(&host->loop);

		/* Before, too: the machine may have slept since. */
		kh_logout_idle(host);
		if (line)
			answer(host, line);
		else if (host->loop.ended)
			break;
		kh_line_free(line);
		kh_logout_idle(host);
	}
	forget_logins(host);
}
