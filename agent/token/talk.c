/*
 * The conversation with a token host: lines out, lines in, the deadline of the
 * call that is on the way.
 */
#include "token/link_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define CANCEL_SECONDS 10 /* from host.cancel to the kill */

static void write_line(struct kh_token_link *link, const struct kh_buffer *line)
{
	if (line->failed || !kh_token_child_write(link->child, line->data, line->length))
		kh_token_link_lose(link, "does not listen");
}

void kh_token_talk_cancel(struct kh_token_link *link, int64_t session)
{
	struct kh_host_host_cancel_params params = {.session = session};
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (kh_request_encode(&kh_host_contract.methods[KH_HOST_METHOD_HOST_CANCEL], NULL, &params, &line, NULL) !=
	    KH_OK)
		return;
	kh_buffer_append(&line, "\n", 1);
	write_line(link, &line);
}

static void on_timer(uv_timer_t *timer)
{
	struct kh_token_link *link = timer->data;

	if (link->prompting && !link->cancelled && link->current) {
		link->cancelled = true;
		uv_timer_start(timer, on_timer, CANCEL_SECONDS * 1000, 0);
		kh_token_talk_cancel(link, link->current->session);
		return;
	}
	link->suspect = true;
	kh_token_link_lose(link, "hangs");
}

static void set_deadline(struct kh_token_link *link, uint64_t milliseconds)
{
	link->deadline = uv_now(link->loop) + milliseconds;
	uv_timer_start(link->timer, on_timer, milliseconds, 0);
}

void kh_token_talk_send(struct kh_token_link *link)
{
	if (link->current || !link->child)
		return;
	link->current = kh_token_calls_take(&link->waiting);
	if (!link->current)
		return;
	set_deadline(link, link->current->deadline);
	write_line(link, &link->current->line);
}

static void note_prompting(struct kh_token_link *link, bool open)
{
	uint64_t now = uv_now(link->loop);

	if (open == link->prompting || !link->current)
		return;
	link->prompting = open;
	link->cancelled = false;
	if (open) {
		link->remaining = link->deadline > now ? link->deadline - now : 1;
		uv_timer_start(link->timer, on_timer, KH_PIN_SECONDS * 1000, 0);
	} else {
		set_deadline(link, link->remaining);
	}
}

static void answer(struct kh_token_link *link, struct kh_incoming *incoming)
{
	const struct kh_method *method;
	struct kh_error error = {0};
	struct kh_token_call *call;
	void *result;

	if (!link->current || incoming->id.kind != KH_ID_NUMBER || incoming->id.number != link->current->id) {
		kh_token_link_lose(link, "answers what nobody asked");
		return;
	}
	method = &kh_host_contract.methods[link->current->method];
	if (incoming->is_error) {
		error = incoming->failure;
		result = NULL;
	} else {
		result = calloc(1, method->result->size);
		if (!result || kh_incoming_result(incoming, method, result, &error) != KH_OK) {
			free(result);
			kh_token_link_lose(link, "answers nonsense");
			return;
		}
	}
	uv_timer_stop(link->timer);
	link->prompting = false;
	call = kh_steal(&link->current);
	if (call->method != KH_HOST_METHOD_HOST_CONFIGURE) {
		link->pause = 0;
		link->suspect = false;
		link->failure = (struct kh_error){0};
	}
	kh_token_call_end(call, error.code, result, &error);
	if (result)
		kh_clear(method->result, result);
	free(result);
}

static bool take_found(struct kh_token_link *link, void *params)
{
	return link->current && link->current->method == KH_HOST_METHOD_CERTIFICATE_LIST && link->found &&
	       link->found(link->found_context, params);
}

static void take_notification(struct kh_token_link *link, const struct kh_message *message)
{
	if (message->method->id == KH_HOST_METHOD_HOST_PROMPTING)
		note_prompting(link, ((struct kh_host_host_prompting_params *)message->params)->open);
	else if (message->method->id != KH_HOST_METHOD_CERTIFICATE_FOUND || !take_found(link, message->params))
		kh_token_link_lose(link, "asks us");
}

static void take_line(struct kh_token_link *link, const char *line, size_t length)
{
	struct kh_incoming incoming;
	struct kh_error error = {0};

	if (kh_incoming_decode(&kh_host_contract, line, length, &incoming, &error) != KH_OK) {
		kh_token_link_lose(link, "talks nonsense");
		return;
	}
	if (incoming.is_response)
		answer(link, &incoming);
	else
		take_notification(link, &incoming.message);
	kh_incoming_finish(&incoming);
}

void kh_token_talk_output(void *context, const char *data, size_t length)
{
	struct kh_token_link *link = context;
	struct kh_token_child *child = link->child;
	const char *end;

	while (link->child == child && (end = memchr(data, '\n', length))) {
		size_t part = (size_t)(end - data);

		if (link->rest.length == 0) {
			take_line(link, data, part);
		} else {
			struct kh_buffer line = link->rest;

			link->rest = (struct kh_buffer){0};
			kh_buffer_append(&line, data, part);
			take_line(link, line.data, line.length);
			kh_buffer_finish(&line);
		}
		data += part + 1;
		length -= part + 1;
	}
	if (link->child != child)
		return;
	kh_buffer_append(&link->rest, data, length);
	if (link->rest.failed || link->rest.length > KH_HOST_LIMIT_MESSAGE)
		kh_token_link_lose(link, "says too much");
	else
		kh_token_talk_send(link);
}
