/*
 * Every row of both contracts: a message made from the tables decodes, encodes
 * to itself, and fails with the field's name when the field is missing, given
 * twice, of another type or too long.
 */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code_row.h"
#include "field.h"
#include "host_contract.h"
#include "text.h"
#include "unit.h"

static void append_sample(struct kh_buffer *out, const struct kh_type *type, size_t skip, const char *extra);

static void append_text_sample(struct kh_buffer *out, const struct kh_field *field)
{
	kh_buffer_append_text(out, "\"");
	if (field->time)
		kh_buffer_append_text(out, "2026-11-22T10:20:30Z");
	else if (field->pattern && field->pattern->prefix)
		kh_buffer_append_text(out, field->pattern->prefix);
	else
		for (int64_t i = 0; i < (field->minimum ? field->minimum : 1); i++)
			kh_buffer_append_text(out, "a");
	kh_buffer_append_text(out, "\"");
}

static void append_value(struct kh_buffer *out, const struct kh_field *field)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		append_text_sample(out, field);
		break;
	case KH_KIND_BYTES:
		kh_buffer_append_text(out, "\"AAAA\"");
		break;
	case KH_KIND_INTEGER:
		kh_buffer_printf(out, "%" PRId64, field->minimum == INT64_MIN ? -5 : field->minimum);
		break;
	case KH_KIND_BOOLEAN:
		kh_buffer_append_text(out, "true");
		break;
	case KH_KIND_ENUM:
		kh_buffer_printf(out, "\"%s\"", field->names->names[field->names->count - 1]);
		break;
	case KH_KIND_OBJECT:
		append_sample(out, field->type, SIZE_MAX, NULL);
		break;
	}
}

static void append_member(struct kh_buffer *out, const struct kh_field *field)
{
	kh_buffer_printf(out, "%s\"%s\":%s", out->data[out->length - 1] == '{' ? "" : ",", field->name,
			 field->array ? "[" : "");
	append_value(out, field);
	kh_buffer_append_text(out, field->array ? "]" : "");
}

/* An object with every field but the one to skip, then something extra. */
static void append_sample(struct kh_buffer *out, const struct kh_type *type, size_t skip, const char *extra)
{
	kh_buffer_append_text(out, "{");
	for (size_t i = 0; i < type->count; i++)
		if (i != skip)
			append_member(out, &type->fields[i]);
	if (extra)
		kh_buffer_printf(out, "%s%s", out->data[out->length - 1] == '{' ? "" : ",", extra);
	kh_buffer_append_text(out, "}");
}

static void expect(const struct kh_type *type, struct kh_buffer *text, const char *field)
{
	void *value = calloc(1, type->size);
	struct kh_error error = {0};
	enum kh_code code = kh_decode(type, text->data, text->length, value, &error);

	if (code != (field ? KH_REQUEST_INVALID : KH_OK) || strcmp(error.field, field ? field : "") != 0)
		fail_msg("%s: %s: %s \"%s\"", type->name, text->data, kh_code_name(code), error.field);
	if (code == KH_OK) {
		struct kh_buffer again = {0};
		assert_int_equal(kh_encode(type, value, &again, NULL), KH_OK);
		assert_string_equal(again.data, text->data);
		kh_buffer_finish(&again);
		kh_clear(type, value);
	}
	free(value);
	kh_buffer_finish(text);
}

static void append_too_long(struct kh_buffer *out, const struct kh_field *field)
{
	kh_buffer_append_text(out, "\"");
	for (int64_t i = 0; i <= field->maximum; i++)
		kh_buffer_append_text(out, "a");
	kh_buffer_append_text(out, "\"");
}

static void check_field(const struct kh_type *type, size_t index)
{
	const struct kh_field *field = &type->fields[index];
	struct kh_buffer text = {0}, extra = {0};
	char item[80];

	append_sample(&text, type, index, NULL);
	expect(type, &text, field->required ? field->name : NULL);

	kh_buffer_printf(&extra, "\"%s\":1", field->name);
	append_sample(&text, type, SIZE_MAX, extra.data);
	expect(type, &text, field->name);
	kh_buffer_finish(&extra);

	kh_buffer_printf(&extra, "\"%s\":null", field->name);
	append_sample(&text, type, index, extra.data);
	expect(type, &text, field->name);
	kh_buffer_finish(&extra);

	if (field->kind != KH_KIND_TEXT)
		return;
	kh_buffer_printf(&extra, "\"%s\":%s", field->name, field->array ? "[" : "");
	append_too_long(&extra, field);
	kh_buffer_append_text(&extra, field->array ? "]" : "");
	append_sample(&text, type, index, extra.data);
	snprintf(item, sizeof(item), "%s%s", field->name, field->array ? ".0" : "");
	expect(type, &text, item);
	kh_buffer_finish(&extra);
}

static void check_type(const struct kh_type *type)
{
	struct kh_buffer text = {0};

	append_sample(&text, type, SIZE_MAX, NULL);
	expect(type, &text, NULL);
	append_sample(&text, type, SIZE_MAX, "\"unheardOf\":1");
	expect(type, &text, "unheardOf");
	for (size_t i = 0; i < type->count; i++) {
		check_field(type, i);
		if (type->fields[i].kind == KH_KIND_OBJECT)
			check_type(type->fields[i].type);
	}
}

static void check_contract(const struct kh_contract *contract)
{
	for (size_t i = 0; i < contract->count; i++) {
		assert_int_equal(contract->methods[i].id, i);
		check_type(contract->methods[i].params);
		if (contract->methods[i].result)
			check_type(contract->methods[i].result);
	}
}

static void test_public(void **state)
{
	(void)state;
	check_contract(&kh_contract);
	check_type(&kh_error_data_type);
}

static void test_host(void **state)
{
	(void)state;
	check_contract(&kh_host_contract);
}

/* The names in braces, in order of the alphabet of their first letters. */
static void count_placeholders(const char *text, int *counts)
{
	memset(counts, 0, 256 * sizeof(*counts));
	for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
		assert_non_null(strchr(p, '}'));
		counts[(unsigned char)p[1]]++;
	}
}

static void check_texts(const char *name, const char *en, const char *zh)
{
	int first[256], second[256];

	if (!*en || !*zh)
		fail_msg("%s has no text", name);
	count_placeholders(en, first);
	count_placeholders(zh, second);
	if (memcmp(first, second, sizeof(first)) != 0)
		fail_msg("%s: the two texts have other values in them", name);
}

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < kh_code_rows_count; i++) {
		const struct kh_code_row *row = &kh_code_rows[i];
		check_texts(row->name, row->en, row->zh);
		assert_int_equal(kh_code_value(row->name), row->code);
		assert_string_equal(kh_code_name((enum kh_code)row->code), row->name);
		assert_non_null(kh_enum_text(&kh_retry_names, (int)row->retry));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(row->code, kh_code_rows[j].code);
	}
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < kh_text_rows_count; i++) {
		check_texts(kh_text_rows[i].key, kh_text_rows[i].en, kh_text_rows[i].zh);
		assert_true(i == 0 || strcmp(kh_text_rows[i - 1].key, kh_text_rows[i].key) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
