/*
 * Pseudonyms, and messages with them. Values are encoded in encode.c.
 */
#include "redact.h"

#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "field.h"

struct kh_pseudonym {
	uint64_t hash;
	const char *alias; /* of the tables, which stay */
	unsigned number;
};

void kh_pseudonyms_finish(struct kh_pseudonyms *pseudonyms)
{
	free(pseudonyms->list);
	*pseudonyms = (struct kh_pseudonyms){0};
}

static bool make_room(struct kh_pseudonyms *pseudonyms)
{
	size_t size = pseudonyms->size == 0 ? 64 : pseudonyms->size * 2;
	struct kh_pseudonym *list;

	if (pseudonyms->count < pseudonyms->size)
		return true;
	if (size > KH_PSEUDONYMS_MAX)
		return false;
	list = realloc(pseudonyms->list, size * sizeof(*list));
	if (!list)
		return false;
	pseudonyms->list = list;
	pseudonyms->size = size;
	return true;
}

unsigned kh_pseudonym_of(struct kh_pseudonyms *pseudonyms, const char *alias, const char *text)
{
	const uint64_t hash = kh_hash(KH_HASH_START, text, strlen(text));
	unsigned number = 1;

	for (size_t i = 0; i < pseudonyms->count; i++) {
		const struct kh_pseudonym *known = &pseudonyms->list[i];

		if (strcmp(known->alias, alias) != 0)
			continue;
		if (known->hash == hash)
			return known->number;
		number++;
	}
	if (!make_room(pseudonyms))
		return 0;
	pseudonyms->list[pseudonyms->count++] = (struct kh_pseudonym){hash, alias, number};
	return number;
}

static void visit_value(const struct kh_field *field, void *a, void *b, kh_private_visit visit, void *context)
{
	if (field->kind == KH_KIND_TEXT && field->alias)
		visit(context, a, b);
	else if (field->kind == KH_KIND_OBJECT)
		kh_private_walk(field->type, a, b, visit, context);
}

static void visit_array(const struct kh_field *field, char *a, char *b, kh_private_visit visit, void *context)
{
	char *const *items[] = {(char **)(void *)(a + field->offset), (char **)(void *)(b + field->offset)};
	const size_t counts[] = {*(size_t *)(void *)(a + field->also), *(size_t *)(void *)(b + field->also)};
	const size_t size = kh_field_size(field);

	for (size_t i = 0; i < counts[0] && i < counts[1]; i++)
		visit_value(field, *items[0] + i * size, *items[1] + i * size, visit, context);
}

void kh_private_walk(const struct kh_type *type, void *a, void *b, kh_private_visit visit, void *context)
{
	for (size_t i = 0; i < type->count; i++) {
		const struct kh_field *field = &type->fields[i];
		char *in_a = (char *)a + field->offset, *in_b = (char *)b + field->offset;

		if (!kh_field_present(field, a) || !kh_field_present(field, b))
			continue;
		if (field->array)
			visit_array(field, a, b, visit, context);
		else if (field->pointer)
			visit_value(field, *(void **)(void *)in_a, *(void **)(void *)in_b, visit, context);
		else
			visit_value(field, in_a, in_b, visit, context);
	}
}

static void append_head(struct kh_pseudonyms *pseudonyms, const struct kh_message *message, struct kh_buffer *out)
{
	kh_buffer_append_text(out, "{");
	if (message->id.kind == KH_ID_NUMBER)
		kh_buffer_printf(out, "\"id\":%lld,", message->id.number);
	if (message->id.kind == KH_ID_TEXT)
		kh_buffer_printf(out, "\"id\":\"id-%u\",", kh_pseudonym_of(pseudonyms, "id", message->id.text));
	if (message->method)
		kh_buffer_printf(out, "\"method\":\"%s\",", message->method->name);
}

/* A value that breaks the contract is not shown. */
static void append_value(struct kh_pseudonyms *pseudonyms, const struct kh_type *type, const void *value,
			 struct kh_buffer *out)
{
	if (kh_redact(pseudonyms, type, value, out) != KH_OK)
		kh_buffer_append_text(out, "null");
	kh_buffer_append_text(out, "}");
}

void kh_redact_message(struct kh_pseudonyms *pseudonyms, const struct kh_message *message, struct kh_buffer *out)
{
	append_head(pseudonyms, message, out);
	kh_buffer_append_text(out, "\"params\":");
	append_value(pseudonyms, message->method->params, message->params, out);
}

void kh_redact_result(struct kh_pseudonyms *pseudonyms, const struct kh_message *asked, const void *result,
		      struct kh_buffer *out)
{
	append_head(pseudonyms, asked, out);
	kh_buffer_append_text(out, "\"result\":");
	append_value(pseudonyms, asked->method->result, result, out);
}

static char *given(const char *text)
{
	return *text ? (char *)(uintptr_t)text : NULL;
}

void kh_redact_error(struct kh_pseudonyms *pseudonyms, const struct kh_message *asked, const struct kh_error *failure,
		     struct kh_buffer *out)
{
	const struct kh_error_data data = {
		.name = (char *)(uintptr_t)kh_code_name(failure->code),
		.retry = kh_code_retry(failure->code),
		.field = given(failure->field),
		.what = given(failure->what),
		.left = failure->left,
		.serial = given(failure->serial),
		.label = given(failure->label),
		.module = given(failure->module),
		.call = given(failure->call),
		.value = given(failure->value),
		.holder = given(failure->holder),
		.opens = given(failure->opens),
		.closes = given(failure->closes),
	};

	append_head(pseudonyms, asked, out);
	kh_buffer_append_text(out, "\"error\":");
	append_value(pseudonyms, &kh_error_data_type, &data, out);
}
