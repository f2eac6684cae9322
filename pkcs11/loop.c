/* Lines in, lines out. */
#include "loop.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "secret.h"

#define AGAIN_MS 20

static void enqueue(struct kh_loop *loop, const char *text, size_t length)
{
	struct kh_line *line = calloc(1, sizeof(*line));

	if (!line) {
		kh_log(KH_LOG_ERROR, "out of memory: a line is lost");
		return;
	}
	if (kh_message_decode(&kh_host_contract, text, length, &line->message, &line->failure) != KH_OK)
		line->message.method = NULL;
	if (loop->last)
		loop->last->next = line;
	else
		loop->first = line;
	loop->last = line;
}

static bool is_blank(const struct kh_buffer *line)
{
	for (size_t i = 0; i < line->length; i++) {
		if (!strchr(" \t\r", line->data[i]))
			return false;
	}
	return true;
}

static void end_line(struct kh_loop *loop)
{
	if (!loop->skipping && !is_blank(&loop->line))
		enqueue(loop, loop->line.data, loop->line.length);
	loop->skipping = false;
	kh_buffer_cut(&loop->line, 0);
}

static void take_part(struct kh_loop *loop, const char *text, size_t length)
{
	if (loop->skipping)
		return;
	if (loop->line.length + length > KH_HOST_LIMIT_MESSAGE) {
		/* The decoder refuses it by its size and answers with id null. */
		kh_buffer_append(&loop->line, text, KH_HOST_LIMIT_MESSAGE - loop->line.length);
		kh_buffer_append(&loop->line, " ", 1);
		enqueue(loop, loop->line.data, loop->line.length);
		kh_buffer_finish(&loop->line);
		loop->skipping = true;
		return;
	}
	kh_buffer_append(&loop->line, text, length);
}

static void take_bytes(struct kh_loop *loop, const char *text, size_t length)
{
	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t part = end ? (size_t)(end - text) : length;

		take_part(loop, text, part);
		if (!end)
			return;
		end_line(loop);
		text += part + 1;
		length -= part + 1;
	}
}

static void on_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct kh_loop *loop = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(loop->chunk, sizeof(loop->chunk));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct kh_loop *loop = stream->data;

	if (count > 0) {
		take_bytes(loop, buffer->base, (size_t)count);
	} else if (count < 0) {
		loop->ended = true;
		uv_read_stop(stream);
	}
}

static void read_file(struct kh_loop *loop)
{
	uv_buf_t buffer = uv_buf_init(loop->chunk, sizeof(loop->chunk));
	uv_fs_t call;
	int count = uv_fs_read(&loop->uv, &call, loop->in_fd, &buffer, 1, -1, NULL);

	uv_fs_req_cleanup(&call);
	if (count > 0)
		take_bytes(loop, loop->chunk, (size_t)count);
	else
		loop->ended = true;
}

static int open_input(struct kh_loop *loop)
{
	uv_handle_type type = uv_guess_handle(loop->in_fd);
	int status;

	if (type == UV_NAMED_PIPE) {
		status = uv_pipe_init(&loop->uv, &loop->in.pipe, 0);
		if (status == 0)
			status = uv_pipe_open(&loop->in.pipe, loop->in_fd);
	} else if (type == UV_TTY) {
		status = uv_tty_init(&loop->uv, &loop->in.tty, loop->in_fd, 0);
	} else {
		return 0;
	}
	if (status != 0)
		return status;
	loop->in.handle.data = loop;
	loop->in_open = true;
	return uv_read_start(&loop->in.stream, on_chunk, on_read);
}

/* Goes off again until it is stopped: libuv before 1.45 runs a timer that is due before it waits,
 * and would then wait for ever. */
static void on_timer(uv_timer_t *timer)
{
	struct kh_loop *loop = timer->data;

	loop->timer_due = true;
}

enum kh_code kh_loop_init(struct kh_loop *loop, int in_fd, int out_fd, struct kh_error *error)
{
	int status;

