/*
 * Children for the menu's entries.
 */
#include "tray/errands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "line.h"
#include "log.h"
#include "reminder/notice.h"
#include "system.h"
#include "text.h"
#include "tray/session.h"

#define ARGUMENTS_MAX 8
#define SENTENCE_MOST 300 /* characters */

#ifndef KH_VERSION
#define KH_VERSION "0"
#endif

/* repeats: also while the last one runs: some desktops' xdg-open ends with the browser. saves: into the folder where it
 * runs, and its last words say so. */
static const struct {
	const char *words[3];
	bool repeats, saves;
} rows[KH_TRAY_ACTIONS] = {
	[KH_TRAY_MANAGE] = {{"open"}, true, false},
	[KH_TRAY_CHECK] = {{"open", "check"}, true, false},
	[KH_TRAY_REPORT] = {{"report", "--yes"}, false, true},
	[KH_TRAY_RESTART] = {{"restart"}, false, false},
};

struct kh_errand {
	struct kh_errand *next;
	struct kh_errands *all;
	enum kh_tray_action action;
	uv_process_t process;
	uv_pipe_t said;
	unsigned open; /* handles */
	bool exited, silent;
	int64_t status;
	char folder[KH_PATH_MAX];
	char words[1024]; /* the last it said */
	size_t length;
};

struct kh_telling {
	struct kh_telling *next;
	struct kh_errands *all;
	struct kh_notice *notice;
};

/* --- notifications --- */

static void shown(void *context)
{
	(void)context;
}

static void ended(void *context)
{
	struct kh_telling *telling = context, **at = &telling->all->tellings;

	while (*at != telling)
		at = &(*at)->next;
	*at = telling->next;
	free(telling);
}

static void notify(struct kh_errands *errands, const char *title, const char *sentence, const char *button,
		   const char *address)
{
	struct kh_telling *telling = calloc(1, sizeof(*telling));
	const struct kh_notice_ears ears = {shown, ended, telling};

	if (!telling)
		return;
	telling->all = errands;
	telling->next = errands->tellings;
	errands->tellings = telling;
	telling->notice =
		kh_notice_new(errands->loop,
			      &(struct kh_notice_words){errands->face->title, title, sentence, button, address}, &ears);
	if (!telling->notice)
		ended(telling);
}

static const char *hall_name(const struct kh_config *config)
{
	for (size_t i = 0; config->origins_count > 0 && i < config->halls_count; i++) {
		if (strcmp(config->halls[i].origin, config->origins[0]) == 0)
			return config->halls[i].name;
	}
	return config->origins_count > 0 ? config->origins[0] : "";
}

static void tell_about(struct kh_errands *errands)
{
	const struct kh_config *config = &errands->settings->config;
	const bool hall = config->origins_count > 0;
	const char *values[] = {"agent", errands->face->agent ? errands->face->agent : "", "hall", hall_name(config),
				NULL};
	KH_AUTO_FREE char *sentence = kh_text_new(errands->locale, "tray.about.text", values);
	KH_AUTO_FREE char *button = kh_text_new(errands->locale, "tray.hall", NULL);
	char title[128];

	snprintf(title, sizeof(title), "%s %s", errands->face->title, KH_VERSION);
	if (sentence && button)
		notify(errands, title, sentence, hall ? button : "", hall ? config->origins[0] : "");
}

/* The last line it has said. */
static void tell_end(const struct kh_errand *errand)
{
	struct kh_errands *errands = errand->all;
	KH_AUTO(kh_buffer_finish) struct kh_buffer sentence = {0};
	KH_AUTO_FREE char *button = kh_text_new(errands->locale, "tray.folder", NULL);
	const bool saves = rows[errand->action].saves;
	const char *line;
	char words[sizeof(errand->words) + 1];

	memcpy(words, errand->words, errand->length);
	words[errand->length] = '\0';
	while (errand->length > 0 && strlen(words) > 0 && words[strlen(words) - 1] == '\n')
		words[strlen(words) - 1] = '\0';
	line = strrchr(words, '\n');
	kh_line_append(&sentence, line ? line + 1 : words, SENTENCE_MOST);
	if (sentence.data && button)
		notify(errands, errands->face->entries[errand->action], sentence.data, saves ? button : "",
		       saves ? errand->folder : "");
}

/* --- a child --- */

static void closed(uv_handle_t *handle)
{
	struct kh_errand *errand = handle->data;

	if (--errand->open == 0)
		free(errand);
}

