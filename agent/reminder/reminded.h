/*
 * Which certificates were reminded of today, by this computer's calendar: a file in the state
 * folder, so that a new start does not repeat it. A file that is damaged or cannot be
 * written costs another reminder after the next start.
 */
#ifndef KH_AGENT_REMINDER_REMINDED_H
#define KH_AGENT_REMINDER_REMINDED_H

#include "contract.h"
#include "system.h"

#define KH_REMINDED_MAX 32 /* certificates a day; more are not reminded of */

struct kh_reminded {
	char file[KH_PATH_MAX + 16];
	char day[11]; /* 2026-11-30 */
	char ids[KH_REMINDED_MAX][KH_SHA256_MAX + 1];
	size_t count;
};

void kh_reminded_read(struct kh_reminded *reminded, const char *folder);
/* Whether it was today, or cannot be kept any more. */
bool kh_reminded_has(struct kh_reminded *reminded, const char *id, int64_t now);
/* The reminder was shown. */
void kh_reminded_note(struct kh_reminded *reminded, const char *id, int64_t now);

/* The day of a moment on this computer's calendar. */
void kh_reminded_day(int64_t time, char day[11]);

#endif
