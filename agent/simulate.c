/*
 * Answers from a file.
 */
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "file.h"

#define LINE_SIZE (KH_LIMIT_MESSAGE * 16)
#define WAIT_MAX 600000 /* ms */
#define CALL "simulate"

struct notice {
	struct notice *next;
	struct kh_message message;
};

struct answer {
	struct answer *next; /* in the file */
	const struct kh_method *method;
	void *result; /* NULL: failure */
	struct kh_error failure;
	struct notice *notices; /* before it */
	uint64_t wait;		/* ms */
	bool given;
};

struct kh_simulation {
	struct answer *answers;
};

/* --- reading --- */

struct reading {
	struct answer **last;
	struct notice *notices;
	uint64_t wait;
	struct kh_error error;
};

static void free_notices(struct notice *notice)
{
	while (notice) {
		struct notice *next = notice->next;

		kh_message_finish(&notice->message);
		free(notice);
		notice = next;
	}
}

static void free_answer(struct answer *answer)
{
	if (answer->result)
		kh_clear(answer->method->result, answer->result);
	free(answer->result);
	free_notices(answer->notices);
	free(answer);
}

static enum kh_code read_notice(struct reading *reading, const struct kh_method *method, const char *rest)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct notice **last = &reading->notices;
	struct notice *notice = calloc(1, sizeof(*notice));
	enum kh_code code;

	if (!notice)
		return kh_fail(&reading->error, KH_AGENT_FAILED);
	kh_buffer_printf(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s}", method->name, rest);
	code = text.failed ? kh_fail(&reading->error, KH_AGENT_FAILED)
			   : kh_message_decode(&kh_contract, text.data, text.length, &notice->message, &reading->error);
	while (*last)
		last = &(*last)->next;
	*last = notice;
	return code;
}

/* The first word of an error's line; KH_OK: none of the contract's. */
static enum kh_code read_name(const char *rest, char name[KH_ERROR_DATA_NAME_MAX + 1])
{
	snprintf(name, KH_ERROR_DATA_NAME_MAX + 1, "%.*s", (int)strcspn(rest, " "), rest);
	return kh_code_value(name);
}

/* The response as it would come over the wire. False: neither a result nor an error. */
static bool write_response(const char *rest, struct kh_buffer *text)
{
	char name[KH_ERROR_DATA_NAME_MAX + 1];
	const char *data = strchr(rest, '{');
	enum kh_code code;

	if (*rest == '{') {
		kh_buffer_printf(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}", rest);
		return !text->failed;
	}
	code = read_name(rest, name);
	kh_buffer_printf(text,
			 "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":%d,\"message\":\"\",\"data\":", (int)code);
	kh_buffer_printf(text, "{\"name\":\"%s\",\"retry\":\"no\"", name);
	if (data && data[1 + strspn(data + 1, " ")] != '}')
		kh_buffer_append_text(text, ",");
	kh_buffer_printf(text, "%s}}", data ? data + 1 : "}");
	return code != KH_OK && !text->failed;
}

static enum kh_code read_answer(struct reading *reading, const struct kh_method *method, const char *rest)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct answer *answer = calloc(1, sizeof(*answer));
	struct kh_incoming incoming;
	enum kh_code code;

	if (!answer)
		return kh_fail(&reading->error, KH_AGENT_FAILED);
	*reading->last = answer;
	reading->last = &answer->next;
	answer->method = method;
	answer->notices = kh_steal(&reading->notices);
	answer->wait = reading->wait;
	reading->wait = 0;
	if (!write_response(rest, &text))
		return kh_fail_field(&reading->error, rest);
	code = kh_incoming_decode(&kh_contract, text.data, text.length, &incoming, &reading->error);
	if (code != KH_OK)
		return code;
	answer->failure = incoming.failure;
	if (!incoming.is_error) {
		answer->result = calloc(1, method->result->size);
		code = answer->result ? kh_incoming_result(&incoming, method, answer->result, &reading->error)
				      : kh_fail(&reading->error, KH_AGENT_FAILED);
		if (code != KH_OK)
			free(kh_steal(&answer->result));
	}
	kh_incoming_finish(&incoming);
	return code;
}

