/*
 * How requests end.
 */
#include "request.h"

#include <stdlib.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"
#include "token/holder.h"

static struct kh_entry_peer peer_of(const struct kh_request *request)
{
	return (struct kh_entry_peer){.page = request->session};
}

static void answer(struct kh_request *request, const struct kh_buffer *text)
{
	kh_connection_answer(request->agent, request->session, text);
	kh_message_finish(&request->message);
	free(request);
}

static void log_failure(const struct kh_request *request, const struct kh_error *error)
{
	char what[96];

	snprintf(what, sizeof(what), "#%lld %s", (long long)request->session, request->message.method->name);
	kh_log_failure(error->code == KH_AGENT_FAILED || error->code == KH_TOKEN_FAILED ? KH_LOG_WARNING : KH_LOG_INFO,
		       what, error);
}

bool kh_request_wanted(const struct kh_request *request)
{
	return kh_connection_is_open(request->agent, request->session);
}

/* Who it may be that uses the key. */
static struct kh_error with_holder(const struct kh_request *request, const struct kh_error *error)
{
	const struct kh_modules *modules = &request->agent->modules;
	struct kh_error told = *error;

	for (size_t i = 0; told.code == KH_TOKEN_BUSY && !told.holder[0] && i < modules->count; i++)
		kh_holders(&modules->items[i], told.holder, sizeof(told.holder));
	return told;
}

void kh_request_failure(struct kh_request *request, const struct kh_error *failure)
{
	const struct kh_error told = with_holder(request, failure), *error = &told;
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	log_failure(request, error);
	if (kh_request_wanted(request))
		kh_trace_error(&request->agent->trace, peer_of(request), KH_TRACE_TOLD, &request->message, error);
	kh_error_encode(&request->message.id, error, request->locale, &text);
	answer(request, &text);
}

void kh_request_fail(struct kh_request *request, enum kh_code code)
{
	const struct kh_error error = {.code = code};

	kh_request_failure(request, &error);
}

void kh_request_result(struct kh_request *request, const void *result)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_error error = {0};

	if (kh_result_encode(request->message.method, &request->message.id, result, &text, &error) != KH_OK) {
		kh_request_failure(request, &error);
		return;
	}
	if (kh_request_wanted(request))
		kh_trace_result(&request->agent->trace, peer_of(request), KH_TRACE_TOLD, &request->message, result);
	answer(request, &text);
}
