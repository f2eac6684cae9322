/* Findings as rows. */
#include "environment/findings.h"

#include <stdlib.h>
#include <string.h>

#include "finding_row.h"
#include "text.h"

static char *make_text(const char *locale, const char *key, const char *const *values)
{
	struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	if (!text.failed && text.data)
		return text.data;
	kh_buffer_finish(&text);
	return strdup("");
}

void kh_finding_tell(enum kh_finding name, const char *locale, const char *const *values, const char *downloads,
		     struct kh_environment_item *item)
{
	const struct kh_finding_row *finding = &kh_finding_rows[name];
	const struct kh_remedy_row *remedy = finding->remedy;

	item->id = finding->id;
	item->state = finding->state;
	item->code = strdup(finding->code);
	item->number = finding->number;
	item->text = make_text(locale, finding->text, values);
	if (!remedy || !(item->remedy = calloc(1, sizeof(*item->remedy))))
		return;
	item->remedy->kind = remedy->kind;
	item->remedy->text = make_text(locale, remedy->text, NULL);
	if (remedy->download && downloads)
		item->remedy->url = strdup(downloads);
}
