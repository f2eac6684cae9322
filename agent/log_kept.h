/*
 * Where the daemon's log lines go: to stderr, with their time; when stderr is
 * systemd's journal (JOURNAL_STREAM is set) with a <n> priority instead. The
 * last ones are kept for diagnostics.report.
 */
#ifndef KH_AGENT_LOG_KEPT_H
#define KH_AGENT_LOG_KEPT_H

#include <stddef.h>

#include "log.h"

/* Sets the writer of log.h, and the level. */
void kh_log_keep(enum kh_log_level level);

/* The number of lines kept, and the i-th of them, oldest first. */
size_t kh_log_count(void);
const char *kh_log_line(size_t i);

#endif
