/*
 * When a certificate may be renewed, by the calendar: "1 month" before
 * 2026-03-31 is 2026-02-28. Pure; times are seconds since 1970, UTC.
 */
#ifndef KH_AGENT_WINDOW_H
#define KH_AGENT_WINDOW_H

#include <stdint.h>

#include "error.h"

struct kh_period {
	int months; /* years count as 12 */
	int days;   /* weeks count as 7 */
};

#define KH_TIME_TEXT (KH_TIME_MAX + 1)

struct kh_window {
	enum kh_renewal_window_state state;
	int64_t opens;
	int64_t closes;
	int64_t days_left; /* whole days until not_after, rounded down */
};

/* A number and day, week, month or year (or their plurals): "1 month". At most
 * 9999 of them. False for anything else. */
bool kh_period_parse(const char *text, struct kh_period *period);

/* time moved by a period, sign +1 or -1. A day that the month has not becomes
 * the month's last. */
int64_t kh_period_move(int64_t time, const struct kh_period *period, int sign);

void kh_window_compute(int64_t not_after, int64_t now, const struct kh_period *before, const struct kh_period *after,
		       struct kh_window *window);

/* RFC 3339 in UTC with seconds, both ways. Reading fails for anything else. A
 * time before the year 0 or after 9999 is written as the first or last one that
 * can be: a certificate without an end says 99991231235959Z (RFC 5280, 4.1.2.5),
 * and its window closes later still. */
void kh_time_text(int64_t time, char text[KH_TIME_TEXT]);
bool kh_time_parse(const char *text, int64_t *time);

#endif