static enum kh_code read_line(struct reading *reading, char *line)
{
	char *rest = line + strcspn(line, " ");
	const struct kh_method *method;

	if (*line == '\0' || *line == '#')
		return KH_OK;
	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " ");
	if (strcmp(line, "wait") == 0) {
		reading->wait = strtoull(rest, NULL, 10);
		return reading->wait <= WAIT_MAX ? KH_OK : kh_fail_field(&reading->error, "wait");
	}
	method = kh_method_find(&kh_contract, line);
	if (!method || method->id == KH_METHOD_AGENT_HELLO)
		return kh_fail_field(&reading->error, line);
	if (!method->result)
		return read_notice(reading, method, rest);
	return read_answer(reading, method, rest);
}

static void complain(struct kh_buffer *complaint, const char *path, size_t number, const struct kh_error *error)
{
	kh_buffer_printf(complaint, "%s:%zu: %s", path, number, error->field[0] ? error->field : "this is no answer");
}

struct kh_simulation *kh_simulation_read(const char *path, struct kh_buffer *complaint)
{
	struct kh_simulation *simulation = calloc(1, sizeof(*simulation));
	KH_AUTO_FREE char *line = malloc(LINE_SIZE);
	FILE *file = kh_file_open(path, "rb");
	struct reading reading = {0};
	size_t number = 0;
	bool fine = simulation && line && file;

	if (!fine)
		kh_buffer_printf(complaint, "%s cannot be read", path);
	else
		reading.last = &simulation->answers;
	while (fine && fgets(line, LINE_SIZE, file)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		fine = read_line(&reading, line) == KH_OK;
		if (!fine)
			complain(complaint, path, number, &reading.error);
	}
	if (file)
		(void)fclose(file);
	free_notices(reading.notices);
	if (fine)
		return simulation;
	kh_simulation_free(simulation);
	return NULL;
}

void kh_simulation_free(struct kh_simulation *simulation)
{
	if (!simulation)
		return;
	while (simulation->answers) {
		struct answer *answer = simulation->answers;

		simulation->answers = answer->next;
		free_answer(answer);
	}
	free(simulation);
}

/* --- answering --- */

static struct answer *next_answer(const struct kh_simulation *simulation, const struct kh_method *method)
{
	struct answer *last = NULL;

	for (struct answer *one = simulation->answers; one; one = one->next) {
		if (one->method != method)
			continue;
		last = one;
		if (!one->given)
			break;
	}
	return last;
}

static void give(struct kh_request *request, struct answer *answer)
{
	for (const struct notice *one = answer->given ? NULL : answer->notices; one; one = one->next)
		kh_connections_notify(request->agent, false, (enum kh_method_id)one->message.method->id,
				      one->message.params);
	answer->given = true;
	if (answer->result)
		kh_request_result(request, answer->result);
	else
		kh_request_failure(request, &answer->failure);
}

struct pause {
	uv_timer_t timer;
	struct kh_request *request;
	struct answer *answer;
};

static void paused(uv_timer_t *timer)
{
	struct pause *pause = timer->data;

	give(pause->request, pause->answer);
	uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

void kh_simulate(struct kh_request *request)
{
	struct answer *answer = next_answer(request->agent->simulation, request->message.method);
	const struct kh_error unknown = {.code = KH_AGENT_FAILED, .call = CALL};
	struct pause *pause;

	if (!answer) {
		kh_request_failure(request, &unknown);
		return;
	}
	pause = answer->wait > 0 ? calloc(1, sizeof(*pause)) : NULL;
	if (!pause) {
		give(request, answer);
		return;
	}
	pause->request = request;
	pause->answer = answer;
	pause->timer.data = pause;
	uv_timer_init(request->agent->loop, &pause->timer);
	uv_timer_start(&pause->timer, paused, answer->wait, 0);
}
