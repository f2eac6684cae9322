/*
 * What may stand in a field, in words.
 */
#include <inttypes.h>
#include <string.h>

#include "field.h"

static const struct kh_field *find(const struct kh_type *type, const char *name, size_t length)
{
	for (size_t i = 0; type && i < type->count; i++)
		if (type->fields[i].name_length == length && memcmp(type->fields[i].name, name, length) == 0)
			return &type->fields[i];
	return NULL;
}

static void append_text(const struct kh_field *field, struct kh_buffer *out)
{
	kh_buffer_printf(out, "a text of %" PRId64 " to %" PRId64 " characters", field->minimum, field->maximum);
}

static void append_names(const struct kh_enum *names, struct kh_buffer *out)
{
	kh_buffer_append_text(out, "one of");
	for (int i = 1; i < names->count; i++)
		kh_buffer_printf(out, "%s \"%s\"", i > 1 ? "," : "", names->names[i]);
}

static void append_value(const struct kh_field *field, struct kh_buffer *out)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
	case KH_KIND_BYTES:
		append_text(field, out);
		return;
	case KH_KIND_INTEGER:
		kh_buffer_printf(out, "a whole number from %" PRId64 " to %" PRId64, field->minimum, field->maximum);
		return;
	case KH_KIND_BOOLEAN:
		kh_buffer_append_text(out, "true or false");
		return;
	case KH_KIND_ENUM:
		append_names(field->names, out);
		return;
	case KH_KIND_OBJECT:
		kh_buffer_append_text(out, "an object {...}");
		return;
	}
}

void kh_allowed(const struct kh_type *type, const char *path, struct kh_buffer *out)
{
	const struct kh_field *field = NULL;
	bool item = false;

	while (*path) {
		size_t length = strcspn(path, ".");

		if (field && field->array && !item) {
			item = true;
		} else {
			field = find(field ? field->type : type, path, length);
			item = false;
		}
		if (!field) {
			kh_buffer_append_text(out, "is not a known key");
			return;
		}
		path += length + (path[length] == '.');
	}
	kh_buffer_append_text(out, "must be given once, as ");
	if (field && field->array && !item)
		kh_buffer_printf(out, "a list [...] of at most %zu", field->items_max);
	else if (field)
		append_value(field, out);
}
