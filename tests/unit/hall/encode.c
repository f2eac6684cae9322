/* Encodings against known values, and what strict decoding refuses. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"

static void test_known_values(void **state)
{
	(void)state;
	char hash[HALL_HASH_SIZE];
	hall_hash("abc", 3, hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231, test case 2 */
	assert_true(hall_hmac("Jefe", 4, "what do ya want for nothing?", 28, hash));
	assert_string_equal(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_base64(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *value; /* NULL: refused */
	} url[] = {{"", ""},	   {"Zg", "f"},	       {"Zm8", "fo"}, {"Zm9v", "foo"}, {"-_-_", "\xfb\xff\xbf"},
		   {"Zh", NULL},   {"Zm9", NULL},      {"Z", NULL},   {"Zg==", NULL},  {"Zm9v\n", NULL},
		   {"+/+/", NULL}, {"Zm9v Zm9v", NULL}},
	  plain[] = {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"+/+/", "\xfb\xff\xbf"}, {"Zg", NULL},
		     {"Zg=", NULL}, {"Z===", NULL}, {"Zh==", NULL},  {"-_-_", NULL},	       {"====", NULL}};
	size_t length;
	for (size_t i = 0; i < sizeof(url) / sizeof(*url); i++) {
		uint8_t *out = hall_base64url_decode(url[i].text, strlen(url[i].text), &length);
		assert_int_equal(out != NULL, url[i].value != NULL);
		if (out != NULL)
			assert_string_equal((char *)out, url[i].value);
		free(out);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		uint8_t *out = hall_base64_decode(plain[i].text, strlen(plain[i].text), &length);
		assert_int_equal(out != NULL, plain[i].value != NULL);
		free(out);
	}
}

static void test_names(void **state)
{
	(void)state;
	char a[HALL_NAME_SIZE], b[HALL_NAME_SIZE];
	char number[HALL_NUMBER_SIZE];
	for (int i = 0; i < 1000; i++) {
		assert_true(hall_random_number(number));
		assert_int_equal(strspn(number, "0123456789"), 12);
		assert_true(number[0] != '0' && number[12] == '\0');
	}
	assert_true(hall_random_name(a) && hall_random_name(b));
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
	assert_true(hall_same_secret("same", "same"));
	assert_false(hall_same_secret("same", "sane"));
	assert_false(hall_same_secret("same", "samesame"));
	assert_false(hall_same_secret("", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
