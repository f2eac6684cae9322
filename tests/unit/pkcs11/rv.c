/* The table of PKCS#11 results, row by row. */
#include <string.h>

#include "token/module.h"
#include "unit.h"

static void test_every_row(void **state)
{
	struct kh_module module;
	struct kh_error error;
	size_t count = 0;

	(void)state;
	kh_module_init(&module, "/somewhere/module.so");
	module.call = "C_Test";
	for (const struct kh_rv *row = kh_rv_table; row->name; row++, count++) {
		assert_ptr_equal(kh_rv_find(row->rv), row);
		assert_int_equal(strncmp(row->name, "CKR_", 4), 0);
		if (row->rv == CKR_OK) {
			assert_int_equal(row->code, KH_OK);
			continue;
		}
		assert_int_not_equal(row->code, KH_OK);
		assert_int_equal(kh_module_fail(&module, row->rv, &error), row->code);
		assert_int_equal(error.code, row->code);
		assert_string_equal(error.call, "C_Test");
		assert_string_equal(error.value, row->name);
		assert_string_equal(error.module, "module.so");
	}
	assert_true(count > 85);
}

static void test_kinds_go_with_codes(void **state)
{
	(void)state;
	for (const struct kh_rv *row = kh_rv_table; row->name; row++) {
		if (row->kind == KH_RV_GONE && row->rv != CKR_OPERATION_ACTIVE)
			assert_int_equal(row->code, KH_TOKEN_REMOVED);
		if (row->kind == KH_RV_MAYBE_GONE)
			assert_int_equal(row->code, KH_TOKEN_FAILED);
		if (row->kind == KH_RV_TEMPLATE || row->kind == KH_RV_MECHANISM)
			assert_int_equal(row->code, KH_TOKEN_UNSUPPORTED);
	}
}

static void test_vendor_result(void **state)
{
	struct kh_module module;
	struct kh_error error;

	(void)state;
	kh_module_init(&module, "module.so");
	module.call = "C_Sign";
	assert_null(kh_rv_find(CKR_VENDOR_DEFINED | 0x15));
	assert_int_equal(kh_module_fail(&module, CKR_VENDOR_DEFINED | 0x15, &error), KH_TOKEN_FAILED);
	assert_string_equal(error.value, "0x80000015");
}

static void test_the_ones_people_meet(void **state)
{
	static const struct {
		CK_RV rv;
		enum kh_code code;
	} rows[] = {
		{CKR_PIN_INCORRECT, KH_PIN_INCORRECT},
		{CKR_PIN_LOCKED, KH_PIN_LOCKED},
		{CKR_PIN_EXPIRED, KH_PIN_EXPIRED},
		{CKR_TOKEN_WRITE_PROTECTED, KH_TOKEN_READONLY},
		{CKR_SESSION_READ_ONLY, KH_TOKEN_READONLY},
		{CKR_USER_PIN_NOT_INITIALIZED, KH_PIN_UNSET},
		{CKR_DEVICE_MEMORY, KH_TOKEN_FULL},
		{CKR_DEVICE_REMOVED, KH_TOKEN_REMOVED},
		{CKR_SESSION_HANDLE_INVALID, KH_TOKEN_REMOVED},
		{CKR_MECHANISM_INVALID, KH_TOKEN_UNSUPPORTED},
		{CKR_GENERAL_ERROR, KH_TOKEN_FAILED},
		{CKR_SESSION_COUNT, KH_TOKEN_BUSY},
		{CKR_USER_NOT_LOGGED_IN, KH_PIN_ENDED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(kh_rv_find(rows[i].rv)->code, rows[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_kinds_go_with_codes),
		cmocka_unit_test(test_vendor_result),
		cmocka_unit_test(test_the_ones_people_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
