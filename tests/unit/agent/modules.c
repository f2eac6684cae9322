/*
 * Which token a URI means (RFC 7512).
 */
#include "token/modules.h"

#include "unit.h"

static const char token[] = "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=76d2;token=%E6%B5%8B";

static const struct {
	const char *asked;
	bool fits;
} cases[] = {
	{token, true},
	{"pkcs11:serial=76d2", true},
	{"pkcs11:token=%E6%B5%8B;serial=76d2", true},
	{"pkcs11:serial=76d2?module-name=x", true},
	{"pkcs11:serial=76d", false},
	{"pkcs11:serial=76d22", false},
	{"pkcs11:serial=76D2", false},
	{"pkcs11:", false},
	{"pkcs11:;", false},
	{"pkcs11:serial=76d2;", true},
	{"pkcs11:serial=76d2;;token=%E6%B5%8B", false},
	{"pkcs11:serial=76d2;object=x", false},
	{"pkcs11:odel=SoftHSM%20v2", false},
	{"serial=76d2", false},
	{"", false},
};

static void test_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (kh_token_uri_fits(cases[i].asked, token) != cases[i].fits)
			fail_msg("%s", cases[i].asked);
	}
}

/* M16: in one module, and in two. */
static void test_ambiguous(void **state)
{
	static char uri[] = "pkcs11:serial=1", other[] = "pkcs11:serial=2", none[] = "pkcs11:serial=";
	static char one[] = "1", empty[] = "", a[] = "a.so", b[] = "b.so", label[] = "Key";
	static const struct {
		struct kh_token_info left, right;
		bool ambiguous;
	} rows[] = {
		{{.token = uri, .serial = one, .module = a}, {.token = uri, .serial = one, .module = a}, true},
		{{.token = uri, .serial = one, .module = a}, {.token = uri, .serial = one, .module = b}, false},
		{{.token = none, .serial = empty, .module = a}, {.token = none, .serial = empty, .module = b}, true},
		{{.token = uri, .serial = one, .module = a}, {.token = other, .serial = one, .module = a}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_token_info tokens[2] = {rows[i].left, rows[i].right};
		struct kh_modules modules = {.count = 2};
		struct kh_error error = {0};

		tokens[0].label = tokens[1].label = label;
		modules.items[0].tokens = (struct kh_host_token_list_result){&tokens[0], 1};
		modules.items[1].tokens = (struct kh_host_token_list_result){&tokens[1], 1};
		assert_int_equal(kh_modules_ambiguous(&modules, tokens[0].token, &error), rows[i].ambiguous);
		assert_string_equal(error.label, rows[i].ambiguous ? "Key" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_uris), cmocka_unit_test(test_ambiguous)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
