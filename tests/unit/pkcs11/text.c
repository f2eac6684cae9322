/* Texts of tokens: UTF-8, GBK, binary numbers, padding of all kinds. */
#include "token/text.h"

#include <string.h>

#include "unit.h"

static void test_rows(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *text;
	} rows[] = {
		{"0042            ", 16, "0042"},
		{"0042\0\0\0\0  \0 ", 12, "0042"},
		{"                ", 16, ""},
		{"\0\0\0\0", 4, ""},
		{" a b ", 5, " a b"},
		{"\xe6\xb5\x8b\xe8\xaf\x95Key  ", 11, "测试Key"},
		{"\xb2\xe2\xca\xd4Key     ", 12, "测试Key"},
		/* Four bytes of GB18030: a rare character. */
		{"\x95\x32\x82\x36  ", 6, "\xf0\xa0\x80\x80"},
		/* Neither: a number in binary, with and without high bytes. */
		{"\x01\x02\x03 ", 4, "010203"},
		{"\xff\xfe\x01\x80", 4, "fffe0180"},
		{"a\0b ", 4, "610062"},
		{"a\x7f", 2, "617f"},
		/* Full to the end, the last character cut: UTF-8 and GBK. */
		{"\xe6\xb5\x8b\xe8\xaf\x95\xe6\xb5", 8, "测试"},
		{"ab \xe6\xb5", 5, "ab"},
		{"\xb2\xe2\xca\xd4\xb2", 5, "测试"},
		/* Half a character before padding is no text. */
		{"\xe6\xb5\x8b\xe8\xaf ", 6, "e6b58be8af"},
		{"\xb2\xe2\xca ", 4, "b2e2ca"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[KH_TOKEN_TEXT_SIZE(16)];

		kh_token_text(text, (const uint8_t *)rows[i].bytes, rows[i].length);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_longest(void **state)
{
	char text[KH_TOKEN_TEXT_SIZE(32)];
	uint8_t field[32];

	(void)state;
	memset(field, 0xff, sizeof(field));
	kh_token_text(text, field, sizeof(field));
	assert_int_equal(strlen(text), 64);
	for (size_t i = 0; i < sizeof(field); i += 2) {
		field[i] = 0xb2;
		field[i + 1] = 0xe2;
	}
	kh_token_text(text, field, sizeof(field));
	assert_int_equal(strlen(text), 48);
	assert_memory_equal(text, "测测", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
