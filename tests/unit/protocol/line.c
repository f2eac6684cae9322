/*
 * Values within a line that people read.
 */
#include "line.h"

#include "unit.h"

static const struct {
	const char *text, *shown;
} rows[] = {
	{"", ""},
	{"测试Key 1", "测试Key 1"},
	{"  a  b ", "a b"},
	{"a\nb\r\n\tc\x7f"
	 "d\x1b[31m",
	 "a b c d [31m"},
	{"a\xc2\x85"
	 "b\xe2\x80\xa8"
	 "c\xe2\x80\xa9"
	 "d",
	 "a b c d"},
	/* U+3000, U+00A0, U+2800, U+3164: blanks of every kind that would fill up a line */
	{"a\xe3\x80\x80\xe3\x80\x80\xc2\xa0\xe2\xa0\x80\xe3\x85\xa4"
	 "b",
	 "a b"},
	/* U+202E, U+2066, U+200F, U+061C: turned around */
	{"\xe2\x80\xae"
	 "a\xe2\x81\xa6"
	 "b\xe2\x80\x8f\xd8\x9c"
	 "c",
	 "abc"},
	/* U+200B, U+FEFF, U+E0041: not to be seen */
	{"a\xe2\x80\x8b"
	 "b\xef\xbb\xbf"
	 "c\xf3\xa0\x81\x81",
	 "abc"},
	/* U+845B U+E0100: a variant of a Chinese character */
	{"\xe8\x91\x9b\xf3\xa0\x84\x80", "\xe8\x91\x9b\xf3\xa0\x84\x80"},
	{"a\xff\xe5\xb1", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"12345678", "12345678"},
	{"一二三四五六七八", "一二三四五六七八"},
	{"12345678\n", "12345678"},
	{"123456789", "12345678…"},
	{"一二三四五六七八九", "一二三四五六七八…"},
	{"1234567 89", "1234567…"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t most = i < 4 ? 80 : 8;
		struct kh_buffer out = {0};

		kh_line_append(&out, rows[i].text, most);
		assert_string_equal(out.data, rows[i].shown);
		kh_buffer_finish(&out);
	}
}

static void test_appends(void **state)
{
	struct kh_buffer out = {0};

	(void)state;
	kh_buffer_append_text(&out, "a:");
	kh_line_append(&out, "\nb", 4);
	assert_string_equal(out.data, "a:b");
	kh_buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_appends)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
