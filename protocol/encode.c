/*
 * Structs to JSON text, straight into the buffer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static bool encode_object(const struct kh_type *type, const void *object, struct kh_buffer *out,
			  const struct kh_path *path, struct kh_error *error);

/* A value that breaks the contract is a defect of ours, not of the asker. */
static bool broken(const struct kh_path *path, struct kh_error *error)
{
	char text[128];

	kh_path_text(path, NULL, text, sizeof(text));
	(void)kh_fail_call(error, KH_AGENT_FAILED, "kh_encode", text);
	return false;
}

/* Eight bytes at once: a high bit is set where a byte is below n (n <= 0x80). */
#define ONES UINT64_C(0x0101010101010101)
#define BELOW(word, n) (((word)-ONES * (n)) & ~(word) & (ONES << 7))

/* How many bytes from here are ASCII that stands for itself in a JSON string. */
static size_t plain_length(const char *text, const char *end)
{
	const char *at = text;

	for (uint64_t word; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof(word));
		if (BELOW(word, 0x20u) || BELOW(word ^ ONES * '"', 1u) || BELOW(word ^ ONES * '\\', 1u) ||
		    word & (ONES << 7))
			break;
	}
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - text);
}

static void append_escape(struct kh_buffer *out, unsigned char c)
{
	switch (c) {
	case '"':
		kh_buffer_append(out, "\\\"", 2);
		break;
	case '\\':
		kh_buffer_append(out, "\\\\", 2);
		break;
	case '\n':
		kh_buffer_append(out, "\\n", 2);
		break;
	default:
		kh_buffer_printf(out, "\\u%04x", c);
	}
}

bool kh_json_append_text(struct kh_buffer *out, const char *text, size_t length)
{
	const char *end = text + length;

	kh_buffer_append(out, "\"", 1);
	while (text < end) {
		size_t plain = plain_length(text, end), step;

		kh_buffer_append(out, text, plain);
		text += plain;
		if (text == end)
			break;
		step = kh_utf8_sequence(text, (size_t)(end - text));
		if (step == 0)
			return false;
		if (step == 1)
			append_escape(out, (unsigned char)*text);
		else
			kh_buffer_append(out, text, step);
		text += step;
	}
	kh_buffer_append(out, "\"", 1);
	return true;
}

static bool encode_text(const struct kh_field *field, const char *text, struct kh_buffer *out,
			const struct kh_path *path, struct kh_error *error)
{
	size_t length = text ? strlen(text) : 0;

	if (!text || !kh_field_accepts_text(field, text, length))
		return broken(path, error);
	return kh_json_append_text(out, text, length) || broken(path, error);
}

static bool encode_bytes(const struct kh_field *field, const struct kh_bytes *bytes, struct kh_buffer *out,
			 const struct kh_path *path, struct kh_error *error)
{
	if (bytes->length > (size_t)field->maximum / 4 * 3)
		return broken(path, error);
	kh_buffer_append(out, "\"", 1);
	kh_base64_append(out, bytes->data, bytes->length);
	kh_buffer_append(out, "\"", 1);
	return true;
}

static bool encode_integer(const struct kh_field *field, int64_t value, struct kh_buffer *out,
			   const struct kh_path *path, struct kh_error *error)
{
	if (value < field->minimum || value > field->maximum)
		return broken(path, error);
	kh_buffer_printf(out, "%" PRId64, value);
	return true;
}

static bool encode_enum(const struct kh_field *field, const void *value, struct kh_buffer *out,
			const struct kh_path *path, struct kh_error *error)
{
	int number;
	const char *text;

	memcpy(&number, value, sizeof(number));
	text = kh_enum_text(field->names, number);
	if (!text)
		return broken(path, error);
	return kh_json_append_text(out, text, strlen(text));
}

static bool encode_value(const struct kh_field *field, const void *value, struct kh_buffer *out,
			 const struct kh_path *path, struct kh_error *error)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		return encode_text(field, *(char *const *)value, out, path, error);
	case KH_KIND_BYTES:
		return encode_bytes(field, value, out, path, error);
	case KH_KIND_INTEGER:
		return encode_integer(field, *(const int64_t *)value, out, path, error);
	case KH_KIND_BOOLEAN:
		kh_buffer_append_text(out, *(const bool *)value ? "true" : "false");
		return true;
	case KH_KIND_ENUM:
		return encode_enum(field, value, out, path, error);
	case KH_KIND_OBJECT:
		return encode_object(field->type, value, out, path, error);
	}
	abort();
}

static bool encode_array(const struct kh_field *field, const char *items, size_t count, struct kh_buffer *out,
			 const struct kh_path *path, struct kh_error *error)
{
	if (count < field->items_min || count > field->items_max)
		return broken(path, error);
	kh_buffer_append(out, "[", 1);
	for (size_t i = 0; i < count; i++) {
		struct kh_path here = {path, NULL, i};
		if (i > 0)
			kh_buffer_append(out, ",", 1);
		if (!encode_value(field, items + i * kh_field_size(field), out, &here, error))
			return false;
	}
	kh_buffer_append(out, "]", 1);
	return true;
}

static bool encode_field(const struct kh_field *field, const char *object, struct kh_buffer *out,
			 const struct kh_path *up, struct kh_error *error)
{
	struct kh_path path = {up, field->name, 0};
	const void *value = object + field->offset;

	kh_buffer_append(out, "\"", 1);
	kh_buffer_append(out, field->name, field->name_length);
	kh_buffer_append(out, "\":", 2);
	if (field->array)
		return encode_array(field, *(char *const *)value, *(const size_t *)(const void *)(object + field->also),
				    out, &path, error);
	return encode_value(field, field->pointer ? *(void *const *)value : value, out, &path, error);
}

static bool encode_object(const struct kh_type *type, const void *object, struct kh_buffer *out,
			  const struct kh_path *path, struct kh_error *error)
{
	bool first = true;

	kh_buffer_append(out, "{", 1);
	for (size_t i = 0; i < type->count; i++) {
		if (!kh_field_present(&type->fields[i], object))
			continue;
		if (!first)
			kh_buffer_append(out, ",", 1);
		first = false;
		if (!encode_field(&type->fields[i], object, out, path, error))
			return false;
	}
	kh_buffer_append(out, "}", 1);
	return true;
}

enum kh_code kh_encode(const struct kh_type *type, const void *value, struct kh_buffer *out, struct kh_error *error)
{
	size_t before = out->length;

	if (!encode_object(type, value, out, NULL, error)) {
		kh_buffer_cut(out, before);
		return KH_AGENT_FAILED;
	}
	return out->failed ? kh_fail_call(error, KH_AGENT_FAILED, "malloc", "") : KH_OK;
}
