/*
 * Where in a JSON text a byte is.
 */
#include "place.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LENGTH 64

/* Behind the quote that ends the string that begins at start, or end. */
static const char *skip_string(const char *start, const char *end)
{
	for (const char *at = start; at < end; at++) {
		const char *quote = memchr(at, '"', (size_t)(end - at)), *before = quote;

		if (!quote)
			return end;
		while (before > start && before[-1] == '\\')
			before--;
		if ((quote - before) % 2 == 0)
			return quote + 1;
		at = quote;
	}
	return end;
}

static bool open_level(struct kh_place *place, bool array, size_t depth_max)
{
	if (place->depth == depth_max || place->depth == KH_DEPTH_MAX)
		return false;
	place->levels[place->depth++] = (struct kh_level){.array = array};
	return true;
}

static void take_string(struct kh_level *level, const char *start, const char *behind)
{
	if (level->array)
		return;
	level->name = start;
	level->length = behind > start ? (size_t)(behind - start) - 1 : 0;
}

bool kh_place_find(struct kh_place *place, const char *text, size_t length, size_t depth_max)
{
	const char *end = text + length;
	struct kh_level outside = {0};

	place->depth = 0;
	for (const char *at = text; at < end; at++) {
		struct kh_level *level = place->depth > 0 ? &place->levels[place->depth - 1] : &outside;

		if (*at == '{' || *at == '[') {
			if (!open_level(place, *at == '[', depth_max)) {
				place->depth = 0;
				return false;
			}
		} else if ((*at == '}' || *at == ']') && place->depth > 0) {
			place->depth--;
		} else if (*at == ',' && level != &outside) {
			level->index++;
		} else if (*at == '"') {
			const char *behind = skip_string(at + 1, end);

			take_string(level, at + 1, behind);
			at = behind - 1;
		}
	}
	return true;
}

bool kh_may_repeat(const char *name, size_t length)
{
	if (length == 0 || length > NAME_MAX_LENGTH || !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	return true;
}

void kh_place_text(const struct kh_place *place, size_t without, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = without; i < place->depth && used < size; i++) {
		const struct kh_level *level = &place->levels[i];
		const char *dot = i > without ? "." : "";
		int more;

		if (level->array)
			more = snprintf(text + used, size - used, "%s%zu", dot, level->index);
		else if (level->name && kh_may_repeat(level->name, level->length))
			more = snprintf(text + used, size - used, "%s%.*s", dot, (int)level->length, level->name);
		else
			return;
		used += (size_t)more;
	}
}
