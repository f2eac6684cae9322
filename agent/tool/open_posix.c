/*
 * The browser by xdg-open.
 */
#include "tool/open.h"

#include <stdint.h>

#include <uv.h>

static void ended(uv_process_t *process, int64_t status, int signal)
{
	*(bool *)process->data = status == 0 && signal == 0;
	uv_close((uv_handle_t *)process, NULL);
}

bool kh_open_address(const char *address)
{
	char *arguments[] = {(char *)(uintptr_t) "xdg-open", (char *)(uintptr_t)address, NULL};
	uv_process_options_t options = {.file = arguments[0], .args = arguments, .exit_cb = ended};
	uv_process_t process = {0};
	uv_loop_t loop;
	bool opened = false;

	uv_loop_init(&loop);
	process.data = &opened;
	if (uv_spawn(&loop, &process, &options) != 0)
		uv_close((uv_handle_t *)&process, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return opened;
}
