/* The PIN window. */
#include "pin_window.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "log.h"

#define DEAF_MS 500
#define EXIT_MS 500

static const char *const usual[] = {"pinentry-gtk-2", "pinentry-qt", "pinentry-gnome3", "pinentry"};

static void on_closed(uv_handle_t *handle)
{
	struct kh_pin_window *window = handle->data;

	window->handles--;
}

static void on_exit_of_program(uv_process_t *process, int64_t status, int signal_number)
{
	struct kh_pin_window *window = process->data;

	(void)status;
	(void)signal_number;
	window->exited = true;
}

static void on_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct kh_pin_window *window = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(window->chunk, sizeof(window->chunk));
}

static void end_line(struct kh_pin_window *window)
{
	enum kh_assuan_reply reply = kh_assuan_parse(window->line, window->length, &window->number);

	if (reply == KH_ASSUAN_DATA && window->answer &&
	    kh_assuan_data(window->line, window->length, window->answer) != KH_OK)
		window->broken = true;
	if (reply == KH_ASSUAN_OK || reply == KH_ASSUAN_ERROR) {
		window->reply = reply;
		window->replied = true;
	}
	kh_wipe(window->line, window->length);
	window->length = 0;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct kh_pin_window *window = stream->data;

	for (ssize_t i = 0; i < count; i++) {
		if (buffer->base[i] == '\n')
			end_line(window);
		else if (window->length < sizeof(window->line))
			window->line[window->length++] = buffer->base[i];
		else
			window->broken = true;
	}
	if (count < 0)
		window->broken = true;
	kh_wipe(window->chunk, sizeof(window->chunk));
}

static void wait_for_exit(struct kh_pin_window *window, int signal_number)
{
	uint64_t end = kh_loop_clock(window->loop) + EXIT_MS;

	if (signal_number && !window->exited)
		uv_process_kill(&window->process, signal_number);
	kh_loop_alarm(window->loop, EXIT_MS);
	while (!window->exited && kh_loop_clock(window->loop) < end)
		kh_loop_turn(window->loop);
	kh_loop_alarm(window->loop, 0);
}

static void stop(struct kh_pin_window *window)
{
	if (!window->running)
		return;
	uv_close((uv_handle_t *)&window->to, on_closed);
	uv_close((uv_handle_t *)&window->from, on_closed);
	wait_for_exit(window, window->replied ? 0 : SIGTERM);
	if (!window->exited)
		wait_for_exit(window, SIGKILL);
	uv_close((uv_handle_t *)&window->process, on_closed);
	while (window->handles > 0)
		kh_loop_turn(window->loop);
	kh_wipe(window->line, sizeof(window->line));
	window->running = false;
}

static int start(struct kh_pin_window *window, const char *program)
{
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&window->to},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&window->from},
		{.flags = UV_INHERIT_FD, .data.fd = 2},
	};
	char name[4096];
	char *arguments[] = {name, NULL};
	uv_process_options_t options = {
		.file = name, .args = arguments, .stdio = stdio, .stdio_count = 3, .exit_cb = on_exit_of_program};
	int status;

	snprintf(name, sizeof(name), "%s", program);
	window->process.data = window->to.data = window->from.data = window;
	uv_pipe_init(&window->loop->uv, &window->to, 0);
	uv_pipe_init(&window->loop->uv, &window->from, 0);
	window->length = 0;
	window->exited = window->replied = window->broken = window->answered = false;
	window->handles = 3;
	window->running = true;
	status = uv_spawn(&window->loop->uv, &window->process, &options);
	if (status == 0)
		return uv_read_start((uv_stream_t *)&window->from, on_chunk, on_read);
	window->exited = true;
	stop(window);
	return status;
}

/* Waits for OK or ERR. */
static enum kh_code wait_for_reply(struct kh_pin_window *window, struct kh_error *error)
{
	while (!window->replied && !window->broken) {
		if (kh_loop_cancelled(window->loop, window->session))
			return kh_fail(error, KH_PIN_CANCELLED);
		kh_loop_turn(window->loop);
	}
	if (!window->replied)
		return kh_fail(error, KH_PIN_UNAVAILABLE);
	return KH_OK;
}

