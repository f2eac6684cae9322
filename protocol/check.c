/*
 * What a text must be to stand in a field: within its limits, of its pattern.
 * Decoding and encoding ask the same questions.
 */
#include <stdio.h>
#include <string.h>

#include "field.h"

/* Of UTF-8 text. */
static int64_t characters(const char *text, size_t length)
{
	int64_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static bool matches(const struct kh_pattern *pattern, const char *text, size_t length)
{
	if (pattern->prefix)
		return strncmp(text, pattern->prefix, strlen(pattern->prefix)) == 0;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (!(pattern->set[c >> 5] & (1u << (c & 31))))
			return false;
	}
	return length > 0;
}

/* The shape of RFC 3339 in UTC to the second; not whether the day exists. */
static bool is_time(const char *text, size_t length)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";

	if (length != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < length; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return true;
}

/* A character has one to four bytes: mostly there is nothing to count. */
static bool fits(const struct kh_field *field, const char *text, size_t length)
{
	int64_t count = (int64_t)length;

	if (count / 4 >= field->minimum && count <= field->maximum)
		return true;
	count = characters(text, length);
	return count >= field->minimum && count <= field->maximum;
}

bool kh_field_accepts_text(const struct kh_field *field, const char *text, size_t length)
{
	if (!fits(field, text, length))
		return false;
	if (field->pattern && !matches(field->pattern, text, length))
		return false;
	return !field->time || is_time(text, length);
}

void kh_path_text(const struct kh_path *path, const char *last, char *text, size_t size)
{
	char number[24];
	size_t used;

	text[0] = '\0';
	if (path) {
		snprintf(number, sizeof(number), "%zu", path->index);
		kh_path_text(path->up, path->name ? path->name : number, text, size);
	}
	used = strlen(text);
	if (last)
		snprintf(text + used, size - used, "%s%s", used > 0 ? "." : "", last);
}
