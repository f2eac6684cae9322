/*
 * JSON text to structs.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "document.h"
#include "field.h"

#define DEPTH_MAX 64 /* of files; messages have their contract's */

static enum kh_code decode_object(const struct kh_type *type, struct kh_json *json, void *out,
				  const struct kh_path *path, struct kh_error *error);

static enum kh_code invalid(const struct kh_path *path, const char *last, struct kh_error *error)
{
	char text[128];

	kh_path_text(path, last, text, sizeof(text));
	return kh_fail_field(error, text);
}

static enum kh_code out_of_memory(struct kh_error *error)
{
	return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
}

/* A string of malloc's. */
static enum kh_code take_text(const struct kh_field *field, struct kh_json *json, char **out, size_t *length,
			      const struct kh_path *path, struct kh_error *error)
{
	struct kh_json_text text;

	if (kh_json_kind(json) != KH_JSON_TEXT)
		return invalid(path, NULL, error);
	text = kh_json_text(json);
	*out = malloc(text.length + 1);
	if (!*out)
		return out_of_memory(error);
	*length = kh_json_text_copy(&text, *out);
	if (strlen(*out) != *length || !kh_field_accepts_text(field, *out, *length))
		return invalid(path, NULL, error);
	return KH_OK;
}

static enum kh_code decode_text(const struct kh_field *field, struct kh_json *json, char **out,
				const struct kh_path *path, struct kh_error *error)
{
	size_t length;

	return take_text(field, json, out, &length, path, error);
}

static enum kh_code decode_bytes(const struct kh_field *field, struct kh_json *json, struct kh_bytes *out,
				 const struct kh_path *path, struct kh_error *error)
{
	KH_AUTO_FREE char *text = NULL;
	size_t length;
	enum kh_code code = take_text(field, json, &text, &length, path, error);

	if (code != KH_OK)
		return code;
	code = kh_base64_decode(text, length, out);
	if (code == KH_REQUEST_INVALID)
		return invalid(path, NULL, error);
	return code == KH_OK ? KH_OK : out_of_memory(error);
}

static enum kh_code decode_integer(const struct kh_field *field, struct kh_json *json, int64_t *out,
				   const struct kh_path *path, struct kh_error *error)
{
	if (kh_json_kind(json) != KH_JSON_NUMBER || !kh_json_integer(json, out))
		return invalid(path, NULL, error);
	return *out < field->minimum || *out > field->maximum ? invalid(path, NULL, error) : KH_OK;
}

static enum kh_code decode_boolean(struct kh_json *json, bool *out, const struct kh_path *path,
				   struct kh_error *error)
{
	if (kh_json_kind(json) != KH_JSON_BOOLEAN)
		return invalid(path, NULL, error);
	*out = kh_json_boolean(json);
	return KH_OK;
}

static enum kh_code decode_enum(const struct kh_field *field, struct kh_json *json, void *out,
				const struct kh_path *path, struct kh_error *error)
{
	struct kh_json_text text;
	char word[KH_NAME_SIZE];
	int value = 0;

	if (kh_json_kind(json) == KH_JSON_TEXT) {
		text = kh_json_text(json);
		if (kh_json_text_short(&text, word, sizeof(word)))
			value = kh_enum_value(field->names, word);
	}
	memcpy(out, &value, sizeof(value));
	return value == 0 ? invalid(path, NULL, error) : KH_OK;
}

static enum kh_code decode_value(const struct kh_field *field, struct kh_json *json, void *out,
				 const struct kh_path *path, struct kh_error *error)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		return decode_text(field, json, out, path, error);
	case KH_KIND_BYTES:
		return decode_bytes(field, json, out, path, error);
	case KH_KIND_INTEGER:
		return decode_integer(field, json, out, path, error);
	case KH_KIND_BOOLEAN:
		return decode_boolean(json, out, path, error);
	case KH_KIND_ENUM:
		return decode_enum(field, json, out, path, error);
	case KH_KIND_OBJECT:
		return decode_object(field->type, json, out, path, error);
	}
	abort();
}

/* Room for one more item, zeroed and already counted: kh_clear() undoes a half array. */
static char *next_item(const struct kh_field *field, char **items, size_t *count)
{
	size_t size = kh_field_size(field);
	char *grown = *items;

	if ((*count & (*count - 1)) == 0) { /* 0, 1, 2, 4, 8 … */
		grown = realloc(*items, (*count ? *count * 2 : 1) * size);
		if (!grown)
			return NULL;
		*items = grown;
	}
	grown += (*count)++ * size;
	memset(grown, 0, size);
	return grown;
}

