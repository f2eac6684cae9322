/*
 * The trial: a jailed token host is asked one thing after the other.
 */
#include "tool/trial.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "environment/judge_driver.h"
#include "file.h"
#include "finding_row.h"
#include "library.h"
#include "token/report.h"
#include "tool/cell.h"
#include "tool/orphans.h"

#define LINE_LONGEST 1000 /* of what it wrote: KH_MODULE_PROBE_OUTPUT in the contract */

struct trying {
	struct kh_trial *trial;
	struct kh_settings settings; /* nothing in it is owned */
	const char *init;
	uv_loop_t loop;
	uv_timer_t beat;
	uv_signal_t signals[2];
	unsigned seconds;
	int interrupted; /* by this signal */
	bool done;
	struct kh_token_link *link;
	struct kh_cell cell;
};

/* --- what becomes of it --- */

static void conclude(struct kh_trial *trial, enum kh_module_probe_state state, enum kh_finding finding)
{
	trial->probe.state = state;
	trial->probe.has_number = true;
	trial->probe.number = kh_finding_rows[finding].number;
	trial->finding = finding;
}

static enum kh_module_probe_state find_state(const struct trying *trying, const struct kh_error *failure,
					     enum kh_finding finding)
{
	static const struct {
		enum kh_finding finding;
		enum kh_module_probe_state state;
	} rows[] = {
		{KH_FINDING_DRIVER_FORMAT, KH_MODULE_PROBE_STATE_FORMAT},
		{KH_FINDING_DRIVER_MACHINE, KH_MODULE_PROBE_STATE_MACHINE},
		{KH_FINDING_DRIVER_SKF, KH_MODULE_PROBE_STATE_SKF},
		{KH_FINDING_DRIVER_INTERFACE, KH_MODULE_PROBE_STATE_INTERFACE},
	};
	const struct kh_token_end *end = kh_token_link_end(trying->link);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].finding == finding)
			return rows[i].state;
	}
	if (failure->code == KH_DRIVER_MISSING)
		return KH_MODULE_PROBE_STATE_UNLOADABLE;
	if (kh_token_link_suspect(trying->link))
		return KH_MODULE_PROBE_STATE_HUNG;
	if (end->how == KH_TOKEN_END_CRASHED)
		return KH_MODULE_PROBE_STATE_CRASHED;
	return end->how == KH_TOKEN_END_EXITED ? KH_MODULE_PROBE_STATE_EXITED : KH_MODULE_PROBE_STATE_REFUSED;
}

static void fail(struct trying *trying, const struct kh_error *failure)
{
	struct kh_module_probe *probe = &trying->trial->probe;
	const struct kh_token_end *end = kh_token_link_end(trying->link);
	char kind[KH_MODULE_PROBE_FILE_MAX + 1];
	enum kh_finding finding =
		kh_driver_failure(failure, kh_token_link_program(trying->link), probe->path, kind, sizeof(kind));

	conclude(trying->trial, find_state(trying, failure, finding), finding);
	if (failure->call[0] != '\0')
		probe->call = strdup(failure->call);
	if (failure->value[0] != '\0')
		probe->value = strdup(failure->value);
	probe->has_signal = probe->state == KH_MODULE_PROBE_STATE_CRASHED;
	probe->has_status = probe->state == KH_MODULE_PROBE_STATE_EXITED;
	probe->signal = probe->has_signal ? end->number : 0;
	probe->status = probe->has_status ? end->number : 0;
	trying->done = true;
}

/* --- what it is asked --- */

/* Ended and started again: so the agent looks for keys that a module has not noticed. */
static void started_again(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct trying *trying = context;

	(void)result;
	trying->trial->probe.starts_once = kh_token_link_starts_once(trying->link);
	if (code != KH_OK) {
		fail(trying, error);
		return;
	}
	conclude(trying->trial, KH_MODULE_PROBE_STATE_WORKS, KH_FINDING_DRIVER_OK);
	trying->done = true;
}

