/*
 * The log.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"error", "warning", "info", "debug"};
static enum kh_log_level shown = KH_LOG_WARNING;

static void write_plain(enum kh_log_level level, const char *line)
{
	fprintf(stderr, "%s: %s\n", names[level], line);
}

static kh_log_writer write_line = write_plain;

const char *kh_log_level_name(enum kh_log_level level)
{
	return names[level];
}

bool kh_log_level_parse(const char *text, enum kh_log_level *level)
{
	for (int i = 0; i <= KH_LOG_DEBUG; i++) {
		if (strcmp(text, names[i]) == 0) {
			*level = (enum kh_log_level)i;
			return true;
		}
	}
	return false;
}

void kh_log_set_level(enum kh_log_level level)
{
	shown = level;
}

bool kh_log_shows(enum kh_log_level level)
{
	return level <= shown;
}

void kh_log_set_writer(kh_log_writer writer)
{
	write_line = writer ? writer : write_plain;
}

void kh_log(enum kh_log_level level, const char *format, ...)
{
	char line[KH_LOG_LINE];
	va_list arguments;

	if (!kh_log_shows(level))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	write_line(level, line);
}

void kh_log_failure(enum kh_log_level level, const char *what, const struct kh_error *error)
{
	kh_log(level, "%s: %s%s%s%s%s%s%s", what, kh_code_name(error->code), error->call[0] ? " in " : "", error->call,
	       error->value[0] ? " " : "", error->value, error->field[0] ? " at " : "", error->field);
}
