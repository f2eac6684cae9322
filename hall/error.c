/* The error table, its texts and its JSON. */
#include "error.h"

#include <stdio.h>
#include <string.h>

static const struct row {
	const char *name;
	int number;
	int status;
	const char *zh;
	const char *en;
} rows[HALL_CODE_COUNT] = {
#define ROW(constant, name, number, status, zh, en) [HALL_E_##constant] = {name, number, status, zh, en},
	HALL_ERRORS(ROW)
#undef ROW
};

enum hall_code hall_fail(struct hall_error *error, enum hall_code code)
{
	if (error)
		*error = (struct hall_error){.code = code};
	return code;
}

enum hall_code hall_fail_field(struct hall_error *error, const char *field)
{
	hall_fail(error, HALL_E_INPUT_INVALID);
	if (error)
		snprintf(error->field, sizeof(error->field), "%s", field);
	return HALL_E_INPUT_INVALID;
}

enum hall_code hall_fail_what(struct hall_error *error, enum hall_code code, const char *what)
{
	hall_fail(error, code);
	if (error)
		snprintf(error->what, sizeof(error->what), "%s", what);
	return code;
}

enum hall_code hall_fail_state(struct hall_error *error, const char *state)
{
	hall_fail(error, HALL_E_ORDER_STATE);
	if (error)
		snprintf(error->state, sizeof(error->state), "%s", state);
	return HALL_E_ORDER_STATE;
}

enum hall_code hall_fail_call(struct hall_error *error, const char *call, const char *value)
{
	fprintf(stderr, "keyhall-hall: %s failed: %s\n", call, value);
	return hall_fail(error, HALL_E_FAILED);
}

const char *hall_code_name(enum hall_code code)
{
	return rows[code].name ? rows[code].name : "";
}

enum hall_code hall_code_of(const char *name)
{
	for (int code = 1; code < HALL_CODE_COUNT; code++)
		if (strcmp(rows[code].name, name) == 0)
			return (enum hall_code)code;
	return HALL_OK;
}

int hall_code_status(enum hall_code code)
{
	return code == HALL_OK ? 200 : rows[code].status;
}

static const char *placeholder(const struct hall_error *error, const char *name, size_t length)
{
	const struct {
		const char *name;
		const char *value;
	} values[] = {{"field", error->field},
		      {"what", error->what},
		      {"opens", error->opens},
		      {"closes", error->closes},
		      {"state", error->state}};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (strlen(values[i].name) == length && memcmp(values[i].name, name, length) == 0)
			return values[i].value;
	return "";
}

static json_t *text(const struct hall_error *error, const char *pattern)
{
	char out[512];
	size_t used = 0;

	while (*pattern != '\0' && used < sizeof(out) - 1) {
		const char *end = *pattern == '{' ? strchr(pattern, '}') : NULL;
		if (!end) {
			out[used++] = *pattern++;
			continue;
		}
		const char *value = placeholder(error, pattern + 1, (size_t)(end - pattern - 1));
		size_t length = strnlen(value, sizeof(out) - 1 - used);
		memcpy(out + used, value, length);
		used += length;
		pattern = end + 1;
	}
	return json_stringn(out, used);
}

static void add(json_t *object, const char *name, const char *value)
{
	if (value[0] != '\0')
		json_object_set_new(object, name, json_string(value));
}

json_t *hall_error_json(const struct hall_error *error)
{
	const struct row *row = &rows[error->code];
	json_t *object = json_pack("{s:s, s:i, s:{s:o, s:o}}", "name", row->name, "code", row->number, "message", "zh",
				   text(error, row->zh), "en", text(error, row->en));
	if (!object)
		return NULL;
	add(object, "field", error->field);
	add(object, "what", error->what);
	add(object, "opens", error->opens);
	add(object, "closes", error->closes);
	add(object, "state", error->state);
	return object;
}
