/*
 * The token host's process on libuv.
 */
#include "token/child.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "lifeline.h"
#include "mark.h"
#include "stream.h"
#include "system.h"

#define END_MILLISECONDS 1000

struct kh_token_child {
	uv_process_t process;
	uv_pipe_t in, out;
	uv_timer_t patience;
	int open; /* handles */
	bool runs, deaf;
	struct kh_mark mark;
	struct kh_lifeline lifeline;
	struct kh_token_ears ears;
};

static void closed(uv_handle_t *handle)
{
	struct kh_token_child *child = handle->data;

	if (--child->open > 0)
		return;
	kh_mark_finish(&child->mark);
	kh_lifeline_finish(&child->lifeline);
	free(child);
}

static void close_handle(void *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, closed);
}

static void finish(struct kh_token_child *child)
{
	close_handle(&child->in);
	close_handle(&child->out);
	close_handle(&child->patience);
	close_handle(&child->process);
}

static void tell_end(struct kh_token_child *child, enum kh_token_end_how how, int number)
{
	const struct kh_token_end end = {how, number};

	if (child->deaf)
		return;
	child->deaf = true;
	child->ears.ended(child->ears.context, &end);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
	struct kh_token_child *child = process->data;
	bool heard = !child->deaf;
	int number;

	child->runs = false;
	kh_system_kill_group(process);
	if (heard && kh_system_crashed(status, signal, &number))
		tell_end(child, KH_TOKEN_END_CRASHED, number);
	else if (heard)
		tell_end(child, KH_TOKEN_END_EXITED, (int)status);
	else
		finish(child);
}

static void give_space(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	static char space[65536];

	(void)handle;
	(void)size;
	*buffer = uv_buf_init(space, sizeof(space));
}

static void stays(uv_timer_t *timer)
{
	tell_end(timer->data, KH_TOKEN_END_UNKNOWN, 0);
}

/* Its end follows, which tells how it died. */
static void got(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct kh_token_child *child = stream->data;

	if (length < 0 && child->runs && !child->deaf)
		uv_timer_start(&child->patience, stays, END_MILLISECONDS, 0);
	else if (length > 0 && !child->deaf)
		child->ears.output(child->ears.context, buffer->base, (size_t)length);
}

static void init_handles(uv_loop_t *loop, struct kh_token_child *child)
{
	uv_pipe_init(loop, &child->in, 0);
	uv_pipe_init(loop, &child->out, 0);
	uv_timer_init(loop, &child->patience);
	child->process.data = child->in.data = child->out.data = child->patience.data = child;
	child->open = 4;
}

/* One for each state folder and module, a file name whatever is in their paths.
 * The state folder may be gone or read-only. */
static void name_lock(const struct kh_token_place *place, char *path, size_t size)
{
	uint64_t state = kh_hash(KH_HASH_START, place->state, strlen(place->state) + 1);
	uint64_t hash = kh_hash(state, place->module, strlen(place->module) + 1);
	char folder[KH_PATH_MAX];

	kh_system_runtime(folder, sizeof(folder));
	snprintf(path, size, "%s/keyhall-%016" PRIx64 ".lock", folder[0] != '\0' ? folder : place->state, hash);
}

/* mark is file 3 of the child, lifeline file 4. */
static void set_environment(const struct kh_token_child *child, const struct kh_token_place *place)
{
	char grace[24];

	snprintf(grace, sizeof(grace), "%" PRId64, place->deadlines * KH_GRACE_MILLISECONDS / 100);
	uv_os_setenv(KH_GRACE_VARIABLE, grace);
	uv_os_setenv(KH_LIFELINE_VARIABLE, "4");
	if (child->mark.page)
		uv_os_setenv(KH_MARK_VARIABLE, "3");
	else
		uv_os_unsetenv(KH_MARK_VARIABLE);
}

static int spawn(uv_loop_t *loop, struct kh_token_child *child, const struct kh_token_place *place)
{
	const struct kh_token_trial *trial = place->trial;
	char lock[KH_PATH_MAX + 32];
	const char *arguments[] = {place->program, "--module", place->module, NULL, NULL, NULL};
	uv_stdio_container_t files[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->in},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->out},
		{.flags = UV_INHERIT_FD, .data.fd = trial ? trial->output : 2},
		{.flags = child->mark.page ? UV_INHERIT_FD : UV_IGNORE, .data.fd = kh_mark_handle(&child->mark)},
		{.flags = UV_INHERIT_FD, .data.fd = kh_lifeline_handle(&child->lifeline)},
	};
	uv_process_options_t options = {
		.exit_cb = exited,
		.file = place->program,
		.args = (char **)(uintptr_t)arguments,
		.flags = UV_PROCESS_WINDOWS_HIDE_CONSOLE | UV_PROCESS_DETACHED,
		.stdio = files,
		.stdio_count = sizeof(files) / sizeof(files[0]),
	};
	int status;

	if (trial) {
		arguments[3] = "--jail";
		arguments[4] = trial->folder;
	} else if (place->state[0] != '\0') {
		name_lock(place, lock, sizeof(lock));
		arguments[3] = "--lock";
		arguments[4] = lock;
	}
	set_environment(child, place);
	/* libwebsockets 4.3 leaves a socket open to children, and so may whoever started us. */
	uv_disable_stdio_inheritance();
	status = uv_spawn(loop, &child->process, &options);
	kh_lifeline_given(&child->lifeline);
	return status;
}

enum kh_code kh_token_child_new(uv_loop_t *loop, const struct kh_token_place *place, const struct kh_token_ears *ears,
				struct kh_token_child **child, struct kh_error *error)
{
	struct kh_token_child *made = calloc(1, sizeof(*made));
	int status;

	if (!made)
		return kh_fail(error, KH_AGENT_FAILED);
	if (kh_lifeline_create(&made->lifeline, error) != KH_OK) {
		free(made);
		return KH_AGENT_FAILED;
	}
	(void)!kh_mark_create(&made->mark, error);
	made->ears = *ears;
	init_handles(loop, made);
	status = spawn(loop, made, place);
	if (status != 0) {
		finish(made);
		return kh_fail_call(error, KH_AGENT_FAILED, "uv_spawn", uv_err_name(status));
	}
	made->runs = true;
	uv_read_start((uv_stream_t *)&made->out, give_space, got);
	*child = made;
	return KH_OK;
}

/* Its end is seen on its stdout. */
bool kh_token_child_write(struct kh_token_child *child, const char *data, size_t length)
{
	return kh_stream_write((uv_stream_t *)&child->in, data, length);
}

void kh_token_child_mark(const struct kh_token_child *child, char *call, size_t size)
{
	kh_mark_get(&child->mark, call, size);
}

void kh_token_child_kill(struct kh_token_child *child)
{
	if (!child)
		return;
	child->deaf = true;
	if (!child->runs) {
		finish(child);
		return;
	}
	kh_system_kill_group(&child->process);
	close_handle(&child->in);
	close_handle(&child->out);
}

/* It may be writing. Without the lifeline it ends by itself after the call. */
static void let_go(uv_timer_t *timer)
{
	finish(timer->data);
}

void kh_token_child_end(struct kh_token_child *child)
{
	child->deaf = true;
	if (!child->runs) {
		finish(child);
		return;
	}
	close_handle(&child->in);
	uv_timer_start(&child->patience, let_go, END_MILLISECONDS, 0);
}
