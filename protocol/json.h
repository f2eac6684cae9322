/*
 * JSON text (RFC 8259), read in place: no tree, no copy, no memory.
 *
 * kh_json_check() reads all of a text once and says whether it is JSON: one
 * value, UTF-8, no lone surrogates, no deeper than allowed. Behind it stands a
 * cursor, and reading with the cursor cannot fail any more; what a value means
 * is the caller's question. Duplicate names are the caller's too.
 *
 *     kh_json_enter(&json);
 *     while (kh_json_more(&json)) {
 *             struct kh_json_text name = kh_json_name(&json);
 *             ... one value is read or skipped ...
 *     }
 *
 * A library would do; the one that is on every system, jansson, needs 3 ms for a
 * list of 100 certificates, this 0.2. tests/fuzz holds the two against each other.
 */
#ifndef KH_JSON_H
#define KH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At the first character of a value. */
struct kh_json {
	const char *at;
};

enum kh_json_kind { KH_JSON_OBJECT, KH_JSON_ARRAY, KH_JSON_TEXT, KH_JSON_NUMBER, KH_JSON_BOOLEAN, KH_JSON_NULL };

struct kh_json_fault {
	bool deep; /* nested deeper than allowed; else it is no JSON */
	size_t line;
	size_t column; /* in characters, from 1 */
};

/* json points into text, which must stay as it is. */
bool kh_json_check(const char *text, size_t length, size_t depth_max, struct kh_json *json,
		   struct kh_json_fault *fault);

enum kh_json_kind kh_json_kind(const struct kh_json *json);

/* Into an object or array; then before its next member or item, or behind it. */
void kh_json_enter(struct kh_json *json);
bool kh_json_more(struct kh_json *json);

/* A string as it stands between its quotes. */
struct kh_json_text {
	const char *raw;
	size_t length;
	bool escaped;
};
struct kh_json_text kh_json_text(struct kh_json *json);
/* A member's name; json is then at its value. */
struct kh_json_text kh_json_name(struct kh_json *json);
/* The string itself, NUL behind it; out has room for length + 1. Returns its
 * length, which may include NULs. */
size_t kh_json_text_copy(const struct kh_json_text *text, char *out);
/* A short string; false when it does not fit or has a NUL in it. */
bool kh_json_text_short(const struct kh_json_text *text, char *out, size_t size);

/* Whether it is this word, however it was escaped. */
bool kh_json_text_is(const struct kh_json_text *text, const char *word, size_t length);

/* false: the number is no integer of 64 bits. */
bool kh_json_integer(struct kh_json *json, int64_t *value);
bool kh_json_boolean(struct kh_json *json);
void kh_json_skip(struct kh_json *json);

/* How many bytes from here are ASCII that stands for itself in a JSON string. */
size_t kh_json_plain(const char *text, const char *end);

#endif
