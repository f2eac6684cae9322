/*
 * The daemon's log: one line an event, to stderr. When stderr is the journal
 * (JOURNAL_STREAM is set) lines carry its <n> priority instead of a time. The
 * last lines are kept for diagnostics.report.
 *
 * Nobody passes a PIN, a message body or a certificate subject here: log
 * names, codes, origins and numbers.
 */
#ifndef KH_AGENT_LOG_H
#define KH_AGENT_LOG_H

#include <stddef.h>

#include "error.h"

enum kh_log_level { KH_LOG_ERROR, KH_LOG_WARNING, KH_LOG_INFO, KH_LOG_DEBUG };

#define KH_LOG_KEPT 128 /* lines */
#define KH_LOG_LINE 256 /* bytes, longer lines are cut */

/* "error", "warning", "info" or "debug"; false for anything else. */
bool kh_log_level_parse(const char *text, enum kh_log_level *level);
void kh_log_init(enum kh_log_level level);
void kh_log(enum kh_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line for a failed step: what, then name, call and value of the error. */
void kh_log_failure(enum kh_log_level level, const char *what, const struct kh_error *error);

/* The number of lines kept, and the i-th of them, oldest first. */
size_t kh_log_count(void);
const char *kh_log_line(size_t i);

#endif
