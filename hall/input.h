/*
 * Reading what a page sends: a JSON object against a short table. Unknown,
 * missing, too long and wrongly typed members are input.invalid with the
 * member's dotted name.
 */
#ifndef HALL_INPUT_H
#define HALL_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum hall_input_kind {
	HALL_INPUT_LINE,   /* const char **; no control characters */
	HALL_INPUT_TEXT,   /* const char **; lines allowed */
	HALL_INPUT_SERIAL, /* const char **; a line of at most max characters of UTF-8, may be empty */
	HALL_INPUT_OBJECT, /* json_t ** */
	HALL_INPUT_NUMBER, /* int64_t *; 0 to max */
	HALL_INPUT_NAMES   /* json_t **; an array of at most 16 short texts, each at most max bytes */
};

struct hall_input {
	const char *name;
	enum hall_input_kind kind;
	bool optional; /* out is left alone when absent */
	size_t max;    /* bytes, characters, or the largest number */
	void *out;     /* valid as long as the object */
};

/* prefix "" or "contact." */
HALL_CHECKED enum hall_code hall_input_read(json_t *object, const char *prefix, const struct hall_input *rows,
					    size_t count, struct hall_error *error);

#endif
