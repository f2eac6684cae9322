/* Adding rows. */
#include "environment/check.h"

#include <string.h>

void kh_check_add_from(struct kh_check *check, enum kh_finding finding, const char *const *values, const char *download)
{
	struct kh_environment_item *item = &check->result->items[check->result->items_count++];

	kh_finding_tell(finding, check->locale, values, download, item);
}

void kh_check_add(struct kh_check *check, enum kh_finding finding, const char *const *values)
{
	kh_check_add_from(check, finding, values, check->environment->settings->config.downloads);
}

void kh_check_add_subject(struct kh_check *check, enum kh_finding finding, const char *const *more)
{
	const struct kh_token_info *subject = check->subject;
	const char *values[16] = {"label", subject->label, "serial", subject->serial};

	for (size_t i = 0; more && more[i]; i++)
		values[4 + i] = more[i];
	kh_check_add(check, finding, values);
	check->result->items[check->result->items_count - 1].token = strdup(subject->token);
}
