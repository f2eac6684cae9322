/*
 * How requests end.
 */
#include "request.h"

#include <stdlib.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"

/* Frees the request; no parts: there was no memory for the answer. */
static void answer(struct kh_request *request, const char *const parts[], const size_t lengths[], size_t count)
{
	kh_connection_answer(request->agent, request->session, parts, lengths, count);
	kh_message_finish(&request->message);
	free(request);
}

static void answer_text(struct kh_request *request, const struct kh_buffer *text)
{
	const char *parts[] = {text->data};

	answer(request, parts, &text->length, text->failed ? 0 : 1);
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

void kh_request_failure(struct kh_request *request, const struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	log_failure(request, error);
	kh_error_encode(&request->message.id, error, request->locale, &text);
	answer_text(request, &text);
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

	if (kh_result_encode(request->message.method, &request->message.id, result, &text, &error) == KH_OK)
		answer_text(request, &text);
	else
		kh_request_failure(request, &error);
}

void kh_request_json(struct kh_request *request, const char *json, size_t length)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer head = {0};

	const char *parts[] = {NULL, json, "}"};
	size_t lengths[] = {0, length, 1};

	kh_result_head(&request->message.id, &head);
	parts[0] = head.data;
	lengths[0] = head.length;
	answer(request, parts, lengths, head.failed ? 0 : 3);
}
