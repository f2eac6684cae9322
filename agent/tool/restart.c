/*
 * keyhall restart: the daemon that runs is asked to end, by `keyhalld --stop`, then one is started. What it says
 * itself goes to its log.
 */
#include <stdlib.h>
#include <uv.h>

#include "cleanup.h"
#include "tool/tool.h"

#define START_MS 10000 /* until it answers */
#define PAUSE_MS 100
#define NANOSECONDS 1000000u /* in a ms */

static void ended(uv_process_t *process, int64_t status, int signal)
{
	*(bool *)process->data = status == 0 && signal == 0;
	uv_close((uv_handle_t *)process, NULL);
}

/* waits: until it has ended, and well; else only that it was started. */
static bool run(char *const *arguments, bool waits)
{
	uv_process_options_t options = {
		.file = arguments[0],
		.args = (char **)(uintptr_t)arguments,
		.exit_cb = ended,
		.flags = UV_PROCESS_WINDOWS_HIDE | (waits ? 0 : UV_PROCESS_DETACHED),
	};
	uv_process_t process = {0};
	uv_loop_t loop;
	bool started, well = false;

	uv_loop_init(&loop);
	process.data = &well;
	started = uv_spawn(&loop, &process, &options) == 0;
	if (!started || !waits)
		uv_close((uv_handle_t *)&process, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return waits ? well : started;
}

static char *option(const char *text)
{
	return (char *)(uintptr_t)text;
}

static bool stop(const struct kh_tool *tool, struct kh_error *error)
{
	const char *config = tool->given[KH_TOOL_OPTION_CONFIG];
	char program[2 * KH_PATH_MAX];
	char *const arguments[] = {program, option("--stop"), config ? option("--config") : NULL, option(config), NULL};

	return kh_system_daemon(false, program, sizeof(program), error) == KH_OK && run(arguments, true);
}

static bool start(const struct kh_tool *tool, struct kh_error *error)
{
	const char *config = tool->given[KH_TOOL_OPTION_CONFIG];
	char program[2 * KH_PATH_MAX];
	char *const arguments[] = {program, config ? option("--config") : NULL, option(config), NULL};

	return kh_system_daemon(!config, program, sizeof(program), error) == KH_OK && run(arguments, false);
}

static bool answers(struct kh_tool *tool)
{
	const uint64_t end = uv_hrtime() + (uint64_t)START_MS * NANOSECONDS;

	do {
		if (kh_tool_open(tool, tool->locale) == KH_CLIENT_OK)
			return true;
		kh_client_free(kh_steal(&tool->client));
		uv_sleep(PAUSE_MS);
	} while (uv_hrtime() < end);
	return false;
}

int kh_tool_restart(struct kh_tool *tool)
{
	struct kh_error error = {0};
	const char *values[] = {"reason", error.value, NULL};

	if (!stop(tool, &error)) {
		kh_tool_print(stderr, tool->locale, "tool.restart.stuck", NULL, "\n");
		return EXIT_FAILURE;
	}
	if (start(tool, &error) && answers(tool)) {
		kh_tool_print(stdout, tool->locale, "tool.restart.done", NULL, "\n");
		return EXIT_SUCCESS;
	}
	kh_tool_print(stderr, tool->locale, "tool.restart.failed", values, "\n");
	return EXIT_FAILURE;
}
