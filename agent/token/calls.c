/*
 * The queue of calls.
 */
#include "token/calls.h"

#include <stdlib.h>

/* libp11 waits for ever when the module gives it no session. */
#define SECOND_READER_SECONDS 15

/* How long each may take without a PIN window, in seconds. */
static const unsigned deadlines[KH_HOST_METHOD_COUNT] = {
	[KH_HOST_METHOD_HOST_CONFIGURE] = 30,	 [KH_HOST_METHOD_ANCHORS_READ] = 10,
	[KH_HOST_METHOD_WINDOW_TRY] = 30,	 [KH_HOST_METHOD_CHAIN_LOOK] = 10,
	[KH_HOST_METHOD_READER_LIST] = 10,	 [KH_HOST_METHOD_TOKEN_LIST] = 10,
	[KH_HOST_METHOD_CERTIFICATE_LIST] = 30,	 [KH_HOST_METHOD_TOKEN_LOGIN] = 20,
	[KH_HOST_METHOD_TOKEN_LOGOUT] = 10,	 [KH_HOST_METHOD_PIN_CHANGE] = 30,
	[KH_HOST_METHOD_RENEWAL_RESIDUE] = 30,	 [KH_HOST_METHOD_KEY_GENERATE] = 180,
	[KH_HOST_METHOD_KEY_REBUILD] = 30,	 [KH_HOST_METHOD_REQUEST_CREATE] = 60,
	[KH_HOST_METHOD_CERTIFICATE_CHECK] = 30, [KH_HOST_METHOD_CERTIFICATE_WRITE] = 60,
	[KH_HOST_METHOD_ENCRYPTION_IMPORT] = 60, [KH_HOST_METHOD_CERTIFICATE_PROVE] = 60,
	[KH_HOST_METHOD_RECEIPT_CREATE] = 60,	 [KH_HOST_METHOD_PAIR_RETIRE] = 60,
	[KH_HOST_METHOD_PENDING_DELETE] = 60,	 [KH_HOST_METHOD_MODULE_PROBE] = 30,
};

/* These change nothing, until they open a PIN window. */
static const bool again[KH_HOST_METHOD_COUNT] = {
	[KH_HOST_METHOD_TOKEN_LIST] = true,	 [KH_HOST_METHOD_CERTIFICATE_LIST] = true,
	[KH_HOST_METHOD_RENEWAL_RESIDUE] = true, [KH_HOST_METHOD_CERTIFICATE_CHECK] = true,
	[KH_HOST_METHOD_TOKEN_LOGIN] = true,	 [KH_HOST_METHOD_PIN_CHANGE] = true,
};

static uint64_t deadline_of(enum kh_host_method_id method, const void *params)
{
	const struct kh_host_certificate_prove_params *prove = params;

	return method == KH_HOST_METHOD_CERTIFICATE_PROVE && prove->second_reader ? SECOND_READER_SECONDS
										  : deadlines[method];
}

void kh_token_calls_init(struct kh_token_calls *calls, int64_t percent)
{
	*calls = (struct kh_token_calls){.percent = (uint64_t)percent};
	calls->last = &calls->first;
}

enum kh_code kh_token_calls_make(struct kh_token_calls *calls, enum kh_host_method_id method, const void *params,
				 struct kh_token_call **call, struct kh_error *error)
{
	struct kh_rpc_id id = {.kind = KH_ID_NUMBER, .number = ++calls->number};
	struct kh_token_call *made = calloc(1, sizeof(*made));
	enum kh_code code;

	if (!made)
		return kh_fail(error, KH_AGENT_FAILED);
	made->id = id.number;
	made->method = method;
	made->deadline = deadline_of(method, params) * 10 * calls->percent;
	made->again = again[method];
	code = kh_request_encode(&kh_host_contract.methods[method], &id, params, &made->line, error);
	if (code != KH_OK) {
		kh_buffer_finish(&made->line);
		free(made);
		return code;
	}
	kh_buffer_append(&made->line, "\n", 1);
	*call = made;
	return KH_OK;
}

void kh_token_calls_append(struct kh_token_calls *calls, struct kh_token_call *call)
{
	*calls->last = call;
	calls->last = &call->next;
}

void kh_token_calls_prepend(struct kh_token_calls *calls, struct kh_token_call *call)
{
	call->next = calls->first;
	if (!calls->first)
		calls->last = &call->next;
	calls->first = call;
}

static struct kh_token_call *take_at(struct kh_token_calls *calls, struct kh_token_call **at)
{
	struct kh_token_call *call = *at;

	if (!call)
		return NULL;
	*at = call->next;
	call->next = NULL;
	if (!*at)
		calls->last = at;
	return call;
}

struct kh_token_call *kh_token_calls_take(struct kh_token_calls *calls)
{
	return take_at(calls, &calls->first);
}

struct kh_token_call *kh_token_calls_take_all(struct kh_token_calls *calls)
{
	struct kh_token_call *first = calls->first;

	calls->first = NULL;
	calls->last = &calls->first;
	return first;
}

struct kh_token_call *kh_token_calls_take_pin(struct kh_token_calls *calls, int64_t session)
{
	struct kh_token_call **at = &calls->first;

	while (*at && ((*at)->session != session || !kh_token_call_asks_pin(*at)))
		at = &(*at)->next;
	return take_at(calls, at);
}

void kh_token_call_end(struct kh_token_call *call, enum kh_code code, void *result, const struct kh_error *error)
{
	if (call->reply)
		call->reply(call->context, code, result, error);
	kh_buffer_finish(&call->line);
	free(call);
}

bool kh_token_call_asks_pin(const struct kh_token_call *call)
{
	return call->method == KH_HOST_METHOD_TOKEN_LOGIN || call->method == KH_HOST_METHOD_PIN_CHANGE;
}
