/*
 * Certificates to be renewed.
 */
#include "reminder/due.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "line.h"
#include "reminder/reminded.h"
#include "text.h"

#define COMPANY_MOST 40 /* characters */

static bool is_keyed(const struct kh_key_certificate *certificate)
{
	return !certificate->has_has_private_key || certificate->has_private_key;
}

bool kh_due_counts(const struct kh_key_certificate *certificate)
{
	return certificate->usage != KH_USAGE_ENCRYPT && is_keyed(certificate);
}

/* Times of the contract are in order as texts. */
bool kh_due_replaces(const struct kh_key_certificate *other, const struct kh_key_certificate *old)
{
	return strcmp(other->token, old->token) == 0 && other->usage == old->usage && is_keyed(other) &&
	       strcmp(other->subject, old->subject) == 0 && strcmp(other->issuer, old->issuer) == 0 &&
	       strcmp(other->not_after, old->not_after) > 0;
}

char *kh_due_text(const char *locale, const char *text, const struct kh_key_certificate *certificate,
		  const struct kh_window *window)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer company = {0};
	char days[24] = "", end[11], closes[11];
	int64_t not_after = 0;
	const char *values[] = {"company", NULL, "days", days, "date", end, "closes", closes, NULL};

	kh_line_append(&company, certificate->company ? certificate->company : "", COMPANY_MOST);
	if (window->days_left > 0)
		snprintf(days, sizeof(days), "%lld", (long long)window->days_left);
	(void)kh_time_parse(certificate->not_after, &not_after);
	kh_reminded_day(not_after, end);
	kh_reminded_day(window->closes, closes);
	values[1] = company.data;
	return kh_text_new(locale, text, values);
}

char *kh_due_sentence(const char *locale, const struct kh_key_certificate *certificate, const struct kh_window *window)
{
	return kh_due_text(locale, window->days_left < 0 ? "reminder.over" : "reminder.soon", certificate, window);
}
