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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_uris)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
