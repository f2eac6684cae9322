/*
 * The daemon's log lines.
 */
#include "log_kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"

#define KEPT 128 /* lines */
#define LINE 256 /* bytes, longer ones are cut */

static const int journal_priorities[] = {3, 4, 6, 7};

static struct {
	bool journal;
	size_t next;
	size_t count;
	char lines[KEPT][LINE];
} state;

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

static void keep(enum kh_log_level level, const char *text)
{
	char *line = state.lines[state.next];
	time_t now = time(NULL);
	struct tm utc;
	size_t used;

	gmtime_r(&now, &utc);
	used = strftime(line, LINE, "%Y-%m-%dT%H:%M:%SZ ", &utc);
	snprintf(line + used, LINE - used, "%s: %s", kh_log_level_name(level), text);
	clean(line);
	emit(level, line);
	state.next = (state.next + 1) % KEPT;
	if (state.count < KEPT)
		state.count++;
}

void kh_log_keep(enum kh_log_level level)
{
	const char *stream = getenv("JOURNAL_STREAM");

	state.journal = stream && stream[0] != '\0';
	kh_log_set_level(level);
	kh_log_set_writer(keep);
}

size_t kh_log_count(void)
{
	return state.count;
}

const char *kh_log_line(size_t i)
{
	size_t first = state.count < KEPT ? 0 : state.next;

	return state.lines[(first + i) % KEPT];
}
