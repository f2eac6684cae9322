/*
 * Filling errors, and their names.
 */
#include "error.h"

#include <stdio.h>
#include <string.h>

#include "code_row.h"

enum kh_code kh_fail(struct kh_error *error, enum kh_code code)
{
	if (error)
		*error = (struct kh_error){.code = code};
	return code;
}

enum kh_code kh_fail_field(struct kh_error *error, const char *field)
{
	if (error) {
		*error = (struct kh_error){.code = KH_REQUEST_INVALID};
		snprintf(error->field, sizeof(error->field), "%s", field);
	}
	return KH_REQUEST_INVALID;
}

enum kh_code kh_fail_call(struct kh_error *error, enum kh_code code, const char *call, const char *value)
{
	if (error) {
		*error = (struct kh_error){.code = code};
		snprintf(error->call, sizeof(error->call), "%s", call);
		snprintf(error->value, sizeof(error->value), "%s", value);
	}
	return code;
}

static const struct kh_code_row *row_of(enum kh_code code)
{
	for (size_t i = 0; i < kh_code_rows_count; i++)
		if (kh_code_rows[i].code == (int)code)
			return &kh_code_rows[i];
	return NULL;
}

const char *kh_code_name(enum kh_code code)
{
	const struct kh_code_row *row = row_of(code);

	return row ? row->name : "";
}

enum kh_code kh_code_value(const char *name)
{
	for (size_t i = 0; i < kh_code_rows_count; i++)
		if (strcmp(kh_code_rows[i].name, name) == 0)
			return (enum kh_code)kh_code_rows[i].code;
	return KH_OK;
}

enum kh_retry kh_code_retry(enum kh_code code)
{
	const struct kh_code_row *row = row_of(code);

	return row ? row->retry : KH_RETRY_NONE;
}
