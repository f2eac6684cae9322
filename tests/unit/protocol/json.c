/*
 * The JSON reader by itself: what is JSON and what is not (RFC 8259), and the
 * cursor.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *const good[] = {
	"0", " -0 ", "10", "-1.5", "1e5", "1E+05", "0.1e-2", "true", "false", "null", "\"\"", "[]", "{}", "[ ]", "{ }",
	"[1,2]", "[[],[]]", "{\"\":0}", "{\"a\":{\"b\":[null]}}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\\uFFfe\"",
	"\"\\ud83d\\ude00\"", "\"\x7f\"", "\"中\xf0\x9f\x98\x80\"", "\t\r\n1\n", "{\"a\":1,\"a\":2}", "12345678901234567890123",
};

static const char *const bad[] = {
	"", " ", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "truex", "True", "nul",
	"\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"",
	"\"\x1f\"", "\"\x80\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe4\xb8\"", "\"\xe4\"", "'a'",
	"[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
	"{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\"::1}", "{,}", "[}", "{]", "1 2", "// x\n1", "\xef\xbb\xbf[]", "[1\f]",
};

/* In a block of its very own length, so that a sanitizer sees one byte too many. */
static bool check(const char *text, size_t length)
{
	char *exact = malloc(length + (length == 0));
	struct kh_json json;
	struct kh_json_fault fault;
	bool result;

	assert_non_null(exact);
	memcpy(exact, text, length);
	result = kh_json_check(exact, length, 8, &json, &fault);
	free(exact);
	return result;
}

static void test_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!check(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (check(bad[i], strlen(bad[i])))
			fail_msg("accepted: %s", bad[i]);
	assert_false(check("1\0", 2));
	assert_false(check("\"a\0b\"", 5));
	assert_false(check("tr", 2));
}

/* Every beginning of a text is no JSON, and none is read past its end. */
static void test_truncated(void **state)
{
	static const char text[] = "{\"a\\u4e2d\\ud83d\\ude00中文\":[1.5e+10,true,false,null,{\"bbbbbbbbbbbbbbbb\":\"\\\\\"}]}";

	(void)state;
	assert_true(check(text, sizeof(text) - 1));
	for (size_t length = 0; length < sizeof(text) - 1; length++)
		assert_false(check(text, length));
}

static void test_depth(void **state)
{
	struct kh_json json;
	struct kh_json_fault fault = {0};

	(void)state;
	assert_true(kh_json_check("[[{}]]", 6, 3, &json, &fault));
	assert_false(kh_json_check("[[{}]]", 6, 2, &json, &fault));
	assert_true(fault.deep);
	assert_false(kh_json_check("[[],[x]]", 8, 2, &json, &fault));
	assert_false(fault.deep);
	assert_int_equal(fault.column, 6);
}

static void test_place(void **state)
{
	static const char text[] = "{\n\"中文\": \"a\",\n  ?";
	struct kh_json json;
	struct kh_json_fault fault;

	(void)state;
	assert_false(kh_json_check(text, sizeof(text) - 1, 8, &json, &fault));
	assert_int_equal(fault.line, 3);
	assert_int_equal(fault.column, 3);
	assert_false(kh_json_check("{\"中文\" 1}", 13, 8, &json, &fault));
	assert_int_equal(fault.line, 1);
	assert_int_equal(fault.column, 7);
}

static void expect_text(const char *json_text, const char *expected, size_t length)
{
	struct kh_json json;
	struct kh_json_fault fault;
	struct kh_json_text text;
	char out[128];

	assert_true(kh_json_check(json_text, strlen(json_text), 8, &json, &fault));
	text = kh_json_text(&json);
	assert_int_equal(kh_json_text_copy(&text, out), length);
	assert_memory_equal(out, expected, length + 1);
	assert_ptr_equal(json.at, json_text + strlen(json_text));
}

static void test_texts(void **state)
{
	(void)state;
	expect_text("\"\"", "", 0);
	expect_text("\"plain\"", "plain", 5);
	expect_text("\"\\\\\"", "\\", 1);
	expect_text("\"\\\"\\\\\\\"\"", "\"\\\"", 3);
	expect_text("\"a\\b\\f\\n\\r\\t\\/z\"", "a\b\f\n\r\t/z", 8);
	expect_text("\"\\u0041\\u00e9\\u4E2D\\ud83d\\ude00\"", "A\xc3\xa9中\xf0\x9f\x98\x80", 10);
	expect_text("\"\\uffff\\u07ff\\u0800\\u0080\"", "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80\xc2\x80", 10);
	expect_text("\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4);
	expect_text("\"a\\u0000b\"", "a\0b", 3);
}

static void test_short(void **state)
{
	struct kh_json_text text = {"abc", 3, false}, nul = {"\\u0000", 6, true}, escaped = {"\\u0061bc", 8, true};
	char out[4];

	(void)state;
	assert_true(kh_json_text_short(&text, out, 4));
	assert_string_equal(out, "abc");
	assert_false(kh_json_text_short(&text, out, 3));
	assert_string_equal(out, "");
	assert_false(kh_json_text_short(&nul, out, 4));
	assert_true(kh_json_text_is(&text, "abc", 3));
	assert_true(kh_json_text_is(&escaped, "abc", 3));
	assert_false(kh_json_text_is(&text, "ab", 2));
	assert_false(kh_json_text_is(&escaped, "abd", 3));
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t value;
	} rows[] = {
		{"[0]", true, 0},     {"[-5 ]", true, -5},  {"[9223372036854775807]", true, INT64_MAX},
		{"[1.0]", false, 0},  {"[1e3]", false, 0},  {"[-9223372036854775808]", true, INT64_MIN},
		{"[1.5e+3]", false, 0}, {"[9223372036854775808]", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_json json;
		struct kh_json_fault fault;
		int64_t value;

		assert_true(kh_json_check(rows[i].text, strlen(rows[i].text), 8, &json, &fault));
		kh_json_enter(&json);
		assert_true(kh_json_more(&json));
		assert_int_equal(kh_json_integer(&json, &value), rows[i].whole);
		assert_true(!rows[i].whole || value == rows[i].value);
		assert_false(kh_json_more(&json));
	}
}

static void test_skip(void **state)
{
	static const char text[] = " { \"a\" : [ { \"x\\\"]\" : \"}]\" } , 1.5e3 , true ] , "
				   "\"b\" : -7 , \"c\":{},\"d\":\"\\\\\",\"e\":null} ";
	struct kh_json json;
	struct kh_json_fault fault;
	char names[16] = "";

	(void)state;
	assert_true(kh_json_check(text, sizeof(text) - 1, 8, &json, &fault));
	kh_json_enter(&json);
	while (kh_json_more(&json)) {
		struct kh_json_text name = kh_json_name(&json);
		strncat(names, name.raw, name.length);
		kh_json_skip(&json);
	}
	assert_string_equal(names, "abcde");
	assert_ptr_equal(json.at, text + sizeof(text) - 2);
}

static void test_plain(void **state)
{
	char text[40];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (int c = 0; c < 256; c++) {
			bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(kh_json_plain(text, text + sizeof(text)), plain ? sizeof(text) : at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),  cmocka_unit_test(test_truncated), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_place),    cmocka_unit_test(test_texts),     cmocka_unit_test(test_short),
		cmocka_unit_test(test_integers), cmocka_unit_test(test_skip),      cmocka_unit_test(test_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
