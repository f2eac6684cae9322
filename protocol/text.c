/*
 * Texts in two languages and the names of enum values.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static const char *lookup(const char *const *values, const char *name, size_t length)
{
	for (size_t i = 0; values && values[i]; i += 2)
		if (strlen(values[i]) == length && memcmp(values[i], name, length) == 0)
			return values[i + 1] ? values[i + 1] : "";
	return "";
}

/* false when a placeholder had no value */
static bool fill(struct kh_buffer *out, const char *from, const char *end, const char *const *values)
{
	bool whole = true;

	while (from < end) {
		size_t before = out->length;
		size_t plain = strcspn(from, "{[");
		const char *close;

		if (plain > (size_t)(end - from))
			plain = (size_t)(end - from);
		kh_buffer_append(out, from, plain);
		from += plain;
		if (from == end)
			break;
		close = strchr(from, *from == '{' ? '}' : ']');
		assert(close);
		if (*from == '{') {
			const char *value = lookup(values, from + 1, (size_t)(close - from - 1));
			kh_buffer_append_text(out, value);
			whole = whole && *value;
		} else if (!fill(out, from + 1, close, values)) {
			kh_buffer_cut(out, before + plain);
		}
		from = close + 1;
	}
	return whole;
}

void kh_fill(struct kh_buffer *out, const char *template, const char *const *values)
{
	(void)fill(out, template, template + strlen(template), values);
}

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct kh_text_row *)row)->key);
}

const char *kh_text_find(const char *locale, const char *key)
{
	const struct kh_text_row *row = bsearch(key, kh_text_rows, kh_text_rows_count, sizeof(*row), compare);

	return row ? (kh_is_chinese(locale) ? row->zh : row->en) : NULL;
}

void kh_text(struct kh_buffer *out, const char *locale, const char *key, const char *const *values)
{
	const char *template = kh_text_find(locale, key);

	assert(template);
	kh_fill(out, template, values);
}

const char *kh_enum_text(const struct kh_enum *names, int value)
{
	return value > 0 && value < names->count ? names->names[value] : NULL;
}

int kh_enum_value(const struct kh_enum *names, const char *text)
{
	for (int i = 1; i < names->count; i++)
		if (strcmp(names->names[i], text) == 0)
			return i;
	return 0;
}
