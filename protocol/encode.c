/*
 * Structs to JSON text, straight into the buffer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "redact.h"

#define PSEUDONYM_SIZE 96

/* Where to; pseudonyms: what is private is redacted by them, or NULL. */
struct encoding {
	struct kh_buffer *out;
	struct kh_pseudonyms *pseudonyms;
	struct kh_error *error;
};

static bool encode_object(const struct encoding *to, const struct kh_type *type, const void *object,
			  const struct kh_path *path);

/* A value that breaks the contract is a defect of ours, not of the asker. */
static bool broken(const struct encoding *to, const struct kh_path *path)
{
	char text[128];

	kh_path_text(path, NULL, text, sizeof(text));
	(void)kh_fail_call(to->error, KH_AGENT_FAILED, "kh_encode", text);
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

/* As long as the contract wants it, with its prefix. */
static void name_private(const struct encoding *to, const struct kh_field *field, const char *text,
			 char pseudonym[PSEUDONYM_SIZE])
{
	const char *prefix = field->pattern && field->pattern->prefix ? field->pattern->prefix : "";
	unsigned number = kh_pseudonym_of(to->pseudonyms, field->alias, text);

	if (field->minimum > 1)
		snprintf(pseudonym, PSEUDONYM_SIZE, "%0*u", (int)field->minimum, number);
	else
		snprintf(pseudonym, PSEUDONYM_SIZE, "%s%s-%u", prefix, field->alias, number);
}

static bool encode_text(const struct encoding *to, const struct kh_field *field, const char *text,
			const struct kh_path *path)
{
	char pseudonym[PSEUDONYM_SIZE] = "";
	size_t length = text ? strlen(text) : 0;

	if (!text || !kh_field_accepts_text(field, text, length))
		return broken(to, path);
	if (to->pseudonyms && field->alias && length > 0) {
		if (!field->secret)
			name_private(to, field, text, pseudonym);
		text = pseudonym;
		length = strlen(pseudonym);
	}
	return kh_json_append_text(to->out, text, length) || broken(to, path);
}

static bool encode_bytes(const struct encoding *to, const struct kh_field *field, const struct kh_bytes *bytes,
			 const struct kh_path *path)
{
	if (bytes->length > (size_t)field->maximum / 4 * 3)
		return broken(to, path);
	kh_buffer_append(to->out, "\"", 1);
	if (!to->pseudonyms)
		kh_base64_append(to->out, bytes->data, bytes->length);
	kh_buffer_append(to->out, "\"", 1);
	return true;
}

static bool encode_integer(const struct encoding *to, const struct kh_field *field, int64_t value,
			   const struct kh_path *path)
{
	if (value < field->minimum || value > field->maximum)
		return broken(to, path);
	kh_buffer_printf(to->out, "%" PRId64, value);
	return true;
}

static bool encode_enum(const struct encoding *to, const struct kh_field *field, const void *value,
			const struct kh_path *path)
{
	int number;
	const char *text;

	memcpy(&number, value, sizeof(number));
	text = kh_enum_text(field->names, number);
	if (!text)
		return broken(to, path);
	return kh_json_append_text(to->out, text, strlen(text));
}

static bool encode_value(const struct encoding *to, const struct kh_field *field, const void *value,
			 const struct kh_path *path)
{
	switch (field->kind) {
	case KH_KIND_TEXT:
		return encode_text(to, field, *(char *const *)value, path);
	case KH_KIND_BYTES:
		return encode_bytes(to, field, value, path);
	case KH_KIND_INTEGER:
		return encode_integer(to, field, *(const int64_t *)value, path);
	case KH_KIND_BOOLEAN:
		kh_buffer_append_text(to->out, *(const bool *)value ? "true" : "false");
		return true;
	case KH_KIND_ENUM:
		return encode_enum(to, field, value, path);
	case KH_KIND_OBJECT:
		return encode_object(to, field->type, value, path);
	}
	abort();
}

static bool encode_array(const struct encoding *to, const struct kh_field *field, const char *items, size_t count,
			 const struct kh_path *path)
{
	if (count < field->items_min || count > field->items_max)
		return broken(to, path);
	kh_buffer_append(to->out, "[", 1);
	for (size_t i = 0; i < count; i++) {
		struct kh_path here = {path, NULL, i};
		if (i > 0)
			kh_buffer_append(to->out, ",", 1);
		if (!encode_value(to, field, items + i * kh_field_size(field), &here))
			return false;
	}
	kh_buffer_append(to->out, "]", 1);
	return true;
}

static bool encode_field(const struct encoding *to, const struct kh_field *field, const char *object,
			 const struct kh_path *up)
{
	struct kh_path path = {up, field->name, 0};
	const void *value = object + field->offset;

	kh_buffer_append(to->out, "\"", 1);
	kh_buffer_append(to->out, field->name, field->name_length);
	kh_buffer_append(to->out, "\":", 2);
	if (field->array)
		return encode_array(to, field, *(char *const *)value,
				    *(const size_t *)(const void *)(object + field->also), &path);
	return encode_value(to, field, field->pointer ? *(void *const *)value : value, &path);
}

static bool encode_object(const struct encoding *to, const struct kh_type *type, const void *object,
			  const struct kh_path *path)
{
	bool first = true;

	kh_buffer_append(to->out, "{", 1);
	for (size_t i = 0; i < type->count; i++) {
		if (!kh_field_present(&type->fields[i], object))
			continue;
		if (!first)
			kh_buffer_append(to->out, ",", 1);
		first = false;
		if (!encode_field(to, &type->fields[i], object, path))
			return false;
	}
	kh_buffer_append(to->out, "}", 1);
	return true;
}

/* All of it or nothing. */
static enum kh_code encode(const struct encoding *to, const struct kh_type *type, const void *value)
{
	size_t before = to->out->length;

	if (!encode_object(to, type, value, NULL)) {
		kh_buffer_cut(to->out, before);
		return KH_AGENT_FAILED;
	}
	return to->out->failed ? kh_fail_call(to->error, KH_AGENT_FAILED, "malloc", "") : KH_OK;
}

enum kh_code kh_encode(const struct kh_type *type, const void *value, struct kh_buffer *out, struct kh_error *error)
{
	const struct encoding to = {.out = out, .error = error};

	return encode(&to, type, value);
}

enum kh_code kh_redact(struct kh_pseudonyms *pseudonyms, const struct kh_type *type, const void *value,
		       struct kh_buffer *out)
{
	const struct encoding to = {.out = out, .pseudonyms = pseudonyms};

	return encode(&to, type, value);
}
