/*
 * The secret container.
 */
#include "secret.h"

#include <string.h>

#include "unit.h"

static void test_set(void **state)
{
	unsigned char long_one[KH_SECRET_MAX + 1];
	KH_SECRET secret;

	(void)state;
	kh_secret_init(&secret);
	assert_int_equal(secret.length, 0);
	assert_int_equal(kh_secret_set(&secret, "1234", 4), KH_OK);
	assert_int_equal(secret.length, 4);
	assert_string_equal((const char *)secret.bytes, "1234");
	memset(long_one, 'x', sizeof(long_one));
	assert_int_equal(kh_secret_set(&secret, long_one, sizeof(long_one)), KH_REQUEST_TOO_LARGE);
	assert_int_equal(secret.length, 0);
	assert_int_equal(kh_secret_set(&secret, long_one, KH_SECRET_MAX), KH_OK);
	assert_int_equal(secret.bytes[KH_SECRET_MAX], 0);
	assert_int_equal(kh_secret_set(&secret, NULL, 0), KH_OK);
	assert_int_equal(secret.bytes[0], 0);
}

static void test_finish_wipes(void **state)
{
	static const struct kh_secret zero;
	struct kh_secret secret;

	(void)state;
	assert_int_equal(kh_secret_set(&secret, "secret", 6), KH_OK);
	kh_secret_finish(&secret);
	assert_memory_equal(&secret, &zero, sizeof(zero));
}

static void test_equal(void **state)
{
	KH_SECRET a;
	KH_SECRET b;

	(void)state;
	assert_int_equal(kh_secret_set(&a, "1234", 4), KH_OK);
	assert_int_equal(kh_secret_set(&b, "1234", 4), KH_OK);
	assert_true(kh_secret_equal(&a, &b));
	assert_int_equal(kh_secret_set(&b, "1235", 4), KH_OK);
	assert_false(kh_secret_equal(&a, &b));
	assert_int_equal(kh_secret_set(&b, "1234\0", 5), KH_OK);
	assert_false(kh_secret_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_finish_wipes),
		cmocka_unit_test(test_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
