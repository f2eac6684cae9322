/*
 * The cursor over checked JSON text. The check is in json_check.c.
 */
#include "json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void skip_space(struct kh_json *json)
{
	while (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t')
		json->at++;
}

enum kh_json_kind kh_json_kind(const struct kh_json *json)
{
	switch (*json->at) {
	case '{':
		return KH_JSON_OBJECT;
	case '[':
		return KH_JSON_ARRAY;
	case '"':
		return KH_JSON_TEXT;
	case 't':
	case 'f':
		return KH_JSON_BOOLEAN;
	case 'n':
		return KH_JSON_NULL;
	default:
		return KH_JSON_NUMBER;
	}
}

void kh_json_enter(struct kh_json *json)
{
	assert(*json->at == '{' || *json->at == '[');
	json->at++;
}

bool kh_json_more(struct kh_json *json)
{
	skip_space(json);
	if (*json->at == '}' || *json->at == ']') {
		json->at++;
		return false;
	}
	if (*json->at == ',')
		json->at++;
	skip_space(json);
	return true;
}

/* A quote ends a string unless an odd number of backslashes stands before it. */
static const char *closing_quote(const char *raw)
{
	for (const char *quote = strchr(raw, '"');; quote = strchr(quote + 1, '"')) {
		const char *before = quote;

		while (before > raw && before[-1] == '\\')
			before--;
		if ((quote - before) % 2 == 0)
			return quote;
	}
}

struct kh_json_text kh_json_text(struct kh_json *json)
{
	struct kh_json_text text = {.raw = json->at + 1};
	const char *end = closing_quote(text.raw);

	assert(*json->at == '"');
	text.length = (size_t)(end - text.raw);
	text.escaped = memchr(text.raw, '\\', text.length) != NULL;
	json->at = end + 1;
	return text;
}

struct kh_json_text kh_json_name(struct kh_json *json)
{
	struct kh_json_text name = kh_json_text(json);

	skip_space(json);
	assert(*json->at == ':');
	json->at++;
	skip_space(json);
	return name;
}

static unsigned hex4(const char *text)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)text[i];
		value = value * 16 + (c <= '9' ? c - 0x30u : (c | 0x20u) - 0x57u);
	}
	return value;
}

static char *append_character(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

/* at: behind the backslash. Returns what comes behind the escape. */
static const char *append_escape(const char *at, char **out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = strchr(from, *at);
	unsigned code;

	if (*at != 'u') {
		*(*out)++ = found ? to[found - from] : *at;
		return at + 1;
	}
	code = hex4(at + 1);
	at += 5;
	if (code >= 0xd800 && code < 0xdc00) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex4(at + 2) - 0xdc00);
		at += 6;
	}
	*out = append_character(*out, code);
	return at;
}

size_t kh_json_text_copy(const struct kh_json_text *text, char *out)
{
	const char *at = text->raw, *end = text->raw + text->length;
	char *to = out;

	while (at < end) {
		const char *escape = text->escaped ? memchr(at, '\\', (size_t)(end - at)) : NULL;
		size_t plain = (size_t)((escape ? escape : end) - at);

		memcpy(to, at, plain);
		to += plain;
		at = escape ? append_escape(escape + 1, &to) : end;
	}
	*to = '\0';
	return (size_t)(to - out);
}

bool kh_json_text_short(const struct kh_json_text *text, char *out, size_t size)
{
	char whole[512];
	size_t length;

	out[0] = '\0';
	if (text->length >= sizeof(whole))
		return false;
	length = kh_json_text_copy(text, whole);
	if (length >= size || memchr(whole, '\0', length))
		return false;
	memcpy(out, whole, length + 1);
	return true;
}

bool kh_json_text_is(const struct kh_json_text *text, const char *word, size_t length)
{
	char plain[128];

	if (!text->escaped)
		return text->length == length && memcmp(text->raw, word, length) == 0;
	return kh_json_text_short(text, plain, sizeof(plain)) && strcmp(plain, word) == 0;
}

bool kh_json_integer(struct kh_json *json, int64_t *value)
{
	char *end;
	bool whole;

	errno = 0;
	*value = strtoll(json->at, &end, 10);
	whole = errno == 0 && *end != '.' && *end != 'e' && *end != 'E';
	json->at = end + strspn(end, "0123456789.eE+-");
	return whole;
}

bool kh_json_boolean(struct kh_json *json)
{
	bool value = *json->at == 't';

	json->at += value ? 4 : 5;
	return value;
}

static void skip_scalar(struct kh_json *json)
{
	if (*json->at == '"')
		(void)kh_json_text(json);
	else
		json->at += strcspn(json->at, ",]} \n\r\t");
}

void kh_json_skip(struct kh_json *json)
{
	size_t depth = 0;

	do {
		skip_space(json);
		if (*json->at == '{' || *json->at == '[') {
			depth++;
			json->at++;
		} else if (*json->at == '}' || *json->at == ']') {
			depth--;
			json->at++;
		} else if (*json->at == ',' || *json->at == ':') {
			json->at++;
		} else {
			skip_scalar(json);
		}
	} while (depth > 0);
}
