/* PKCS#11 URIs: RFC 7512. */
#include <string.h>

#include "token/uri.h"
#include "unit.h"

static const struct kh_token_name name = {
	.manufacturer = "Feitian (飞天)", .model = "ePass/2003", .serial = "00 12;ab", .label = "测试Key 100%"};

static void test_build_and_match(void **state)
{
	struct kh_buffer uri = {0};

	(void)state;
	kh_uri_append(&uri, &name);
	assert_string_equal(uri.data,
			    "pkcs11:model=ePass%2F2003;manufacturer=Feitian%20(%E9%A3%9E%E5%A4%A9)"
			    ";serial=00%2012%3Bab;token=%E6%B5%8B%E8%AF%95Key%20100%25");
	assert_true(kh_uri_matches(uri.data, &name));
	kh_buffer_finish(&uri);
}

static void test_rows(void **state)
{
	static const struct {
		const char *uri;
		bool matches;
	} rows[] = {
		{"pkcs11:serial=00%2012%3Bab", true},
		{"pkcs11:serial=00%2012%3bab", true},
		{"pkcs11:serial=00%2012%3bab;", true},
		{"pkcs11:serial=00%2012%3bab?pin-source=x", true},
		{"pkcs11:serial=00%2012%3Bab;model=other", false},
		{"pkcs11:serial=00%2012", false},
		{"pkcs11:serial=", false},
		{"pkcs11:", false},
		{"pkcs11:?x=y", false},
		{"serial=00%2012%3Bab", false},
		{"pkcs11:object=x", false},
		{"pkcs11:serial=00%2012%3Bab;object=x", false},
		{"pkcs11:serial", false},
		{"pkcs11:serial=%0", false},
		{"pkcs11:serial=%zz", false},
		{"pkcs11:serial=00%00", false},
		{"pkcs11:SERIAL=00%2012%3Bab", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (kh_uri_matches(rows[i].uri, &name) != rows[i].matches)
			fail_msg("%s", rows[i].uri);
	}
}

static void test_too_long(void **state)
{
	char uri[256] = "pkcs11:serial=";

	(void)state;
	memset(uri + strlen(uri), 'a', 200);
	assert_false(kh_uri_matches(uri, &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_and_match),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
