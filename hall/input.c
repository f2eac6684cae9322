/* Reading what a page sends. */
#include "input.h"

#include "encode.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 16

static enum hall_code fail(const char *prefix, const char *name, struct hall_error *error)
{
	char field[64];
	snprintf(field, sizeof(field), "%s%.40s", prefix, name);
	for (char *at = field; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
			*at = '?';
	return hall_fail_field(error, field);
}

static bool has_controls(const char *text, size_t length, bool lines)
{
	for (size_t i = 0; i < length; i++) {
		bool line_end = text[i] == '\n' || text[i] == '\r';
		if (((unsigned char)text[i] < 0x20 && !(line_end && lines)) || text[i] == 0x7f)
			return true;
	}
	return false;
}

static bool is_text(json_t *value, const struct hall_input *row)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	return text && length <= row->max && (length > 0 || row->optional) &&
	       !has_controls(text, length, row->kind == HALL_INPUT_TEXT);
}

static bool is_serial(json_t *value, size_t max)
{
	const char *text = json_string_value(value);
	return text && hall_characters(text) <= max && !has_controls(text, json_string_length(value), false);
}

static bool is_names(json_t *value, size_t max)
{
	size_t i;
	json_t *name;
	if (!json_is_array(value) || json_array_size(value) > NAMES_MAX)
		return false;
	json_array_foreach(value, i,
			   name) if (json_string_length(name) == 0 || json_string_length(name) > max) return false;
	return true;
}

static bool take(json_t *value, const struct hall_input *row)
{
	switch (row->kind) {
	case HALL_INPUT_LINE:
	case HALL_INPUT_TEXT:
		if (!is_text(value, row))
			return false;
		*(const char **)row->out = json_string_value(value);
		return true;
	case HALL_INPUT_SERIAL:
		*(const char **)row->out = json_string_value(value);
		return is_serial(value, row->max);
	case HALL_INPUT_OBJECT:
		*(json_t **)row->out = value;
		return json_is_object(value);
	case HALL_INPUT_NAMES:
		*(json_t **)row->out = value;
		return is_names(value, row->max);
	case HALL_INPUT_NUMBER:
		*(int64_t *)row->out = json_integer_value(value);
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       (uint64_t)json_integer_value(value) <= row->max;
	}
	return false;
}

enum hall_code hall_input_read(json_t *object, const char *prefix, const struct hall_input *rows, size_t count,
			       struct hall_error *error)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		size_t i = 0;
		while (i < count && strcmp(rows[i].name, name) != 0)
			i++;
		if (i == count || !take(value, &rows[i]))
			return fail(prefix, name, error);
	}
	for (size_t i = 0; i < count; i++)
		if (!rows[i].optional && !json_object_get(object, rows[i].name))
			return fail(prefix, rows[i].name, error);
	return HALL_OK;
}