static void leave(struct kh_errand *errand)
{
	struct kh_errand **at = &errand->all->running;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	uv_close((uv_handle_t *)&errand->process, closed);
	uv_close((uv_handle_t *)&errand->said, closed);
}

static void settle(struct kh_errand *errand)
{
	struct kh_errands *errands = errand->all;

	if (!errand->exited || !errand->silent)
		return;
	if (errand->length > 0 && (errand->status != 0 || rows[errand->action].saves))
		tell_end(errand);
	if (errand->action == KH_TRAY_RESTART)
		errands->restarted(errands->context);
	leave(errand);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
	struct kh_errand *errand = process->data;

	errand->exited = true;
	errand->status = signal != 0 ? -1 : status;
	settle(errand);
}

/* Of more than there is room for the first half goes. */
static void give_space(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	struct kh_errand *errand = handle->data;
	const size_t half = sizeof(errand->words) / 2;

	(void)size;
	if (errand->length > half) {
		memmove(errand->words, errand->words + errand->length - half, half);
		errand->length = half;
	}
	*buffer = uv_buf_init(errand->words + errand->length, (unsigned)(sizeof(errand->words) - errand->length));
}

static void got(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct kh_errand *errand = stream->data;

	(void)buffer;
	if (count >= 0) {
		errand->length += (size_t)count;
		return;
	}
	uv_read_stop(stream);
	errand->silent = true;
	settle(errand);
}

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int spawn(struct kh_errand *errand, char *program)
{
	const struct kh_errands *errands = errand->all;
	char *arguments[ARGUMENTS_MAX] = {program};
	uv_stdio_container_t files[] = {
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&errand->said},
	};
	uv_process_options_t options = {
		.exit_cb = exited,
		.file = program,
		.args = arguments,
		.cwd = errand->folder[0] != '\0' ? errand->folder : NULL,
		.flags = UV_PROCESS_WINDOWS_HIDE | UV_PROCESS_DETACHED,
		.stdio = files,
		.stdio_count = sizeof(files) / sizeof(files[0]),
	};
	size_t count = 1;

	for (size_t i = 0; rows[errand->action].words[i]; i++)
		arguments[count++] = word(rows[errand->action].words[i]);
	arguments[count++] = word("--locale");
	arguments[count++] = word(errands->locale);
	if (errands->config) {
		arguments[count++] = word("--config");
		arguments[count++] = word(errands->config);
	}
	uv_disable_stdio_inheritance();
	return uv_spawn(errands->loop, &errand->process, &options);
}

static bool is_running(const struct kh_errands *errands, enum kh_tray_action action)
{
	for (const struct kh_errand *one = errands->running; one; one = one->next) {
		if (one->action == action)
			return true;
	}
	return false;
}

static void begin(struct kh_errands *errands, enum kh_tray_action action)
{
	struct kh_errand *errand = calloc(1, sizeof(*errand));
	struct kh_error error = {0};
	char program[2 * KH_PATH_MAX];
	int status;

	if (!errand || kh_system_tool(program, sizeof(program), &error) != KH_OK) {
		kh_log_failure(KH_LOG_WARNING, "keyhall", &error);
		free(errand);
		return;
	}
	errand->all = errands;
	errand->action = action;
	errand->next = errands->running;
	errands->running = errand;
	errand->open = 2;
	errand->process.data = errand->said.data = errand;
	if (rows[action].saves)
		kh_session_downloads(errand->folder, sizeof(errand->folder));
	uv_pipe_init(errands->loop, &errand->said, 0);
	status = spawn(errand, program);
	uv_unref((uv_handle_t *)&errand->process);
	uv_unref((uv_handle_t *)&errand->said);
	if (status != 0 || uv_read_start((uv_stream_t *)&errand->said, give_space, got) != 0) {
		kh_log(KH_LOG_WARNING, "keyhall: %s", uv_err_name(status));
		leave(errand);
	}
}

void kh_errands_do(struct kh_errands *errands, enum kh_tray_action action)
{
	if (action == KH_TRAY_ABOUT)
		tell_about(errands);
	else if (rows[action].repeats || !is_running(errands, action))
		begin(errands, action);
}

void kh_errands_finish(struct kh_errands *errands)
{
	while (errands->running)
		leave(errands->running);
	while (errands->tellings) {
		kh_notice_end(errands->tellings->notice);
		ended(errands->tellings);
	}
}
