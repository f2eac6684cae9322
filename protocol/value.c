/*
 * What the codec does to structs in memory: size, presence, clear, copy,
 * overlay; and the names of enum values.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "secret.h"

static_assert(sizeof(enum kh_code) == sizeof(int), "the tables treat every enum as an int");

size_t kh_field_size(const struct kh_field *field)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		return sizeof(char *);
	case KH_KIND_BYTES:
		return sizeof(struct kh_bytes);
	case KH_KIND_INTEGER:
		return sizeof(int64_t);
	case KH_KIND_BOOLEAN:
		return sizeof(bool);
	case KH_KIND_ENUM:
		return sizeof(int);
	case KH_KIND_OBJECT:
		return field->type->size;
	}
	abort();
}

static void *at(void *object, size_t offset)
{
	return (char *)object + offset;
}

static const void *at_const(const void *object, size_t offset)
{
	return (const char *)object + offset;
}

static bool is_zero(const void *value, size_t size)
{
	static const char zero[sizeof(struct kh_bytes)];
	return memcmp(value, zero, size) == 0;
}

bool kh_field_present(const struct kh_field *field, const void *object)
{
	const void *value = at_const(object, field->offset);

	if (field->required)
		return true;
	if (field->array)
		return *(const size_t *)at_const(object, field->also) > 0;
	if (field->has)
		return *(const bool *)at_const(object, field->also);
	if (field->kind == KH_KIND_BYTES)
		return ((const struct kh_bytes *)value)->data;
	return !is_zero(value, field->pointer ? sizeof(void *) : kh_field_size(field));
}

static void free_text(const struct kh_field *field, char **text)
{
	if (field->secret && *text)
		kh_wipe(*text, strlen(*text));
	free(*text);
}

static void clear_value(const struct kh_field *field, void *value)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		free_text(field, value);
		break;
	case KH_KIND_BYTES:
		if (field->secret && ((struct kh_bytes *)value)->data)
			kh_wipe(((struct kh_bytes *)value)->data, ((struct kh_bytes *)value)->length);
		kh_bytes_finish(value);
		break;
	case KH_KIND_OBJECT:
		kh_clear(field->type, value);
		break;
	case KH_KIND_INTEGER:
	case KH_KIND_BOOLEAN:
	case KH_KIND_ENUM:
		break;
	}
}

static void clear_items(const struct kh_field *field, void *object)
{
	char *items = *(char **)at(object, field->offset);
	size_t count = *(size_t *)at(object, field->also);

	for (size_t i = 0; i < count; i++)
		clear_value(field, items + i * kh_field_size(field));
	free(items);
}

static void clear_field(const struct kh_field *field, void *object)
{
	void *value = at(object, field->offset);

	if (field->array) {
		clear_items(field, object);
	} else if (field->pointer) {
		void *target = *(void **)value;
		if (target)
			kh_clear(field->type, target);
		free(target);
	} else {
		clear_value(field, value);
	}
}

void kh_clear(const struct kh_type *type, void *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < type->count; i++)
		clear_field(&type->fields[i], value);
	memset(value, 0, type->size);
}

static bool copy_object(const struct kh_type *type, void *to, const void *from);

static bool copy_value(const struct kh_field *field, void *to, const void *from)
{
	const struct kh_bytes *bytes = from;
	const char *text;

	switch (field->kind) {
	case KH_KIND_TEXT:
		text = *(char *const *)from;
		return !text || (*(char **)to = strdup(text));
	case KH_KIND_BYTES:
		return !bytes->data || kh_bytes_copy(to, bytes->data, bytes->length) == KH_OK;
	case KH_KIND_OBJECT:
		return copy_object(field->type, to, from);
	case KH_KIND_INTEGER:
	case KH_KIND_BOOLEAN:
	case KH_KIND_ENUM:
		memcpy(to, from, kh_field_size(field));
		return true;
	}
	abort();
}

static bool copy_items(const struct kh_field *field, void *to, const void *from)
{
	const char *items = *(char *const *)at_const(from, field->offset);
	size_t count = *(const size_t *)at_const(from, field->also);
	size_t size = kh_field_size(field);
	char *copies;

	if (count == 0)
		return true;
	copies = calloc(count, size);
	if (!copies)
		return false;
	*(char **)at(to, field->offset) = copies;
	*(size_t *)at(to, field->also) = count;
	for (size_t i = 0; i < count; i++)
		if (!copy_value(field, copies + i * size, items + i * size))
			return false;
	return true;
}

static bool copy_field(const struct kh_field *field, void *to, const void *from)
{
	void *copy;

	if (field->array)
		return copy_items(field, to, from);
	if (field->has)
		*(bool *)at(to, field->also) = *(const bool *)at_const(from, field->also);
	if (!field->pointer)
		return copy_value(field, at(to, field->offset), at_const(from, field->offset));
	if (!*(void *const *)at_const(from, field->offset))
		return true;
	copy = calloc(1, field->type->size);
	*(void **)at(to, field->offset) = copy;
	return copy && copy_object(field->type, copy, *(void *const *)at_const(from, field->offset));
}

/* to is zeroed; on failure it holds what was copied so far. */
static bool copy_object(const struct kh_type *type, void *to, const void *from)
{
	for (size_t i = 0; i < type->count; i++)
		if (!copy_field(&type->fields[i], to, from))
			return false;
	return true;
}

enum kh_code kh_copy(const struct kh_type *type, void *to, const void *from, struct kh_error *error)
{
	memset(to, 0, type->size);
	if (copy_object(type, to, from))
		return KH_OK;
	kh_clear(type, to);
	return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
}

static void move_field(const struct kh_field *field, void *into, void *from)
{
	size_t size = field->array || field->pointer ? sizeof(void *) : kh_field_size(field);

	clear_field(field, into);
	memcpy(at(into, field->offset), at(from, field->offset), size);
	memset(at(from, field->offset), 0, size);
	if (field->array) {
		memcpy(at(into, field->also), at(from, field->also), sizeof(size_t));
		memset(at(from, field->also), 0, sizeof(size_t));
	} else if (field->has) {
		*(bool *)at(into, field->also) = true;
	}
}

void kh_overlay(const struct kh_type *type, void *into, void *from)
{
	for (size_t i = 0; i < type->count; i++) {
		const struct kh_field *field = &type->fields[i];
		if (!kh_field_present(field, from))
			continue;
		if (field->pointer && *(void **)at(into, field->offset))
			kh_overlay(field->type, *(void **)at(into, field->offset), *(void **)at(from, field->offset));
		else
			move_field(field, into, from);
	}
	kh_clear(type, from);
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
