/*
 * The terminal.
 */
#include "tool/terminal.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define ERASE "\r\033[K"

bool kh_terminal_is(FILE *file)
{
	return uv_guess_handle(fileno(file)) == UV_TTY;
}

static bool has_colours(FILE *file)
{
	const char *off = getenv("NO_COLOR");
	const char *kind = getenv("TERM");

	return kh_terminal_is(file) && !(off && *off) && !(kind && strcmp(kind, "dumb") == 0);
}

const char *kh_terminal_colour(FILE *file, enum kh_environment_item_state state)
{
	static const char *const colours[] = {
		[KH_ENVIRONMENT_ITEM_STATE_NONE] = "",	      [KH_ENVIRONMENT_ITEM_STATE_OK] = GREEN,
		[KH_ENVIRONMENT_ITEM_STATE_WARN] = YELLOW,    [KH_ENVIRONMENT_ITEM_STATE_FAIL] = RED,
		[KH_ENVIRONMENT_ITEM_STATE_UNKNOWN] = YELLOW,
	};

	return has_colours(file) ? colours[state] : "";
}

const char *kh_terminal_plain(FILE *file)
{
	return has_colours(file) ? PLAIN : "";
}

void kh_terminal_progress(void *context, unsigned seconds)
{
	const struct kh_tool *tool = context;
	char number[16];
	const char *values[] = {"seconds", number, NULL};

	if (!kh_terminal_is(stderr))
		return;
	snprintf(number, sizeof(number), "%u", seconds);
	fputs(ERASE, stderr);
	if (seconds > 0)
		kh_tool_print(stderr, tool->locale, "tool.waiting", values, "");
	fflush(stderr);
}

bool kh_terminal_ask(const struct kh_tool *tool, const char *key, const char *const *values)
{
	char answer[16];

	if (!kh_terminal_is(stdin) || !kh_terminal_is(stderr))
		return false;
	kh_tool_print(stderr, tool->locale, key, values, " ");
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}
