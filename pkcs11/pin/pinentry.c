/* The pinentry child. */
#include "pin/pinentry.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "stream.h"

#define EXIT_MS 500
#define WATCH_MS 500

static void on_closed(uv_handle_t *handle)
{
	struct kh_pinentry *pinentry = handle->data;

	pinentry->handles--;
}

static void on_exit_of_program(uv_process_t *process, int64_t status, int signal_number)
{
	struct kh_pinentry *pinentry = process->data;

	(void)status;
	(void)signal_number;
	pinentry->exited = true;
}

static void on_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct kh_pinentry *pinentry = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(pinentry->chunk, sizeof(pinentry->chunk));
}

static void end_line(struct kh_pinentry *pinentry)
{
	enum kh_assuan_reply reply = kh_assuan_parse(pinentry->line, pinentry->length, &pinentry->number);

	if (reply == KH_ASSUAN_DATA && pinentry->answer &&
	    kh_assuan_data(pinentry->line, pinentry->length, pinentry->answer) != KH_OK)
		pinentry->broken = true;
	if (reply == KH_ASSUAN_OK || reply == KH_ASSUAN_ERROR) {
		pinentry->reply = reply;
		pinentry->replied = true;
	}
	kh_wipe(pinentry->line, pinentry->length);
	pinentry->length = 0;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct kh_pinentry *pinentry = stream->data;

	for (ssize_t i = 0; i < count; i++) {
		if (buffer->base[i] == '\n')
			end_line(pinentry);
		else if (pinentry->length < sizeof(pinentry->line))
			pinentry->line[pinentry->length++] = buffer->base[i];
		else
			pinentry->broken = true;
	}
	if (count < 0)
		pinentry->broken = true;
	kh_wipe(pinentry->chunk, sizeof(pinentry->chunk));
}

static void wait_for_exit(struct kh_pinentry *pinentry, int signal_number)
{
	uint64_t end = kh_loop_clock(pinentry->loop) + EXIT_MS;

	if (signal_number && !pinentry->exited)
		uv_process_kill(&pinentry->process, signal_number);
	kh_loop_alarm(pinentry->loop, EXIT_MS);
	while (!pinentry->exited && kh_loop_clock(pinentry->loop) < end)
		kh_loop_turn(pinentry->loop);
	kh_loop_alarm(pinentry->loop, 0);
}

void kh_pinentry_stop(struct kh_pinentry *pinentry)
{
	if (!pinentry->running)
		return;
	if (!pinentry->broken && !pinentry->exited)
		(void)kh_stream_write((uv_stream_t *)&pinentry->to, "BYE\n", 4);
	uv_close((uv_handle_t *)&pinentry->to, on_closed);
	uv_close((uv_handle_t *)&pinentry->from, on_closed);
	wait_for_exit(pinentry, pinentry->replied ? 0 : SIGTERM);
	if (!pinentry->exited)
		wait_for_exit(pinentry, SIGKILL);
	uv_close((uv_handle_t *)&pinentry->process, on_closed);
	while (pinentry->handles > 0)
		kh_loop_turn(pinentry->loop);
	kh_wipe(pinentry->line, sizeof(pinentry->line));
	pinentry->running = false;
}

int kh_pinentry_start(struct kh_pinentry *pinentry, const char *program)
{
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&pinentry->to},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&pinentry->from},
		{.flags = UV_INHERIT_FD, .data.fd = 2},
	};
	char name[4096];
	char *arguments[] = {name, NULL};
	uv_process_options_t options = {.file = name,
					.args = arguments,
					.flags = UV_PROCESS_WINDOWS_HIDE_CONSOLE,
					.stdio = stdio,
					.stdio_count = 3,
					.exit_cb = on_exit_of_program};
	int status;

	snprintf(name, sizeof(name), "%s", program);
	pinentry->process.data = pinentry->to.data = pinentry->from.data = pinentry;
	uv_pipe_init(&pinentry->loop->uv, &pinentry->to, 0);
	uv_pipe_init(&pinentry->loop->uv, &pinentry->from, 0);
	pinentry->length = 0;
	pinentry->exited = pinentry->replied = pinentry->broken = false;
	pinentry->handles = 3;
	pinentry->running = true;
	status = uv_spawn(&pinentry->loop->uv, &pinentry->process, &options);
	if (status == 0)
		return uv_read_start((uv_stream_t *)&pinentry->from, on_chunk, on_read);
	pinentry->exited = true;
	kh_pinentry_stop(pinentry);
	return status;
}

static bool has_ended(const struct kh_pinentry *pinentry)
{
	return pinentry->replied || pinentry->broken;
}

/* Until it has answered or broken, or milliseconds have gone: KH_OK; pin.cancelled. */
static enum kh_code turn(struct kh_pinentry *pinentry, uint64_t milliseconds, struct kh_error *error)
{
	uint64_t end = kh_loop_clock(pinentry->loop) + milliseconds;
	enum kh_code code = KH_OK;

	/* After the clock was read: an alarm before the end would be the last. */
	kh_loop_alarm(pinentry->loop, milliseconds);
	while (code == KH_OK && !has_ended(pinentry) && kh_loop_clock(pinentry->loop) < end) {
		if (kh_loop_cancelled(pinentry->loop, pinentry->session))
			code = kh_fail(error, KH_PIN_CANCELLED);
		else
			kh_loop_turn(pinentry->loop);
	}
	kh_loop_alarm(pinentry->loop, 0);
	return code;
}

enum kh_code kh_pinentry_wait(struct kh_pinentry *pinentry, struct kh_error *error)
{
	enum kh_code code = turn(pinentry, pinentry->patience * 1000u, error);

	return code == KH_OK && !pinentry->replied ? kh_fail(error, KH_PIN_UNAVAILABLE) : code;
}

/* The clerk takes his time; the key may go meanwhile. */
static enum kh_code wait_for_clerk(struct kh_pinentry *pinentry, struct kh_error *error)
{
	enum kh_code code;

	do {
		code = turn(pinentry, WATCH_MS, error);
		if (code == KH_OK && !has_ended(pinentry) && pinentry->gone && pinentry->gone(pinentry->gone_context))
			code = kh_fail(error, KH_TOKEN_REMOVED);
	} while (code == KH_OK && !has_ended(pinentry));
	return code == KH_OK && !pinentry->replied ? kh_fail(error, KH_PIN_UNAVAILABLE) : code;
}

static bool asks_clerk(const char *verb)
{
	return strcmp(verb, "GETPIN") == 0 || strcmp(verb, "CONFIRM") == 0;
}

enum kh_code kh_pinentry_command(struct kh_pinentry *pinentry, const char *verb, const char *text,
				 struct kh_error *error)
{
	struct kh_buffer line = {0};
	bool sent;

	kh_assuan_command(&line, verb, text);
	if (line.failed || pinentry->broken) {
		kh_buffer_finish(&line);
		return kh_fail(error, KH_PIN_UNAVAILABLE);
	}
	pinentry->replied = false;
	sent = kh_stream_write((uv_stream_t *)&pinentry->to, line.data, line.length);
	kh_buffer_finish(&line);
	if (!sent)
		return kh_fail_call(error, KH_PIN_UNAVAILABLE, verb, "write");
	return asks_clerk(verb) ? wait_for_clerk(pinentry, error) : kh_pinentry_wait(pinentry, error);
}
