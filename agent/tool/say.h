/*
 * How what the daemon answers is written for people, by the commands and in the
 * report's summary.
 */
#ifndef KH_AGENT_TOOL_SAY_H
#define KH_AGENT_TOOL_SAY_H

#include "tool/tool.h"

/* "tool.AREA.VALUE" of x-texts: an enum's value in words; the caller's. */
char *kh_say_word_in(const char *locale, const char *area, const char *value);
char *kh_say_word(const struct kh_tool *tool, const char *area, const char *value);

/* A row of the environment check, on stdout. */
void kh_say_item(const struct kh_tool *tool, const struct kh_environment_item *item);

/* Drivers that died, with the call, and orders that are not finished; nothing
 * where there are none. */
void kh_say_failures(struct kh_buffer *out, const char *locale, const struct kh_report *report);
void kh_say_orders(struct kh_buffer *out, const char *locale, const struct kh_report *report);

/* An order's number; where only its mark is known that is said; the caller's. */
char *kh_say_order_name(const char *locale, const struct kh_renewal_info *renewal);

/* As JSON: one member a line, or all in one. */
KH_CHECKED enum kh_code kh_say_json(struct kh_buffer *out, const struct kh_type *type, const void *value, bool lines,
				    struct kh_error *error);
void kh_say_out(const struct kh_buffer *text);

#endif
