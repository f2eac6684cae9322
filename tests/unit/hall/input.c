/* What a page sends, against a table. */
#include "unit.h"

#include <string.h>

#include "input.h"

static const char *line, *text;
static json_t *object, *names;
static int64_t number;

static enum hall_code read_text(const char *json, struct hall_error *error)
{
	const struct hall_input rows[] = {
		{"line", HALL_INPUT_LINE, false, 5, &line},	 {"text", HALL_INPUT_TEXT, true, 100, &text},
		{"object", HALL_INPUT_OBJECT, true, 0, &object}, {"number", HALL_INPUT_NUMBER, true, 10, &number},
		{"names", HALL_INPUT_NAMES, true, 3, &names},
	};
	json_t *body = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	line = text = NULL;
	enum hall_code code = hall_input_read(body, "x.", rows, 5, error);
	if (code == HALL_OK)
		assert_non_null(line);
	json_decref(body);
	return code;
}

static void test_rows(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		const char *field; /* NULL: taken */
	} rows[] = {
		{"{\"line\":\"12345\"}", NULL},
		{"{\"line\":\"山\",\"text\":\"\",\"object\":{},\"number\":10}", NULL},
		{"{\"line\":\"1\",\"text\":\"a\\nb\\r\\n\"}", NULL},
		{"{}", "x.line"},
		{"{\"line\":\"\"}", "x.line"},
		{"{\"line\":\"123456\"}", "x.line"},
		{"{\"line\":\"a\\nb\"}", "x.line"},
		{"{\"line\":\"a\\u007f\"}", "x.line"},
		{"{\"line\":null}", "x.line"},
		{"{\"line\":[\"a\"]}", "x.line"},
		{"{\"line\":\"a\",\"text\":\"\\t\"}", "x.text"},
		{"{\"line\":\"a\",\"object\":[]}", "x.object"},
		{"{\"line\":\"a\",\"number\":11}", "x.number"},
		{"{\"line\":\"a\",\"number\":-1}", "x.number"},
		{"{\"line\":\"a\",\"number\":1.0}", "x.number"},
		{"{\"line\":\"a\",\"number\":\"1\"}", "x.number"},
		{"{\"line\":\"a\",\"names\":[\"abc\",\"d\"]}", NULL},
		{"{\"line\":\"a\",\"names\":[]}", NULL},
		{"{\"line\":\"a\",\"names\":[\"\"]}", "x.names"},
		{"{\"line\":\"a\",\"names\":[\"abcd\"]}", "x.names"},
		{"{\"line\":\"a\",\"names\":[1]}", "x.names"},
		{"{\"line\":\"a\",\"names\":{}}", "x.names"},
		{"{\"line\":\"a\",\"more\":1}", "x.more"},
		{"{\"line\":\"a\",\"m\\u0001é\":1}", "x.m???"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hall_error error = {0};
		enum hall_code code = read_text(rows[i].json, &error);
		assert_int_equal(code, rows[i].field == NULL ? HALL_OK : HALL_E_INPUT_INVALID);
		assert_string_equal(error.field, rows[i].field == NULL ? "" : rows[i].field);
	}
}

/* Every error has both texts, a status that says failure, and no placeholder left. */
static void test_errors(void **state)
{
	(void)state;
	for (int code = 1; code < HALL_CODE_COUNT; code++) {
		struct hall_error error;
		const char *zh, *en, *name;
		hall_fail(&error, (enum hall_code)code);
		json_t *json = hall_error_json(&error);
		assert_int_equal(
			json_unpack(json, "{s:s, s:{s:s, s:s}}", "name", &name, "message", "zh", &zh, "en", &en), 0);
		assert_true(strlen(zh) > 3 && strlen(en) > 3 && strchr(zh, '{') == NULL && strchr(en, '{') == NULL);
		assert_int_equal(hall_code_of(name), code);
		assert_in_range(hall_code_status((enum hall_code)code), 400, 599);
		json_decref(json);
	}
	assert_int_equal(hall_code_of("nothing"), HALL_OK);
}

static void test_error_members(void **state)
{
	(void)state;
	struct hall_error error;
	hall_fail_what(&error, HALL_E_PROOF_INVALID, "origin");
	json_t *json = hall_error_json(&error);
	assert_string_equal(json_string_value(json_object_get(json, "what")), "origin");
	assert_null(json_object_get(json, "field"));
	assert_non_null(strstr(json_string_value(json_object_get(json_object_get(json, "message"), "en")), "(origin)"));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
