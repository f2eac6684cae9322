/*
 * What is redacted of a message: every text that is not open, the same one always
 * alike, and nothing of it is left.
 */
#include "redact.h"

#include <stdio.h>
#include <string.h>

#include "contract.h"
#include "field.h"
#include "host_contract.h"
#include "unit.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct kh_key_certificate certificate(void)
{
	return (struct kh_key_certificate){
		.id = (char *)(uintptr_t)HASH,
		.token = (char *)(uintptr_t) "pkcs11:serial=4711;token=ACME",
		.usage = KH_USAGE_SIGN,
		.subject = (char *)(uintptr_t) "CN=山西晋钥",
		.issuer = (char *)(uintptr_t) "CN=CA",
		.serial_number = (char *)(uintptr_t) "0a0b",
		.credit_code = (char *)(uintptr_t) "91140100MA0000001X",
		.not_before = (char *)(uintptr_t) "2026-01-01T00:00:00Z",
		.not_after = (char *)(uintptr_t) "2027-01-01T00:00:00Z",
		.key_type = KH_ANY_KEY_TYPE_EC_P256,
		.pem = (char *)(uintptr_t) "-----BEGIN CERTIFICATE-----",
	};
}

static void test_certificate(void **state)
{
	static const char expected[] =
		"{\"id\":\"0000000000000000000000000000000000000000000000000000000000000001\","
		"\"token\":\"pkcs11:tokenUri-1\",\"usage\":\"sign\",\"subject\":\"subject-1\","
		"\"issuer\":\"issuer-1\",\"serialNumber\":\"serialNumber-1\",\"creditCode\":\"creditCode-1\","
		"\"notBefore\":\"2026-01-01T00:00:00Z\",\"notAfter\":\"2027-01-01T00:00:00Z\","
		"\"keyType\":\"ec-p256\",\"pem\":\"pem-1\"}";
	struct kh_key_certificate one = certificate();
	struct kh_pseudonyms pseudonyms = {0};
	struct kh_buffer text = {0};

	(void)state;
	assert_int_equal(kh_redact(&pseudonyms, &kh_key_certificate_type, &one, &text), KH_OK);
	assert_string_equal(text.data, expected);
	kh_buffer_cut(&text, 0);
	one.serial_number = (char *)(uintptr_t) "0a0c";
	assert_int_equal(kh_redact(&pseudonyms, &kh_key_certificate_type, &one, &text), KH_OK);
	assert_non_null(strstr(text.data, "\"serialNumber\":\"serialNumber-2\""));
	assert_non_null(strstr(text.data, "\"subject\":\"subject-1\""));
	kh_buffer_finish(&text);
	kh_pseudonyms_finish(&pseudonyms);
}

/* Secrets leave not even a pseudonym; what is redacted can be read again. */
static void test_envelope(void **state)
{
	struct kh_encryption one = {
		.certificate = (char *)(uintptr_t) "x",
		.envelope = {(uint8_t *)(uintptr_t) "secret", 6},
		.format = KH_IMPORT_ALGORITHM_RSA_AES_KW,
	};
	struct kh_encryption back;
	struct kh_pseudonyms pseudonyms = {0};
	struct kh_buffer text = {0};

	(void)state;
	assert_int_equal(kh_redact(&pseudonyms, &kh_encryption_type, &one, &text), KH_OK);
	assert_non_null(strstr(text.data, "\"envelope\":\"\""));
	assert_int_equal(kh_decode(&kh_encryption_type, text.data, text.length, &back, NULL), KH_OK);
	assert_int_equal(back.envelope.length, 0);
	kh_clear(&kh_encryption_type, &back);
	kh_buffer_finish(&text);
	kh_pseudonyms_finish(&pseudonyms);
}

/* An id may be any text of the page's, an error's data names a key. */
static void test_messages(void **state)
{
	const struct kh_method *method = &kh_contract.methods[KH_METHOD_TOKEN_LIST];
	const struct kh_message asked = {.id = {.kind = KH_ID_TEXT, .text = "ACME"}, .method = method};
	const struct kh_message odd = {.id = {.kind = KH_ID_NONE}};
	const struct kh_error failure = {.code = KH_TOKEN_AMBIGUOUS, .label = "ACME", .call = "C_Login"};
	struct kh_pseudonyms pseudonyms = {0};
	struct kh_buffer text = {0};

	(void)state;
	kh_redact_error(&pseudonyms, &asked, &failure, &text);
	assert_string_equal(text.data,
			    "{\"id\":\"id-1\",\"method\":\"token.list\",\"error\":{\"name\":\"token.ambiguous\","
			    "\"retry\":\"user\",\"label\":\"label-1\",\"call\":\"C_Login\"}}");
	kh_buffer_cut(&text, 0);
	kh_redact_error(&pseudonyms, &odd, &failure, &text);
	assert_non_null(strstr(text.data, "{\"error\":{\"name\":\"token.ambiguous\""));
	kh_buffer_finish(&text);
	kh_pseudonyms_finish(&pseudonyms);
}

static void test_many(void **state)
{
	struct kh_pseudonyms pseudonyms = {0};
	char text[16];

	(void)state;
	for (unsigned i = 1; i <= KH_PSEUDONYMS_MAX; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(kh_pseudonym_of(&pseudonyms, "serial", text), i);
	}
	assert_int_equal(kh_pseudonym_of(&pseudonyms, "serial", "one more"), 0);
	assert_int_equal(kh_pseudonym_of(&pseudonyms, "serial", "1"), 1);
	kh_pseudonyms_finish(&pseudonyms);
}

static bool is_open(const struct kh_type *type, const char *name)
{
	for (size_t i = 0; i < type->count; i++) {
		if (strcmp(type->fields[i].name, name) == 0)
			return !type->fields[i].alias;
	}
	fail_msg("%s has no %s", type->name, name);
	return false;
}

static void test_open(void **state)
{
	(void)state;
	assert_true(is_open(&kh_error_data_type, "name"));
	assert_true(is_open(&kh_token_info_type, "model"));
	assert_false(is_open(&kh_token_info_type, "serial"));
	assert_false(is_open(&kh_token_info_type, "label"));
	assert_false(is_open(&kh_host_host_configure_params_type, "init"));
	assert_true(is_open(&kh_host_host_called_params_type, "function"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificate), cmocka_unit_test(test_envelope), cmocka_unit_test(test_messages),
		cmocka_unit_test(test_many),	    cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
