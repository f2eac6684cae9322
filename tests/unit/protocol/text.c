/*
 * Texts with values in them, and the names of enum values.
 */
#include <string.h>

#include "contract.h"
#include "field.h"
#include "text.h"
#include "unit.h"

static void check(const char *template, const char *const *values, const char *expected)
{
	struct kh_buffer out = {0};

	kh_buffer_append_text(&out, "");
	kh_fill(&out, template, values);
	assert_string_equal(out.data, expected);
	kh_buffer_finish(&out);
}

static void test_fill(void **state)
{
	static const char *const values[] = {"a", "1", "bc", "{a}", "none", NULL, "empty", "", NULL};

	(void)state;
	check("", values, "");
	check("plain", NULL, "plain");
	check("{a}-{bc}", values, "1-{a}");
	check("{unknown}|{none}|{empty}", values, "||");
	check("x[ {a}][ {none}] y", values, "x 1 y");
	check("x[ {a} {empty}].", values, "x.");
	check("[{a}]", NULL, "");
}

static void test_texts(void **state)
{
	static const char *const values[] = {"version", "1.0", NULL};
	struct kh_buffer out = {0};

	(void)state;
	kh_text(&out, "zh-CN", "environment.agent.ok", values);
	assert_string_equal(out.data, "数字证书控件 1.0 运行正常。");
	kh_buffer_cut(&out, 0);
	kh_text(&out, "fr", "environment.agent.ok", values);
	assert_string_equal(out.data, "Key agent 1.0 is running.");
	kh_buffer_finish(&out);
}

static void test_every_text_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < kh_text_rows_count; i++) {
		struct kh_buffer out = {0};
		kh_text(&out, "zh", kh_text_rows[i].key, NULL);
		kh_text(&out, "en", kh_text_rows[i].key, NULL);
		assert_true(out.length > 0);
		kh_buffer_finish(&out);
	}
}

static void test_enums(void **state)
{
	(void)state;
	assert_string_equal(kh_enum_text(&kh_key_type_names, KH_KEY_TYPE_EC_P256), "ec-p256");
	assert_null(kh_enum_text(&kh_key_type_names, KH_KEY_TYPE_NONE));
	assert_null(kh_enum_text(&kh_key_type_names, 99));
	assert_null(kh_enum_text(&kh_key_type_names, -1));
	assert_int_equal(kh_enum_value(&kh_key_type_names, "sm2"), KH_KEY_TYPE_SM2);
	assert_int_equal(kh_enum_value(&kh_key_type_names, "SM2"), 0);
	assert_int_equal(kh_enum_value(&kh_next_names, "none"), KH_NEXT_NONE);
	assert_int_not_equal(KH_NEXT_NONE, KH_NEXT_UNSET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_text_is_found),
		cmocka_unit_test(test_enums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
