/*
 * The daemon's log.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const int journal_priorities[] = {3, 4, 6, 7};

static struct {
	enum kh_log_level level;
	bool journal;
	size_t next;
	size_t count;
	char lines[KH_LOG_KEPT][KH_LOG_LINE];
} state = {.level = KH_LOG_INFO};

bool kh_log_level_parse(const char *text, enum kh_log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum kh_log_level)i;
			return true;
		}
	}
	return false;
}

void kh_log_init(enum kh_log_level level)
{
	const char *stream = getenv("JOURNAL_STREAM");

	state.level = level;
	state.journal = stream != NULL && stream[0] != '\0';
}

/* Foreign text (an origin, a path) must not forge a second line, nor keep the
 * line out of a report because it is no UTF-8; a cut may do that, too. */
static void clean(char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		size_t length = kh_utf8_sequence(text, left);

		if (length == 0 || (unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
		text += length > 0 ? length : 1;
		left -= length > 0 ? length : 1;
	}
}

static void emit(enum kh_log_level level, const char *line)
{
	if (state.journal)
		fprintf(stderr, "<%d>keyhalld: %s\n", journal_priorities[level], line + sizeof("2026-01-01T00:00:00Z"));
	else
		fprintf(stderr, "%s\n", line);
}

void kh_log(enum kh_log_level level, const char *format, ...)
{
	char *line = state.lines[state.next];
	time_t now = time(NULL);
	struct tm utc;
	va_list arguments;
	size_t used;

	if (level > state.level)
		return;
	gmtime_r(&now, &utc);
	used = strftime(line, KH_LOG_LINE, "%Y-%m-%dT%H:%M:%SZ ", &utc);
	used += (size_t)snprintf(line + used, KH_LOG_LINE - used, "%s: ", level_names[level]);
	va_start(arguments, format);
	vsnprintf(line + used, KH_LOG_LINE - used, format, arguments);
	va_end(arguments);
	clean(line);
	emit(level, line);
	state.next = (state.next + 1) % KH_LOG_KEPT;
	if (state.count < KH_LOG_KEPT)
		state.count++;
}

void kh_log_failure(enum kh_log_level level, const char *what, const struct kh_error *error)
{
	kh_log(level, "%s: %s%s%s%s%s%s%s", what, kh_code_name(error->code), error->call[0] ? " in " : "", error->call,
	       error->value[0] ? " " : "", error->value, error->field[0] ? " at " : "", error->field);
}

size_t kh_log_count(void)
{
	return state.count;
}

const char *kh_log_line(size_t i)
{
	size_t first = state.count < KH_LOG_KEPT ? 0 : state.next;

	return state.lines[(first + i) % KH_LOG_KEPT];
}
