/*
 * Where in a JSON text a byte is.
 */
#include "place.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *text; /* up to the place */
	const char *path;
} cases[] = {
	{"", ""},
	{"{", ""},
	{"{\"a\"", "a"},
	{" {\"a\" : {\"b\":[1,{\"c\":\"}],\", \"d\"", "a.b.1.d"},
	{"{\"a\":{\"b\":1},\"c\":9", "c"},
	{"[[1,2],[3", "1.0"},
	{"]}{\"a\"", "a"},
	{"{\"a\\\"b\":{\"c\"", ""},
	{"{\"a\":{\"123\":{\"c\"", "a"},
	{"{\"a\":{\"x\\\\\":1,\"y\"", "a.y"},
	{"{\"a\":\"\\\\\\\"}\",\"b\":0", "b"},
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kh_place place;
		char path[32];

		assert_true(kh_place_find(&place, cases[i].text, strlen(cases[i].text), 8));
		kh_place_text(&place, 0, path, sizeof(path));
		assert_string_equal(path, cases[i].path);
	}
}

static void test_parts(void **state)
{
	static const char text[] = "{\"params\":{\"order\":[1,2";
	struct kh_place place;
	char path[32], brief[8];

	(void)state;
	assert_true(kh_place_find(&place, text, sizeof(text) - 1, 8));
	kh_place_text(&place, 1, path, sizeof(path));
	assert_string_equal(path, "order.1");
	kh_place_text(&place, 3, path, sizeof(path));
	assert_string_equal(path, "");
	kh_place_text(&place, 0, brief, sizeof(brief));
	assert_string_equal(brief, "params.");
}

static void test_depth(void **state)
{
	struct kh_place place;
	char deep[KH_DEPTH_MAX + 1];

	(void)state;
	assert_true(kh_place_find(&place, "[[{}]]", 6, 3));
	assert_int_equal(place.depth, 0);
	assert_false(kh_place_find(&place, "[[{}]]", 6, 2));
	assert_int_equal(place.depth, 0);
	assert_true(kh_place_find(&place, "[\"[[\\\"[[\"]", 10, 1));
	memset(deep, '[', sizeof(deep));
	assert_true(kh_place_find(&place, deep, KH_DEPTH_MAX, SIZE_MAX));
	assert_int_equal(place.depth, KH_DEPTH_MAX);
	assert_false(kh_place_find(&place, deep, KH_DEPTH_MAX + 1, SIZE_MAX));
}

static void test_names(void **state)
{
	(void)state;
	assert_true(kh_may_repeat("keyType", 7));
	assert_true(kh_may_repeat("a-b_3", 5));
	assert_false(kh_may_repeat("", 0));
	assert_false(kh_may_repeat("3a", 2));
	assert_false(kh_may_repeat("a b", 3));
	assert_false(kh_may_repeat("\xe4\xb8\xad", 3));
	assert_false(kh_may_repeat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
