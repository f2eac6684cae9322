/*
 * Filling errors and saying them in words.
 */
#include "error.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "contract.h"
#include "field.h"

enum kh_code kh_fail(struct kh_error *error, enum kh_code code)
{
	if (error)
		*error = (struct kh_error){.code = code};
	return code;
}

enum kh_code kh_fail_field(struct kh_error *error, const char *field)
{
	if (error) {
		*error = (struct kh_error){.code = KH_REQUEST_INVALID};
		snprintf(error->field, sizeof(error->field), "%s", field);
	}
	return KH_REQUEST_INVALID;
}

enum kh_code kh_fail_call(struct kh_error *error, enum kh_code code, const char *call, const char *value)
{
	if (error) {
		*error = (struct kh_error){.code = code};
		snprintf(error->call, sizeof(error->call), "%s", call);
		snprintf(error->value, sizeof(error->value), "%s", value);
	}
	return code;
}

static const struct kh_code_row *row_of(enum kh_code code)
{
	for (size_t i = 0; i < kh_code_rows_count; i++)
		if (kh_code_rows[i].code == (int)code)
			return &kh_code_rows[i];
	return NULL;
}

const char *kh_code_name(enum kh_code code)
{
	const struct kh_code_row *row = row_of(code);

	return row ? row->name : "";
}

enum kh_code kh_code_value(const char *name)
{
	for (size_t i = 0; i < kh_code_rows_count; i++)
		if (strcmp(kh_code_rows[i].name, name) == 0)
			return (enum kh_code)kh_code_rows[i].code;
	return KH_OK;
}

enum kh_retry kh_code_retry(enum kh_code code)
{
	const struct kh_code_row *row = row_of(code);

	return row ? row->retry : KH_RETRY_NONE;
}

bool kh_is_chinese(const char *locale)
{
	return locale && (locale[0] == 'z' || locale[0] == 'Z') && (locale[1] == 'h' || locale[1] == 'H');
}

/* Cuts before a character that does not fit whole. */
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
	text = kh_text_find(locale, key);
	return text ? text : otherwise;
}

static const char *left_text(const char *locale, enum kh_pin_left left)
{
	const char *word = kh_enum_text(&kh_pin_left_names, (int)left);

	return word ? in_full(locale, "pin.left", word, "") : "";
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
		kh_fill(&out, kh_is_chinese(locale) ? row->zh : row->en, values);
	copy_text(text, size, out.data ? out.data : "", out.length);
}
