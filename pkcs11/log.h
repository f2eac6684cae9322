/*
 * The token host's log: lines on stderr. Nothing secret may be handed to it:
 * no PIN, no key, no argument of a PKCS#11 call.
 */
#ifndef KH_LOG_H
#define KH_LOG_H

#include <stdbool.h>

enum kh_log_level { KH_LOG_ERROR, KH_LOG_WARNING, KH_LOG_INFO, KH_LOG_DEBUG };

void kh_log_set_level(enum kh_log_level level);
bool kh_log_shows(enum kh_log_level level);
/* "error", "warning", "info", "debug"; false for anything else. */
bool kh_log_parse_level(const char *text, enum kh_log_level *level);
void kh_log(enum kh_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