	memset(loop, 0, sizeof(*loop));
	loop->in_fd = in_fd;
	loop->out_fd = out_fd;
	status = uv_loop_init(&loop->uv);
	if (status != 0)
		return kh_fail_call(error, KH_AGENT_FAILED, "uv_loop_init", uv_err_name(status));
	uv_timer_init(&loop->uv, &loop->timer);
	loop->timer.data = loop;
	status = open_input(loop);
	if (status != 0)
		return kh_fail_call(error, KH_AGENT_FAILED, "uv_read_start", uv_err_name(status));
	return KH_OK;
}

static struct kh_line *take_first(struct kh_loop *loop)
{
	struct kh_line *line = loop->first;

	if (line) {
		loop->first = line->next;
		if (!loop->first)
			loop->last = NULL;
		line->next = NULL;
	}
	return line;
}

void kh_loop_finish(struct kh_loop *loop)
{
	struct kh_line *line;

	while ((line = take_first(loop)))
		kh_line_free(line);
	if (loop->in_open)
		uv_close(&loop->in.handle, NULL);
	uv_close((uv_handle_t *)&loop->timer, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
	kh_buffer_finish(&loop->line);
	kh_wipe(loop->chunk, sizeof(loop->chunk));
}

struct kh_line *kh_loop_next(struct kh_loop *loop)
{
	for (;;) {
		struct kh_line *line = take_first(loop);

		if (line || loop->ended || loop->timer_due)
			return line;
		if (loop->in_open)
			kh_loop_turn(loop);
		else
			read_file(loop);
	}
}

void kh_line_free(struct kh_line *line)
{
	if (!line)
		return;
	kh_message_finish(&line->message);
	free(line);
}

void kh_loop_turn(struct kh_loop *loop)
{
	uv_run(&loop->uv, UV_RUN_ONCE);
}

static bool is_cancel(const struct kh_line *line, int64_t session)
{
	const struct kh_host_host_cancel_params *params = line->message.params;

	return line->message.method && line->message.method->id == KH_HOST_METHOD_HOST_CANCEL &&
	       params->session == session;
}

bool kh_loop_cancelled(struct kh_loop *loop, int64_t session)
{
	struct kh_line **link = &loop->first;
	bool found = loop->in_open && loop->ended;

	loop->last = NULL;
	while (*link) {
		struct kh_line *line = *link;

		if (is_cancel(line, session)) {
			*link = line->next;
			kh_line_free(line);
			found = true;
		} else {
			loop->last = line;
			link = &line->next;
		}
	}
	return found;
}

void kh_loop_alarm(struct kh_loop *loop, uint64_t milliseconds)
{
	loop->timer_due = false;
	if (milliseconds)
		uv_timer_start(&loop->timer, on_timer, milliseconds, AGAIN_MS);
	else
		uv_timer_stop(&loop->timer);
}

uint64_t kh_loop_clock(struct kh_loop *loop)
{
	uv_update_time(&loop->uv);
	return uv_now(&loop->uv);
}

void kh_loop_write(struct kh_loop *loop, struct kh_buffer *line)
{
	size_t done = 0;

	kh_buffer_append_text(line, "\n");
	while (!line->failed && done < line->length) {
		uv_buf_t buffer = uv_buf_init(line->data + done, (unsigned)(line->length - done));
		uv_fs_t call;
		int count = uv_fs_write(&loop->uv, &call, loop->out_fd, &buffer, 1, -1, NULL);

		uv_fs_req_cleanup(&call);
		if (count <= 0) {
			loop->ended = true;
			return;
		}
		done += (size_t)count;
	}
}

enum kh_code kh_loop_notify(struct kh_loop *loop, enum kh_host_method_id method, const void *params,
			    struct kh_error *error)
{
	struct kh_buffer line = {0};
	enum kh_code code = kh_request_encode(&kh_host_contract.methods[method], NULL, params, &line, error);

	if (code == KH_OK)
		kh_loop_write(loop, &line);
	kh_buffer_finish(&line);
	return code;
}

void kh_loop_prompting(struct kh_loop *loop, bool open)
{
	struct kh_host_host_prompting_params params = {.open = open};

	(void)!kh_loop_notify(loop, KH_HOST_METHOD_HOST_PROMPTING, &params, NULL);
}