static enum kh_code command(struct kh_pin_window *window, const char *verb, const char *text, struct kh_error *error)
{
	struct kh_buffer line = {0};
	uv_buf_t buffer;
	int count;

	kh_assuan_command(&line, verb, text);
	if (line.failed || window->broken) {
		kh_buffer_finish(&line);
		return kh_fail(error, KH_PIN_UNAVAILABLE);
	}
	window->replied = false;
	buffer = uv_buf_init(line.data, (unsigned)line.length);
	count = uv_try_write((uv_stream_t *)&window->to, &buffer, 1);
	kh_buffer_finish(&line);
	if (count < 0 || (size_t)count != buffer.len)
		return kh_fail_call(error, KH_PIN_UNAVAILABLE, verb, "write");
	return wait_for_reply(window, error);
}

static enum kh_code command_text(struct kh_pin_window *window, const char *verb, const char *key,
				 struct kh_error *error)
{
	struct kh_buffer text = {0};
	enum kh_code code;

	kh_text(&text, window->locale, key, NULL);
	code = command(window, verb, text.data, error);
	kh_buffer_finish(&text);
	return code;
}

static enum kh_code option(struct kh_pin_window *window, const char *name, const char *value, struct kh_error *error)
{
	char text[512];

	if (!value || !*value)
		return KH_OK;
	snprintf(text, sizeof(text), "%s=%s", name, value);
	return command(window, "OPTION", text, error);
}

static const char *character_locale(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8") ? value : "C.UTF-8";
	}
	return "C.UTF-8";
}

static enum kh_code introduce(struct kh_pin_window *window, struct kh_error *error)
{
	bool chinese = window->locale && strncmp(window->locale, "zh", 2) == 0;
	char terminal[256];
	enum kh_code code;

	code = wait_for_reply(window, error);
	if (code == KH_OK)
		code = option(window, "ttyname", kh_pin_terminal(terminal, sizeof(terminal)), error);
	if (code == KH_OK)
		code = option(window, "ttytype", getenv("TERM"), error);
	if (code == KH_OK)
		code = option(window, "display", getenv("DISPLAY"), error);
	if (code == KH_OK)
		code = option(window, "lc-ctype", character_locale(), error);
	if (code == KH_OK)
		code = option(window, "lc-messages", chinese ? "zh_CN.UTF-8" : "C.UTF-8", error);
	if (code == KH_OK)
		code = command_text(window, "SETTITLE", "pin.title", error);
	if (code == KH_OK)
		code = command_text(window, "SETOK", "pin.ok", error);
	return code == KH_OK ? command_text(window, "SETCANCEL", "pin.cancel", error) : code;
}

/* Starts the configured program, or the next usual one that starts. */
static enum kh_code ensure(struct kh_pin_window *window, struct kh_error *error)
{
	bool configured = window->program && *window->program;
	enum kh_code code = KH_PIN_UNAVAILABLE;

	if (window->running)
		return KH_OK;
	for (;;) {
		size_t turn = window->candidate++;
		const char *program = configured ? window->program : usual[turn < 4 ? turn : 3];
		int status;

		if (turn >= (configured ? 1 : sizeof(usual) / sizeof(usual[0])))
			return code == KH_PIN_UNAVAILABLE ? kh_fail_call(error, code, "pinentry", "") : code;
		status = start(window, program);
		if (status != 0) {
			kh_log(KH_LOG_INFO, "%s does not start: %s", program, uv_err_name(status));
			continue;
		}
		code = introduce(window, error);
		if (code == KH_OK || code == KH_PIN_CANCELLED)
			return code;
		kh_log(KH_LOG_INFO, "%s does not answer", program);
		stop(window);
	}
}

