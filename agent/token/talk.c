/*
 * Lines out, lines in, and the deadline of the call that is on the way.
 */
#include "token/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define CANCEL_SECONDS 10 /* from host.cancel to the kill */

static void lose(struct kh_token_talk *talk, const char *how)
{
	talk->events.lost(talk->events.context, how);
}

static struct kh_entry_peer peer_of(const struct kh_token_talk *talk)
{
	return (struct kh_entry_peer){.host = talk->name};
}

static void trace_line(const struct kh_token_talk *talk, const struct kh_buffer *line)
{
	struct kh_message message;

	if (!kh_trace_runs(talk->trace) ||
	    kh_message_decode(&kh_host_contract, line->data, line->length, &message, NULL) != KH_OK)
		return;
	kh_trace_message(talk->trace, peer_of(talk), KH_TRACE_TOLD, &message);
	kh_message_finish(&message);
}

static void write_line(struct kh_token_talk *talk, const struct kh_buffer *line)
{
	trace_line(talk, line);
	if (line->failed || !kh_token_child_write(talk->child, line->data, line->length))
		lose(talk, "does not listen");
}

static void notify(struct kh_token_talk *talk, enum kh_host_method_id method, const void *params)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (kh_request_encode(&kh_host_contract.methods[method], NULL, params, &line, NULL) != KH_OK)
		return;
	kh_buffer_append(&line, "\n", 1);
	write_line(talk, &line);
}

static void close_window(struct kh_token_talk *talk, int64_t session)
{
	const struct kh_host_host_cancel_params params = {.session = session};

	notify(talk, KH_HOST_METHOD_HOST_CANCEL, &params);
}

void kh_token_talk_trace(struct kh_token_talk *talk)
{
	const struct kh_host_host_trace_params params = {.on = kh_trace_runs(talk->trace)};

	if (talk->child)
		notify(talk, KH_HOST_METHOD_HOST_TRACE, &params);
}

static void on_timer(uv_timer_t *timer)
{
	struct kh_token_talk *talk = timer->data;

	if (talk->prompting && !talk->cancelled && talk->current) {
		talk->cancelled = true;
		uv_timer_start(timer, on_timer, CANCEL_SECONDS * 1000, 0);
		close_window(talk, talk->current->session);
		return;
	}
	talk->hung = true;
	lose(talk, "hangs");
}

static void set_deadline(struct kh_token_talk *talk, uint64_t milliseconds)
{
	talk->deadline = uv_now(talk->timer->loop) + milliseconds;
	uv_timer_start(talk->timer, on_timer, milliseconds, 0);
}

static void send_next(struct kh_token_talk *talk)
{
	if (talk->current || !talk->child)
		return;
	talk->current = kh_token_calls_take(&talk->waiting);
	if (!talk->current)
		return;
	set_deadline(talk, talk->current->deadline);
	write_line(talk, &talk->current->line);
}

static void note_prompting(struct kh_token_talk *talk, bool open)
{
	uint64_t now = uv_now(talk->timer->loop);

	if (open == talk->prompting || !talk->current)
		return;
	talk->prompting = open;
	talk->cancelled = false;
	if (open) {
		talk->current->again = false;
		talk->remaining = talk->deadline > now ? talk->deadline - now : 1;
		uv_timer_start(talk->timer, on_timer, KH_PIN_SECONDS * 1000, 0);
	} else {
		set_deadline(talk, talk->remaining);
	}
}

/* NULL: error says why. */
static void *take_result(struct kh_incoming *incoming, const struct kh_method *method, struct kh_error *error)
{
	void *result = calloc(1, method->result->size);

	if (!result)
		(void)kh_fail(error, KH_AGENT_FAILED);
	else if (kh_incoming_result(incoming, method, result, error) != KH_OK)
		free(kh_steal(&result));
	return result;
}

static void answer(struct kh_token_talk *talk, struct kh_incoming *incoming)
{
	const struct kh_method *method;
	struct kh_message asked;
	struct kh_error error = {0};
	struct kh_token_call *call;
	void *result;

	if (!talk->current || incoming->id.kind != KH_ID_NUMBER || incoming->id.number != talk->current->id) {
		lose(talk, "answers what nobody asked");
		return;
	}
	method = &kh_host_contract.methods[talk->current->method];
	asked = (struct kh_message){.id = incoming->id, .method = method};
	if (incoming->is_error) {
		error = incoming->failure;
		result = NULL;
		kh_trace_error(talk->trace, peer_of(talk), KH_TRACE_SAID, &asked, &error);
	} else {
		result = take_result(incoming, method, &error);
		/* The first answer shows a host of another version. */
		if (!result && talk->current->method != KH_HOST_METHOD_HOST_CONFIGURE) {
			lose(talk, "answers nonsense");
			return;
		}
		if (result)
			kh_trace_result(talk->trace, peer_of(talk), KH_TRACE_SAID, &asked, result);
	}
	uv_timer_stop(talk->timer);
	talk->prompting = false;
	if (talk->current->method != KH_HOST_METHOD_HOST_CONFIGURE) {
		talk->hung = false;
		if (!talk->events.answered(talk->events.context, &error))
			return;
	}
	call = kh_steal(&talk->current);
	kh_token_call_end(call, error.code, result, &error);
	if (result)
		kh_clear(method->result, result);
	free(result);
}