static bool take_answer(struct trying *trying, enum kh_code code, struct kh_module_answer *answer,
			const struct kh_error *error)
{
	struct kh_module_probe *probe = &trying->trial->probe;
	const struct kh_error memory = {.code = KH_AGENT_FAILED};

	if (code == KH_OK && !probe->answer)
		probe->answer = calloc(1, sizeof(*probe->answer));
	if (code != KH_OK || !probe->answer) {
		fail(trying, code != KH_OK ? error : &memory);
		return false;
	}
	kh_clear(&kh_module_answer_type, probe->answer);
	*probe->answer = *answer;
	*answer = (struct kh_module_answer){0};
	return true;
}

static void has_slots(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	const struct kh_host_token_list_params params = {.refresh = true};
	struct trying *trying = context;

	if (take_answer(trying, code, result, error))
		kh_token_link_call(trying->link, KH_HOST_METHOD_TOKEN_LIST, &params, 0, started_again, trying);
}

/* What it says of itself is kept where it dies over its slots. */
static void has_started(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	const struct kh_host_module_probe_params params = {.slots = true};
	struct trying *trying = context;

	if (take_answer(trying, code, result, error))
		kh_token_link_call(trying->link, KH_HOST_METHOD_MODULE_PROBE, &params, 0, has_slots, trying);
}

static void start(struct trying *trying)
{
	const struct kh_host_module_probe_params params = {.slots = false};

	kh_token_link_try(trying->link, &trying->cell.trial);
	kh_token_link_call(trying->link, KH_HOST_METHOD_MODULE_PROBE, &params, 0, has_started, trying);
}

/* --- around it --- */

static void beat(uv_timer_t *timer)
{
	struct trying *trying = timer->data;

	trying->trial->waiting(trying->trial->context, ++trying->seconds);
}

static void interrupted(uv_signal_t *handle, int number)
{
	struct trying *trying = handle->data;

	trying->interrupted = number;
	trying->done = true;
}

static void init_loop(struct trying *trying)
{
	static const int numbers[] = {SIGINT, SIGTERM};

	uv_loop_init(&trying->loop);
	uv_timer_init(&trying->loop, &trying->beat);
	trying->beat.data = trying;
	uv_timer_start(&trying->beat, beat, 1000, 1000);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_init(&trying->loop, &trying->signals[i]);
		trying->signals[i].data = trying;
		uv_signal_start(&trying->signals[i], interrupted, numbers[i]);
	}
}

static void finish_loop(struct trying *trying)
{
	uv_close((uv_handle_t *)&trying->beat, NULL);
	for (size_t i = 0; i < sizeof(trying->signals) / sizeof(trying->signals[0]); i++)
		uv_close((uv_handle_t *)&trying->signals[i], NULL);
	if (trying->link)
		kh_token_link_stop(trying->link);
	uv_run(&trying->loop, UV_RUN_DEFAULT);
	kh_token_link_free(trying->link);
	uv_loop_close(&trying->loop);
}

static enum kh_code run(struct trying *trying, struct kh_error *error)
{
	struct kh_module_probe *probe = &trying->trial->probe;
	uint64_t began = uv_hrtime();
	enum kh_code code = KH_OK;

	init_loop(trying);
	trying->link = kh_token_link_new(&trying->loop, &trying->settings, probe->path, NULL, trying->init);
	if (trying->link)
		start(trying);
	else
		code = kh_fail(error, KH_AGENT_FAILED);
	while (trying->link && !trying->done)
		uv_run(&trying->loop, UV_RUN_ONCE);
	probe->milliseconds = (int64_t)((uv_hrtime() - began) / 1000000);
	if (trying->seconds > 0)
		trying->trial->waiting(trying->trial->context, 0);
	finish_loop(trying);
	return code;
}

