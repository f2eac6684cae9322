/*
 * Places in JSON text. What is no JSON is scanned, too, and leads nowhere.
 */
#include "locate.h"

#include <string.h>

#include "place.h"

static const char blanks[] = " \t\r\n";

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(blanks, *at))
		at++;
	return at;
}

static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : end;
}

static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		if (*at == '"')
			at = skip_string(at, end) - 1;
		else if (*at == '{' || *at == '[')
			depth++;
		else if ((*at == '}' || *at == ']') && depth == 0)
			return at;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (*at == ',' && depth == 0)
			return at;
	}
	return at;
}

/* Behind the last sign of a value that reaches to at. */
static const char *trim(const char *start, const char *at)
{
	while (at > start && strchr(blanks, at[-1]))
		at--;
	return at;
}

static bool names(const char *key, const char *behind, const char *name, size_t length)
{
	return (size_t)(behind - key) == length + 2 && memcmp(key + 1, name, length) == 0;
}

/* An index in digits; SIZE_MAX: none. */
static size_t index_of(const char *name, size_t length)
{
	size_t index = 0;

	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return SIZE_MAX;
		index = index * 10 + (size_t)(name[i] - '0');
	}
	return length > 0 ? index : SIZE_MAX;
}

/* One step down from the value at location. */
static bool step(const char *text, const char *end, const char *name, size_t length, struct kh_location *location)
{
	const char *at = text + location->value;
	bool object = *at == '{', found = false;
	size_t wanted = index_of(name, length), index = 0;

	if (!object && *at != '[')
		return false;
	for (at = skip_blanks(at + 1, end); at < end && *at != '}' && *at != ']'; index++) {
		const char *start = at, *value = at, *behind;
		bool hit = !object && index == wanted;

		if (object) {
			value = *at == '"' ? skip_string(at, end) : end;
			hit = names(start, value, name, length);
			value = skip_blanks(value, end);
			value = skip_blanks(value < end && *value == ':' ? value + 1 : end, end);
		}
		behind = skip_value(value, end);
		if (hit) {
			*location = (struct kh_location){(size_t)(start - text), (size_t)(trim(value, behind) - text),
							 (size_t)(value - text)};
			found = true;
		}
		at = skip_blanks(behind < end && *behind == ',' ? behind + 1 : behind, end);
	}
	return found;
}

bool kh_locate(const char *text, size_t length, const char *path, struct kh_location *location)
{
	const char *end = text + length, *start = skip_blanks(text, end);

	*location = (struct kh_location){(size_t)(start - text), length, (size_t)(start - text)};
	while (start < end && *path != '\0') {
		size_t part = strcspn(path, ".");

		if (!step(text, end, path, part, location))
			return false;
		path += part + (path[part] == '.');
	}
	return start < end;
}

void kh_locate_path(const char *text, size_t place, char *path, size_t size)
{
	struct kh_place found;

	path[0] = '\0';
	if (kh_place_find(&found, text, place, KH_DEPTH_MAX))
		kh_place_text(&found, 0, path, size);
}

size_t kh_locate_line(const char *text, size_t place)
{
	size_t line = 1;

	for (size_t i = 0; i < place; i++)
		line += text[i] == '\n';
	return line;
}

void kh_locate_blank(char *text, size_t length, const struct kh_location *location)
{
	const char *behind = skip_blanks(text + location->end, text + length);
	size_t start = location->start, end = location->end;

	if (behind < text + length && *behind == ',') {
		end = (size_t)(behind - text) + 1;
	} else {
		const char *before = trim(text, text + start);

		if (before > text && before[-1] == ',')
			start = (size_t)(before - text) - 1;
	}
	for (size_t i = start; i < end; i++)
		text[i] = text[i] == '\n' ? '\n' : ' ';
}
