/*
 * Errors: filling and wording.
 */
#include "error.h"

#include <string.h>

#include "text.h"
#include "unit.h"

static void check(const struct kh_error *error, const char *locale, const char *expected)
{
	char text[256];

	kh_error_text(error, locale, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_fill(void **state)
{
	struct kh_error error = {.serial = "old"};

	(void)state;
	assert_int_equal(kh_fail(&error, KH_TOKEN_ABSENT), KH_TOKEN_ABSENT);
	assert_int_equal(error.code, KH_TOKEN_ABSENT);
	assert_string_equal(error.serial, "");
	assert_int_equal(kh_fail_field(&error, "chain.2"), KH_REQUEST_INVALID);
	assert_string_equal(error.field, "chain.2");
	assert_int_equal(kh_fail_call(&error, KH_TOKEN_FAILED, "C_Sign", "CKR_DEVICE_ERROR"), KH_TOKEN_FAILED);
	assert_string_equal(error.call, "C_Sign");
	assert_string_equal(error.value, "CKR_DEVICE_ERROR");
	assert_string_equal(error.field, "");
	assert_int_equal(kh_fail(NULL, KH_TOKEN_BUSY), KH_TOKEN_BUSY);
	assert_int_equal(kh_fail_field(NULL, "x"), KH_REQUEST_INVALID);
	assert_int_equal(kh_fail_call(NULL, KH_TOKEN_FAILED, "x", "y"), KH_TOKEN_FAILED);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(kh_code_name(KH_OK), "");
	assert_string_equal(kh_code_name(KH_PIN_INCORRECT), "pin.incorrect");
	assert_int_equal(kh_code_value("pin.incorrect"), KH_PIN_INCORRECT);
	assert_int_equal(kh_code_value("pin.nothing"), KH_OK);
	assert_int_equal(kh_code_retry(KH_PIN_INCORRECT), KH_RETRY_USER);
	assert_int_equal(kh_code_retry(KH_OK), KH_RETRY_NONE);
}

static void test_words(void **state)
{
	struct kh_error error = {.code = KH_TOKEN_FAILED, .call = "C_Sign"};

	(void)state;
	check(&error, "en", "The key or its driver failed in C_Sign. Plug the key in again and try again.");
	check(&error, "zh-CN", "USB Key 或其驱动程序出错（C_Sign），请重新插拔 USB Key 后重试。");
	check(&error, "ZH", "USB Key 或其驱动程序出错（C_Sign），请重新插拔 USB Key 后重试。");
	check(&error, NULL, "The key or its driver failed in C_Sign. Plug the key in again and try again.");
	(void)kh_fail(&error, KH_TOKEN_FAILED);
	check(&error, "zh", "USB Key 或其驱动程序出错，请重新插拔 USB Key 后重试。");
	check(&error, "en", "The key or its driver failed. Plug the key in again and try again.");
	(void)kh_fail(&error, KH_RENEWAL_WINDOW);
	strcpy(error.opens, "2026-10-23T00:00:00Z");
	strcpy(error.closes, "2027-11-23T00:00:00Z");
	check(&error, "en", "The certificate can be renewed from 2026-10-23 to 2027-11-23.");
	check(&(struct kh_error){0}, "en", "");
}

static void test_words_in_full(void **state)
{
	struct kh_error error = {.code = KH_PIN_INCORRECT};

	(void)state;
	check(&error, "zh", "PIN 码不正确。");
	error.left = KH_PIN_LEFT_MANY;
	check(&error, "zh", "PIN 码不正确。");
	error.left = KH_PIN_LEFT_LOW;
	check(&error, "zh", "PIN 码不正确，连续输错将锁定 USB Key。");
	error.left = KH_PIN_LEFT_LAST;
	check(&error, "en", "The PIN is not correct; one try is left, another wrong PIN locks the key.");
	(void)kh_fail(&error, KH_CERTIFICATE_MISMATCH);
	check(&error, "zh", "证书与订单不符，未写入 USB Key。");
	strcpy(error.what, "spki");
	check(&error, "zh", "证书与订单不符：公钥不一致，未写入 USB Key。");
	strcpy(error.what, "other");
	check(&error, "en", "The certificate does not fit this order: other; it was not written.");
}

static void test_cut_whole_characters(void **state)
{
	struct kh_error error = {.code = KH_TOKEN_UNSUPPORTED};
	char text[8];

	(void)state;
	kh_error_text(&error, "zh", text, sizeof(text));
	assert_string_equal(text, "该 USB");
	kh_error_text(&error, "zh", text, 3);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_in_full),
		cmocka_unit_test(test_cut_whole_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
