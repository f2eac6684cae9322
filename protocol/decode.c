/*
 * A jansson tree to a struct.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "document.h"
#include "field.h"

static enum kh_code decode_object(const struct kh_type *type, const json_t *json, void *out, const struct kh_path *path,
				  struct kh_error *error);

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

static enum kh_code decode_text(const struct kh_field *field, const json_t *json, char **out,
				const struct kh_path *path, struct kh_error *error)
{
	const char *text = json_string_value(json);
	size_t length = json_string_length(json);

	if (!text || memchr(text, '\0', length) || !kh_field_accepts_text(field, text, length))
		return invalid(path, NULL, error);
	*out = malloc(length + 1);
	if (!*out)
		return out_of_memory(error);
	memcpy(*out, text, length + 1);
	return KH_OK;
}

static enum kh_code decode_bytes(const struct kh_field *field, const json_t *json, struct kh_bytes *out,
				 const struct kh_path *path, struct kh_error *error)
{
	const char *text = json_string_value(json);
	size_t length = json_string_length(json);
	enum kh_code code;

	if (!text || !kh_field_accepts_text(field, text, length))
		return invalid(path, NULL, error);
	code = kh_base64_decode(text, length, out);
	if (code == KH_REQUEST_INVALID)
		return invalid(path, NULL, error);
	return code == KH_OK ? KH_OK : out_of_memory(error);
}

static enum kh_code decode_integer(const struct kh_field *field, const json_t *json, int64_t *out,
				   const struct kh_path *path, struct kh_error *error)
{
	json_int_t value = json_integer_value(json);

	if (!json_is_integer(json) || value < field->minimum || value > field->maximum)
		return invalid(path, NULL, error);
	*out = value;
	return KH_OK;
}

static enum kh_code decode_enum(const struct kh_field *field, const json_t *json, void *out, const struct kh_path *path,
				struct kh_error *error)
{
	const char *text = json_string_value(json);
	int value = text && strlen(text) == json_string_length(json) ? kh_enum_value(field->names, text) : 0;

	memcpy(out, &value, sizeof(value));
	return value == 0 ? invalid(path, NULL, error) : KH_OK;
}

static enum kh_code decode_value(const struct kh_field *field, const json_t *json, void *out,
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
		*(bool *)out = json_is_true(json);
		return json_is_boolean(json) ? KH_OK : invalid(path, NULL, error);
	case KH_KIND_ENUM:
		return decode_enum(field, json, out, path, error);
	case KH_KIND_OBJECT:
		return decode_object(field->type, json, out, path, error);
	}
	abort();
}

/* The count is set before the items are: kh_clear() undoes a half array. */
static enum kh_code decode_array(const struct kh_field *field, const json_t *json, char *object,
				 const struct kh_path *path, struct kh_error *error)
{
	size_t count = json_array_size(json), size = kh_field_size(field);
	char *items;

	if (!json_is_array(json) || count < field->items_min || count > field->items_max)
		return invalid(path, NULL, error);
	if (count == 0)
		return KH_OK;
	items = calloc(count, size);
	if (!items)
		return out_of_memory(error);
	*(char **)(void *)(object + field->offset) = items;
	*(size_t *)(void *)(object + field->also) = count;
	for (size_t i = 0; i < count; i++) {
		struct kh_path here = {path, NULL, i};
		enum kh_code code = decode_value(field, json_array_get(json, i), items + i * size, &here, error);

		if (code != KH_OK)
			return code;
	}
	return KH_OK;
}

static enum kh_code decode_field(const struct kh_field *field, const json_t *json, char *object,
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
static size_t find(const struct kh_type *type, const char *name, size_t hint)
{
	for (size_t i = 0; i < type->count; i++) {
		size_t index = hint + i < type->count ? hint + i : hint + i - type->count;

		if (strcmp(type->fields[index].name, name) == 0)
			return index;
	}
	return type->count;
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
static enum kh_code decode_object(const struct kh_type *type, const json_t *json, void *out, const struct kh_path *path,
				  struct kh_error *error)
{
	json_t *object = (json_t *)json; /* jansson's iterators are not const */
	uint64_t seen = 0;
	size_t hint = 0;

	assert(type->count <= 64);
	if (!json_is_object(json))
		return invalid(path, NULL, error);
	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		const char *name = json_object_iter_key(i);
		size_t index = find(type, name, hint);
		enum kh_code code;

		if (index == type->count)
			return invalid(path, kh_may_repeat(name, strlen(name)) ? name : NULL, error);
		code = decode_field(&type->fields[index], json_object_iter_value(i), out, path, error);
		if (code != KH_OK)
			return code;
		seen |= UINT64_C(1) << index;
		hint = index + 1;
	}
	return require_all(type, seen, path, error);
}

enum kh_code kh_document_decode(const struct kh_type *type, const json_t *json, void *out, struct kh_error *error)
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
	struct kh_place place;
	json_t *json;
	enum kh_code code = kh_document_read(text, length, KH_DEPTH_MAX, &json, &place, error);

	if (code != KH_OK)
		return code;
	code = kh_document_decode(type, json, out, error);
	json_decref(json);
	return code;
}