static bool take_found(struct kh_token_talk *talk, void *params)
{
	return talk->current && talk->current->method == KH_HOST_METHOD_CERTIFICATE_LIST && talk->found &&
	       talk->found(talk->found_context, params);
}

static void take_notification(struct kh_token_talk *talk, const struct kh_message *message)
{
	if (message->method->id == KH_HOST_METHOD_HOST_CALLED) {
		kh_trace_fact(talk->trace, peer_of(talk), "call", message->method->params, message->params);
		return;
	}
	kh_trace_message(talk->trace, peer_of(talk), KH_TRACE_SAID, message);
	if (message->method->id == KH_HOST_METHOD_HOST_PROMPTING)
		note_prompting(talk, ((struct kh_host_host_prompting_params *)message->params)->open);
	else if (message->method->id != KH_HOST_METHOD_CERTIFICATE_FOUND || !take_found(talk, message->params))
		lose(talk, "asks us");
}

static void take_line(struct kh_token_talk *talk, const char *line, size_t length)
{
	struct kh_incoming incoming;
	struct kh_error error = {0};

	if (kh_incoming_decode(&kh_host_contract, line, length, &incoming, &error) != KH_OK) {
		lose(talk, "talks nonsense");
		return;
	}
	if (incoming.is_response)
		answer(talk, &incoming);
	else
		take_notification(talk, &incoming.message);
	kh_incoming_finish(&incoming);
}

static void hear(void *context, const char *data, size_t length)
{
	struct kh_token_talk *talk = context;
	struct kh_token_child *child = talk->child;
	const char *end;

	while (talk->child == child && (end = memchr(data, '\n', length))) {
		size_t part = (size_t)(end - data);

		if (talk->rest.length == 0) {
			take_line(talk, data, part);
		} else {
			struct kh_buffer line = talk->rest;

			talk->rest = (struct kh_buffer){0};
			kh_buffer_append(&line, data, part);
			take_line(talk, line.data, line.length);
			kh_buffer_finish(&line);
		}
		data += part + 1;
		length -= part + 1;
	}
	if (talk->child != child)
		return;
	kh_buffer_append(&talk->rest, data, length);
	if (talk->rest.failed || talk->rest.length > KH_HOST_LIMIT_MESSAGE)
		lose(talk, "says too much");
	else
		send_next(talk);
}

static void ended(void *context, const struct kh_token_end *end)
{
	struct kh_token_talk *talk = context;

	talk->end = *end;
	lose(talk, "died");
}

struct kh_token_ears kh_token_talk_ears(struct kh_token_talk *talk)
{
	return (struct kh_token_ears){hear, ended, talk};
}

bool kh_token_talk_init(struct kh_token_talk *talk, uv_loop_t *loop, int64_t percent,
			const struct kh_token_talk_events *events)
{
	*talk = (struct kh_token_talk){.events = *events, .timer = calloc(1, sizeof(*talk->timer))};
	if (!talk->timer)
		return false;
	uv_timer_init(loop, talk->timer);
	talk->timer->data = talk;
	kh_token_calls_init(&talk->waiting, percent);
	return true;
}

void kh_token_talk_finish(struct kh_token_talk *talk)
{
	uv_close((uv_handle_t *)talk->timer, (uv_close_cb)free);
	talk->timer = NULL;
}

void kh_token_talk_begin(struct kh_token_talk *talk, struct kh_token_child *child, struct kh_token_call *configure)
{
	talk->child = child;
	talk->end = (struct kh_token_end){.how = KH_TOKEN_END_UNKNOWN};
	kh_token_calls_prepend(&talk->waiting, configure);
	if (kh_trace_runs(talk->trace))
		kh_token_talk_trace(talk);
	send_next(talk);
}

void kh_token_talk_end(struct kh_token_talk *talk)
{
	uv_timer_stop(talk->timer);
	talk->child = NULL;
	talk->prompting = false;
	talk->cancelled = false;
	kh_buffer_finish(&talk->rest);
}

bool kh_token_talk_repeat(struct kh_token_talk *talk)
{
	if (!talk->current || !talk->current->again)
		return false;
	talk->current->again = false;
	kh_token_calls_prepend(&talk->waiting, kh_steal(&talk->current));
	return true;
}

void kh_token_talk_fail(struct kh_token_talk *talk, const struct kh_error *error)
{
	struct kh_token_call *call = kh_steal(&talk->current);
	struct kh_token_call *waiting = kh_token_calls_take_all(&talk->waiting);

	if (call)
		kh_token_call_end(call, error->code, NULL, error);
	while (waiting) {
		call = waiting;
		waiting = call->next;
		kh_token_call_end(call, error->code, NULL, error);
	}
}

void kh_token_talk_call(struct kh_token_talk *talk, struct kh_token_call *call)
{
	kh_token_calls_append(&talk->waiting, call);
	send_next(talk);
}

bool kh_token_talk_asking(const struct kh_token_talk *talk)
{
	return talk->current && kh_token_call_asks_pin(talk->current);
}

void kh_token_talk_cancel(struct kh_token_talk *talk, int64_t session)
{
	const struct kh_error error = {.code = KH_PIN_CANCELLED};
	struct kh_token_call *call;

	while ((call = kh_token_calls_take_pin(&talk->waiting, session)))
		kh_token_call_end(call, error.code, NULL, &error);
	if (!kh_token_talk_asking(talk) || talk->current->session != session)
		return;
	talk->current->again = false;
	close_window(talk, session);
}
