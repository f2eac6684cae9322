/*
 * A notification, by a child.
 */
#include "reminder/notice.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "log.h"
#include "stream.h"
#include "system.h"

struct kh_notice {
	struct kh_notice_ears ears;
	uv_process_t process;
	uv_pipe_t to, from;
	unsigned open; /* handles */
	char line[64];
	size_t length;
	bool exited, silent; /* it has ended, and so has what it said */
};

static void closed(uv_handle_t *handle)
{
	struct kh_notice *notice = handle->data;

	if (--notice->open == 0)
		free(notice);
}

static void close_all(struct kh_notice *notice)
{
	uv_handle_t *const handles[] = {(uv_handle_t *)&notice->process, (uv_handle_t *)&notice->to,
					(uv_handle_t *)&notice->from};

	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		if (!uv_is_closing(handles[i]))
			uv_close(handles[i], closed);
	}
}

static void settle(struct kh_notice *notice)
{
	if (!notice->exited || !notice->silent)
		return;
	notice->ears.ended(notice->ears.context);
	close_all(notice);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
	struct kh_notice *notice = process->data;

	(void)status;
	(void)signal;
	notice->exited = true;
	settle(notice);
}

static void give_space(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	struct kh_notice *notice = handle->data;

	(void)size;
	*buffer = uv_buf_init(notice->line + notice->length, (unsigned)(sizeof(notice->line) - notice->length));
}

/* One line: "shown", or why not. */
static void got(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct kh_notice *notice = stream->data;
	char *end;

	(void)buffer;
	if (count == 0)
		return;
	notice->silent = count < 0;
	if (notice->silent) {
		uv_read_stop(stream);
		settle(notice);
		return;
	}
	notice->length += (size_t)count;
	end = memchr(notice->line, '\n', notice->length);
	if (!end)
		return;
	*end = '\0';
	notice->length = 0;
	if (strcmp(notice->line, "shown") == 0)
		notice->ears.shown(notice->ears.context);
	else
		kh_log(KH_LOG_DEBUG, "no notification: %s", notice->line);
}

static int spawn(uv_loop_t *loop, struct kh_notice *notice, char *program)
{
	char *arguments[] = {program, NULL};
	uv_stdio_container_t files[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&notice->to},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&notice->from},
		{.flags = UV_IGNORE},
	};
	uv_process_options_t options = {
		.exit_cb = exited,
		.file = program,
		.args = arguments,
		.flags = UV_PROCESS_WINDOWS_HIDE,
		.stdio = files,
		.stdio_count = sizeof(files) / sizeof(files[0]),
	};

	uv_disable_stdio_inheritance();
	return uv_spawn(loop, &notice->process, &options);
}

static bool tell_words(struct kh_notice *notice, const struct kh_notice_words *words)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	kh_buffer_printf(&text, "%s\n%s\n%s\n%s\n%s\n", words->application, words->title, words->sentence,
			 words->button, words->address);
	return !text.failed && kh_stream_write((uv_stream_t *)&notice->to, text.data, text.length);
}

struct kh_notice *kh_notice_new(uv_loop_t *loop, const struct kh_notice_words *words, const struct kh_notice_ears *ears)
{
	char program[2 * KH_PATH_MAX];
	struct kh_error error = {0};
	struct kh_notice *notice;
	int status;

	if (kh_system_notifier(program, sizeof(program), &error) != KH_OK) {
		kh_log_failure(KH_LOG_DEBUG, "no notification", &error);
		return NULL;
	}
	notice = calloc(1, sizeof(*notice));
	if (!notice)
		return NULL;
	notice->ears = *ears;
	uv_pipe_init(loop, &notice->to, 0);
	uv_pipe_init(loop, &notice->from, 0);
	notice->process.data = notice->to.data = notice->from.data = notice;
	notice->open = 3;
	status = spawn(loop, notice, program);
	uv_unref((uv_handle_t *)&notice->to);
	uv_unref((uv_handle_t *)&notice->from);
	uv_unref((uv_handle_t *)&notice->process);
	if (status != 0) {
		kh_log(KH_LOG_DEBUG, "no notification: %s", uv_err_name(status));
		close_all(notice);
		return NULL;
	}
	if (uv_read_start((uv_stream_t *)&notice->from, give_space, got) == 0 && tell_words(notice, words))
		return notice;
	kh_notice_end(notice);
	return NULL;
}

/* The child ends by itself when nobody writes to it any more. */
void kh_notice_end(struct kh_notice *notice)
{
	close_all(notice);
}