static enum kh_code run_in_cell(struct trying *trying, struct kh_error *error)
{
	struct kh_module_probe *probe = &trying->trial->probe;
	enum kh_code code = kh_cell_make(&trying->cell, error);

	if (code != KH_OK)
		return code;
	kh_orphans_adopt();
	code = run(trying, error);
	kh_orphans_end();
	probe->output = calloc(KH_MODULE_PROBE_OUTPUT_MAX, sizeof(*probe->output));
	if (probe->output)
		probe->output_count =
			kh_cell_read(&trying->cell, probe->output, KH_MODULE_PROBE_OUTPUT_MAX, LINE_LONGEST);
	kh_cell_remove(&trying->cell);
	if (trying->interrupted != 0)
		raise(trying->interrupted);
	return code;
}

/* --- the file --- */

/* The token host stands elsewhere. */
static char *make_absolute(const char *path)
{
	char folder[KH_PATH_MAX];
	size_t size = sizeof(folder);
	struct kh_buffer whole = {0};

	if (!kh_file_is_absolute(path) && uv_cwd(folder, &size) == 0)
		kh_buffer_printf(&whole, "%s/", folder);
	kh_buffer_append_text(&whole, path);
	return whole.data;
}

/* NONE: it may be a library. */
static enum kh_module_probe_state look(const char *path)
{
	uv_fs_t request;
	int status = uv_fs_stat(NULL, &request, path, NULL);
	uint64_t kind = status == 0 ? request.statbuf.st_mode & S_IFMT : 0;

	uv_fs_req_cleanup(&request);
	if (status != 0)
		return status == UV_EACCES ? KH_MODULE_PROBE_STATE_UNREADABLE : KH_MODULE_PROBE_STATE_ABSENT;
	if (kind == S_IFDIR)
		return KH_MODULE_PROBE_STATE_FOLDER;
	if (kind != S_IFREG)
		return KH_MODULE_PROBE_STATE_FORMAT;
	return kh_system_readable(path) ? KH_MODULE_PROBE_STATE_NONE : KH_MODULE_PROBE_STATE_UNREADABLE;
}

static void describe_file(struct kh_module_probe *probe)
{
	const struct kh_library library = kh_library_look(probe->path);
	char text[KH_MODULE_PROBE_FILE_MAX + 1];

	if (library.format == KH_LIBRARY_NONE)
		return;
	kh_library_describe(&library, text, sizeof(text));
	probe->file = strdup(text);
}

/* As it is configured, where it is. */
static const char *configured_init(const struct kh_config *config, const char *path)
{
	for (size_t i = 0; i < config->modules_count; i++) {
		if (strcmp(config->modules[i].path, path) == 0)
			return config->modules[i].init;
	}
	return NULL;
}

enum kh_code kh_trial_run(struct kh_trial *trial, const struct kh_settings *settings, const char *path,
			  struct kh_error *error)
{
	struct kh_module_probe *probe = &trial->probe;
	struct trying trying = {.trial = trial, .settings = *settings};
	char host[KH_PATH_MAX];
	enum kh_code code = kh_system_token_host(0, host, sizeof(host), error);

	if (code != KH_OK)
		return code;
	probe->path = make_absolute(path);
	if (!probe->path)
		return kh_fail(error, KH_AGENT_FAILED);
	probe->state = look(probe->path);
	if (probe->state == KH_MODULE_PROBE_STATE_FORMAT)
		conclude(trial, probe->state, KH_FINDING_DRIVER_FORMAT);
	if (probe->state != KH_MODULE_PROBE_STATE_NONE)
		return KH_OK;
	describe_file(probe);
	trying.settings.state[0] = '\0';
	trying.init = configured_init(&settings->config, probe->path);
	return run_in_cell(&trying, error);
}

void kh_trial_finish(struct kh_trial *trial)
{
	kh_clear(&kh_module_probe_type, &trial->probe);
}
