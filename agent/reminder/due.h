/*
 * Whether a certificate is to be renewed now, and the sentence that says so: for the reminder and the notification
 * area. Pure.
 */
#ifndef KH_AGENT_REMINDER_DUE_H
#define KH_AGENT_REMINDER_DUE_H

#include "contract.h"
#include "window.h"

/* What is renewed is the signing certificate, where it has its key; a pair's other one goes with it. */
bool kh_due_counts(const struct kh_key_certificate *certificate);
/* Whether other is the renewed one of old, on the same key. */
bool kh_due_replaces(const struct kh_key_certificate *other, const struct kh_key_certificate *old);

/* text: a key of x-texts with company, date, days and closes. The caller's; NULL: out of memory. */
char *kh_due_text(const char *locale, const char *text, const struct kh_key_certificate *certificate,
		  const struct kh_window *window);
/* That it ends soon, or has ended, and can be renewed. */
char *kh_due_sentence(const char *locale, const struct kh_key_certificate *certificate, const struct kh_window *window);

#endif
