/*
 * What may stand in a field, in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "field.h"
#include "text.h"

static const struct kh_field *find(const struct kh_type *type, const char *name, size_t length)
{
	for (size_t i = 0; type && i < type->count; i++)
		if (type->fields[i].name_length == length && memcmp(type->fields[i].name, name, length) == 0)
			return &type->fields[i];
	return NULL;
}

/* "allowed.KIND" with its bounds. */
static void append(struct kh_buffer *out, const char *locale, const char *key, int64_t least, int64_t most)
{
	char low[24], high[24];
	/* Brackets are the texts' own signs: they come as values. */
	const char *values[] = {"least", low, "most", high, "list", "[...]", "object", "{...}", NULL};

	snprintf(low, sizeof(low), "%" PRId64, least);
	snprintf(high, sizeof(high), "%" PRId64, most);
	kh_text(out, locale, key, values);
}

static void append_names(const struct kh_enum *names, const char *locale, struct kh_buffer *out)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer list = {0};
	const char *values[] = {"names", NULL, NULL};

	for (int i = 1; i < names->count; i++)
		kh_buffer_printf(&list, "%s\"%s\"", i > 1 ? ", " : "", names->names[i]);
	values[1] = list.data;
	kh_text(out, locale, "allowed.names", values);
}

static void append_value(const struct kh_field *field, const char *locale, struct kh_buffer *out)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
	case KH_KIND_BYTES:
		append(out, locale, "allowed.text", field->minimum, field->maximum);
		return;
	case KH_KIND_INTEGER:
		append(out, locale, "allowed.integer", field->minimum, field->maximum);
		return;
	case KH_KIND_BOOLEAN:
		append(out, locale, "allowed.boolean", 0, 0);
		return;
	case KH_KIND_ENUM:
		append_names(field->names, locale, out);
		return;
	case KH_KIND_OBJECT:
		append(out, locale, "allowed.object", 0, 0);
		return;
	}
}

void kh_allowed(const struct kh_type *type, const char *path, const char *locale, struct kh_buffer *out)
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
			kh_text(out, locale, "allowed.unknown", NULL);
			return;
		}
		path += length + (path[length] == '.');
	}
	kh_text(out, locale, "allowed.must", NULL);
	if (field && field->array && !item)
		append(out, locale, "allowed.list", 0, (int64_t)field->items_max);
	else if (field)
		append_value(field, locale, out);
}
