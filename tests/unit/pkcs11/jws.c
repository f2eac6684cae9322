/* Claims as JSON text. */
#include "key/jws.h"

#include <string.h>

#include "key/sign.h"
#include "unit.h"

static void test_claims(void **state)
{
	static const struct kh_claim claims[] = {
		{"order", "A-1", 0},
		{"origin", "https://\"hall\"\\\x01\n山", 0},
		{"iat", NULL, 1763856000},
	};
	struct kh_buffer out = {0};

	(void)state;
	kh_jws_claims(&out, claims, 3);
	assert_string_equal(out.data,
			    "{\"order\":\"A-1\",\"origin\":\"https://\\\"hall\\\"\\\\\\u0001\\u000a山\","
			    "\"iat\":1763856000}");
	kh_buffer_finish(&out);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(kh_sign_jws_name(KH_ANY_KEY_TYPE_RSA3072), "RS256");
	assert_string_equal(kh_sign_jws_name(KH_ANY_KEY_TYPE_EC_P256), "ES256");
	assert_string_equal(kh_sign_jws_name(KH_ANY_KEY_TYPE_EC_P384), "ES384");
	assert_string_equal(kh_sign_jws_name(KH_ANY_KEY_TYPE_ED25519), "EdDSA");
	assert_null(kh_sign_jws_name(KH_ANY_KEY_TYPE_OTHER));
}

/* RFC 7515, appendix C. */
static void test_base64url(void **state)
{
	static const uint8_t bytes[] = {3, 236, 255, 224, 193};
	struct kh_buffer out = {0};

	(void)state;
	kh_base64url_append(&out, bytes, sizeof(bytes));
	assert_string_equal(out.data, "A-z_4ME");
	kh_buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
