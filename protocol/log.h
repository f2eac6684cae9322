/*
 * The log of a program: one line an event, on stderr unless the program gives
 * the lines another way (kh_log_set_writer).
 *
 * Nobody passes a PIN, a key, a message body, an argument of a PKCS#11 call or a
 * certificate's subject here: log names, codes, origins and numbers.
 */
#ifndef KH_PROTOCOL_LOG_H
#define KH_PROTOCOL_LOG_H

#include "error.h"

enum kh_log_level { KH_LOG_ERROR, KH_LOG_WARNING, KH_LOG_INFO, KH_LOG_DEBUG };

#define KH_LOG_LINE 512 /* bytes, longer lines are cut */

/* "error", "warning", "info" or "debug"; parse: false for anything else. */
const char *kh_log_level_name(enum kh_log_level level);
bool kh_log_level_parse(const char *text, enum kh_log_level *level);

/* Lines of a lower level than this are not shown; KH_LOG_WARNING at first. */
void kh_log_set_level(enum kh_log_level level);
bool kh_log_shows(enum kh_log_level level);

/* line: without level, time or line end. NULL: "level: line" on stderr. */
typedef void (*kh_log_writer)(enum kh_log_level level, const char *line);
void kh_log_set_writer(kh_log_writer writer);

void kh_log(enum kh_log_level level, const char *format, ...) KH_PRINTF(2, 3);
/* One line for a failed step: what, then name, call and value of the error. */
void kh_log_failure(enum kh_log_level level, const char *what, const struct kh_error *error);

#endif