static enum kh_code decode_array(const struct kh_field *field, struct kh_json *json, char *object,
				 const struct kh_path *path, struct kh_error *error)
{
	char **items = (char **)(void *)(object + field->offset);
	size_t *count = (size_t *)(void *)(object + field->also);

	if (kh_json_kind(json) != KH_JSON_ARRAY)
		return invalid(path, NULL, error);
	kh_json_enter(json);
	while (kh_json_more(json)) {
		struct kh_path here = {path, NULL, *count};
		enum kh_code code;
		char *item;

		if (*count == field->items_max)
			return invalid(path, NULL, error);
		item = next_item(field, items, count);
		if (!item)
			return out_of_memory(error);
		code = decode_value(field, json, item, &here, error);
		if (code != KH_OK)
			return code;
	}
	return *count < field->items_min ? invalid(path, NULL, error) : KH_OK;
}

static enum kh_code decode_field(const struct kh_field *field, struct kh_json *json, char *object,
				 const struct kh_path *up, struct kh_error *error)
{
	struct kh_path path = {up, field->name, 0};
	void *target;

	if (field->array)
		return decode_array(field, json, object, &path, error);
	if (field->has)
		*(bool *)(object + field->also) = true;
	if (!field->pointer)
		return decode_value(field, json, object + field->offset, &path, error);
	target = calloc(1, field->type->size);
	*(void **)(void *)(object + field->offset) = target;
	return target ? decode_value(field, json, target, &path, error) : out_of_memory(error);
}

/* The index of a member's field, looked for from where its neighbour was. */
static size_t find(const struct kh_type *type, const struct kh_json_text *name, size_t hint)
{
	for (size_t i = 0; i < type->count; i++) {
		size_t index = hint + i < type->count ? hint + i : hint + i - type->count;
		if (kh_json_text_is(name, type->fields[index].name, type->fields[index].name_length))
			return index;
	}
	return type->count;
}

static enum kh_code refuse_member(const struct kh_json_text *name, const struct kh_path *path, struct kh_error *error)
{
	char text[KH_NAME_SIZE];

	kh_document_name(name, text);
	return invalid(path, *text ? text : NULL, error);
}

static enum kh_code require_all(const struct kh_type *type, uint64_t seen, const struct kh_path *path,
				struct kh_error *error)
{
	for (size_t i = 0; i < type->count; i++)
		if (type->fields[i].required && !(seen & (UINT64_C(1) << i)))
			return invalid(path, type->fields[i].name, error);
	return KH_OK;
}

/* out is zeroed; on failure it holds what was decoded so far. */
static enum kh_code decode_object(const struct kh_type *type, struct kh_json *json, void *out,
				  const struct kh_path *path, struct kh_error *error)
{
	uint64_t seen = 0;
	size_t hint = 0;

	assert(type->count <= 64);
	if (kh_json_kind(json) != KH_JSON_OBJECT)
		return invalid(path, NULL, error);
	kh_json_enter(json);
	while (kh_json_more(json)) {
		struct kh_json_text name = kh_json_name(json);
		size_t index = find(type, &name, hint);
		enum kh_code code;

		if (index == type->count || seen & (UINT64_C(1) << index))
			return refuse_member(&name, path, error);
		code = decode_field(&type->fields[index], json, out, path, error);
		if (code != KH_OK)
			return code;
		seen |= UINT64_C(1) << index;
		hint = index + 1;
	}
	return require_all(type, seen, path, error);
}

void kh_document_name(const struct kh_json_text *text, char name[KH_NAME_SIZE])
{
	if (!kh_json_text_short(text, name, KH_NAME_SIZE) || !isalpha((unsigned char)name[0]))
		name[0] = '\0';
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			name[0] = '\0';
}

enum kh_code kh_document_check(const char *text, size_t length, size_t depth_max, struct kh_json *json,
			       struct kh_error *error)
{
	struct kh_json_fault fault;
	enum kh_code code;

	if (kh_json_check(text, length, depth_max, json, &fault))
		return KH_OK;
	code = kh_fail_field(error, "");
	if (error && !fault.deep)
		snprintf(error->value, sizeof(error->value), "%zu:%zu", fault.line, fault.column);
	return code;
}

enum kh_code kh_document_decode(const struct kh_type *type, struct kh_json *json, void *out, struct kh_error *error)
{
	KH_AUTO_FREE void *made = calloc(1, type->size);
	enum kh_code code;

	if (!made)
		return out_of_memory(error);
	code = decode_object(type, json, made, NULL, error);
	if (code == KH_OK)
		memcpy(out, made, type->size);
	else
		kh_clear(type, made);
	return code;
}

enum kh_code kh_decode(const struct kh_type *type, const char *text, size_t length, void *out, struct kh_error *error)
{
	struct kh_json json;
	enum kh_code code = kh_document_check(text, length, DEPTH_MAX, &json, error);

	return code == KH_OK ? kh_document_decode(type, &json, out, error) : code;
}
