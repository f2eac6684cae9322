/*
 * When a certificate may be renewed: from `before` its end until `after` its
 * end, both by the calendar. A month before March 31st is the last day of
 * February; a year after February 29th is February 28th.
 */
#ifndef HALL_WINDOW_H
#define HALL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum hall_window_state { HALL_WINDOW_EARLY, HALL_WINDOW_OPEN, HALL_WINDOW_LATE };

struct hall_span {
	int years;
	int months;
	int days;
};

struct hall_window {
	struct hall_span before;
	struct hall_span after;
};

/* "1 month", "12 months", "30 days", "1 year"; false: not understood. */
bool hall_span_parse(const char *text, struct hall_span *span);

/* time moved by direction (+1, -1) times the span. */
int64_t hall_span_add(int64_t time, const struct hall_span *span, int direction);

int64_t hall_window_opens(const struct hall_window *window, int64_t not_after);
int64_t hall_window_closes(const struct hall_window *window, int64_t not_after);

/* Open at both edges. */
enum hall_window_state hall_window_at(const struct hall_window *window, int64_t not_after, int64_t now);

#endif