static enum kh_code refusal(struct kh_pin_window *window, struct kh_error *error)
{
	char value[32];

	if (window->number == KH_ASSUAN_CANCELLED || window->number == KH_ASSUAN_NOT_CONFIRMED)
		return kh_fail(error, KH_PIN_CANCELLED);
	snprintf(value, sizeof(value), "%lu", window->number);
	return kh_fail_call(error, KH_PIN_UNAVAILABLE, "pinentry", value);
}

/* One question; description and warning have been chosen. */
static enum kh_code put_question(struct kh_pin_window *window, const char *verb, const char *description,
				 const char *warning, struct kh_error *error)
{
	enum kh_code code = ensure(window, error);

	if (code == KH_OK)
		code = command(window, "SETDESC", description, error);
	if (code == KH_OK)
		code = command_text(window, "SETPROMPT", "pin.prompt", error);
	if (code == KH_OK && warning)
		code = command(window, "SETERROR", warning, error);
	if (code == KH_OK)
		code = command(window, verb, NULL, error);
	if (code == KH_OK && window->reply == KH_ASSUAN_ERROR)
		code = refusal(window, error);
	window->answered = window->answered || code == KH_OK || code == KH_PIN_CANCELLED;
	return code;
}

/* A program that cannot show its window gives way to the next usual one. */
static enum kh_code question(struct kh_pin_window *window, const char *verb, const char *description,
			     const char *warning, struct kh_error *error)
{
	enum kh_code code;

	for (;;) {
		code = put_question(window, verb, description, warning, error);
		if (code != KH_PIN_UNAVAILABLE || window->answered || !window->running)
			return code;
		stop(window);
	}
}

static char *length_warning(const struct kh_pin_window *window)
{
	struct kh_buffer text = {0};
	char min[24];
	char max[24];
	const char *values[] = {"min", min, "max", max, NULL};

	snprintf(min, sizeof(min), "%zu", window->min);
	snprintf(max, sizeof(max), "%zu", window->max);
	kh_text(&text, window->locale, "pin.warning.length", values);
	return text.data;
}

void kh_pin_window_init(struct kh_pin_window *window, struct kh_loop *loop, const char *program, const char *locale,
			int64_t session)
{
	memset(window, 0, sizeof(*window));
	window->loop = loop;
	window->program = program;
	window->locale = locale;
	window->session = session;
	window->min = 1;
	window->max = KH_SECRET_MAX;
	kh_loop_prompting(loop, true);
}

enum kh_code kh_pin_window_ask(struct kh_pin_window *window, const char *description, const char *warning,
			       struct kh_secret *pin, struct kh_error *error)
{
	char *owned = NULL;
	enum kh_code code;

	for (;;) {
		uint64_t began = kh_loop_clock(window->loop);

		if (window->asks++ >= KH_PIN_ASKS_MAX) {
			code = kh_fail(error, KH_PIN_CANCELLED);
			break;
		}
		kh_secret_finish(pin);
		window->answer = pin;
		code = question(window, "GETPIN", description, owned ? owned : warning, error);
		window->answer = NULL;
		if (code != KH_OK || (pin->length >= window->min && pin->length <= window->max))
			break;
		if (pin->length >= window->min || kh_loop_clock(window->loop) - began >= DEAF_MS) {
			free(owned);
			owned = length_warning(window);
		}
	}
	if (code != KH_OK)
		kh_secret_finish(pin);
	free(owned);
	return code;
}

enum kh_code kh_pin_window_confirm(struct kh_pin_window *window, const char *text, struct kh_error *error)
{
	return question(window, "CONFIRM", text, NULL, error);
}

void kh_pin_window_finish(struct kh_pin_window *window)
{
	if (window->running && !window->broken) {
		uv_buf_t bye = uv_buf_init((char *)(uintptr_t)"BYE\n", 4);
		(void)uv_try_write((uv_stream_t *)&window->to, &bye, 1);
	}
	stop(window);
	kh_loop_prompting(window->loop, false);
}
