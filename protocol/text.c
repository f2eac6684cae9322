/*
 * Texts in two languages.
 */
#include "text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "code_row.h"
#include "contract.h"

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

static bool is_chinese(const char *locale)
{
	return locale && (locale[0] == 'z' || locale[0] == 'Z') && (locale[1] == 'h' || locale[1] == 'H');
}

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct kh_text_row *)row)->key);
}

static const char *find(const char *locale, const char *key)
{
	const struct kh_text_row *row = bsearch(key, kh_text_rows, kh_text_rows_count, sizeof(*row), compare);

	return row ? (is_chinese(locale) ? row->zh : row->en) : NULL;
}

void kh_text(struct kh_buffer *out, const char *locale, const char *key, const char *const *values)
{
	const char *template = find(locale, key);

	assert(template);
	kh_fill(out, template, values);
}

/* Cuts before a character that does not fit whole. */
char *kh_text_new(const char *locale, const char *key, const char *const *values)
{
	struct kh_buffer out = {0};

	kh_text(&out, locale, key, values);
	return out.data;
}

static void copy_text(char *text, size_t size, const char *from, size_t length)
{
	if (length >= size) {
		length = size - 1;
		while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(text, from, length);
	text[length] = '\0';
}

/* A clerk reads the day of a date. */
#define DAY 10

/* A word of the contract in full, from the texts; itself where there is none. */
static const char *in_full(const char *locale, const char *area, const char *word, const char *otherwise)
{
	char key[96];
	const char *text;

	snprintf(key, sizeof(key), "%s.%s", area, word);
	text = find(locale, key);
	return text ? text : otherwise;
}

static const char *left_text(const char *locale, enum kh_pin_left left)
{
	const char *word = kh_enum_text(&kh_pin_left_names, (int)left);

	return word ? in_full(locale, "pin.left", word, "") : "";
}

static const struct kh_code_row *row_of(enum kh_code code)
{
	for (size_t i = 0; i < kh_code_rows_count; i++) {
		if (kh_code_rows[i].code == (int)code)
			return &kh_code_rows[i];
	}
	return NULL;
}

void kh_error_text(const struct kh_error *error, const char *locale, char *text, size_t size)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer out = {0};
	const struct kh_code_row *row = row_of(error->code);
	char opens[DAY + 1], closes[DAY + 1];
	const char *const values[] = {
		"field",  error->field,
		"what",	  in_full(locale, "certificate.mismatch", error->what, error->what),
		"left",	  left_text(locale, error->left),
		"serial", error->serial,
		"label",  error->label,
		"module", error->module,
		"call",	  error->call,
		"value",  error->value,
		"holder", error->holder,
		"opens",  opens,
		"closes", closes,
		NULL,
	};

	snprintf(opens, sizeof(opens), "%.*s", DAY, error->opens);
	snprintf(closes, sizeof(closes), "%.*s", DAY, error->closes);
	if (row)
		kh_fill(&out, is_chinese(locale) ? row->zh : row->en, values);
	copy_text(text, size, out.data ? out.data : "", out.length);
}
