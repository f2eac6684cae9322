/* Log lines on stderr. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static enum kh_log_level shown = KH_LOG_WARNING;

void kh_log_set_level(enum kh_log_level level)
{
	shown = level;
}

bool kh_log_shows(enum kh_log_level level)
{
	return level <= shown;
}

bool kh_log_parse_level(const char *text, enum kh_log_level *level)
{
	for (int i = 0; i <= KH_LOG_DEBUG; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum kh_log_level)i;
			return true;
		}
	}
	return false;
}

void kh_log(enum kh_log_level level, const char *format, ...)
{
	char line[512];
	va_list arguments;

	if (!kh_log_shows(level))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "keyhall-token %s: %s\n", level_names[level], line);
}
