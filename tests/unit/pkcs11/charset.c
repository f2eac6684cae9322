/* Texts in UTF-8, GB18030 or neither. */
#include "x509/charset.h"

#include <string.h>

#include "unit.h"

#define TEXT(text) (text), sizeof(text) - 1

static const struct {
	const char *in;
	size_t length;
	const char *text; /* NULL: no text */
} rows[] = {
	{TEXT("plain"), "plain"},
	{TEXT(""), ""},
	{TEXT("山西公司"), "山西公司"},
	{TEXT("\xc9\xbd\xce\xf7\xb9\xab\xcb\xbe"), "山西公司"}, /* GBK */
	{TEXT("ab\xcf\xc4z"), "ab夏z"},
	{TEXT("\x81\x30\x81\x30"), "\xc2\x80"}, /* four bytes of GB18030 */
	{TEXT("a\0b"),
	 "a\xef\xbf\xbd"
	 "b"},
	{TEXT("\xc9\xbd\xce\xf7\0"), "山西\xef\xbf\xbd"},
	{TEXT("山西公\xe5\x8f"), "山西公\xef\xbf\xbd"}, /* cut by a field of fixed size */
	{TEXT("\xff\xfe"), NULL},
	{TEXT("caf\xe9"), NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_buffer out = {0};

		kh_buffer_append_text(&out, ">");
		assert_int_equal(kh_charset_append(&out, rows[i].in, rows[i].length), rows[i].text != NULL);
		assert_string_equal(out.data + 1, rows[i].text ? rows[i].text : "");
		kh_buffer_finish(&out);
	}
}

/* Longer than the pieces it is converted in, and no character may fall between. */
static void test_long(void **state)
{
	char in[3001], expected[4501] = "";
	struct kh_buffer out = {0};

	(void)state;
	for (size_t i = 0; i < 1500; i++) {
		memcpy(in + 2 * i, "\xcf\xc4", 2);
		memcpy(expected + 3 * i, "夏", 4);
	}
	assert_true(kh_charset_append(&out, in, 3000));
	assert_string_equal(out.data, expected);
	kh_buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_long)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
