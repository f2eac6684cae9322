/* Fallbacks: templates of key pairs and mechanisms of signatures. */
#include "key/key.h"

#include <openssl/sha.h>

#include "key/sign.h"
#include "stub.h"

static struct kh_module module;
static struct kh_token token;
static struct kh_order_mark mark;

static int setup(void **state)
{
	(void)state;
	stub_start(&module, &token);
	token.open = true;
	kh_order_mark(&mark, "K-1");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kh_inventory_clear(&token.inventory);
	return 0;
}

static bool has(CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (template[i].type == type)
			return true;
	}
	return false;
}

static CK_RV only_without_unwrap(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
				 CK_ATTRIBUTE_PTR private, CK_ULONG private_count)
{
	(void)mechanism;
	assert_true(has(private, private_count, CKA_ID) && has(public, public_count, CKA_ID));
	if (has(private, private_count, CKA_UNWRAP))
		return CKR_TEMPLATE_INCONSISTENT;
	assert_true(has(private, private_count, CKA_SENSITIVE));
	return CKR_OK;
}

static CK_RV only_little(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
			 CK_ATTRIBUTE_PTR private, CK_ULONG private_count)
{
	(void)mechanism;
	(void)public;
	(void)public_count;
	return has(private, private_count, CKA_SENSITIVE) ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
}

static CK_RV full(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count, CK_ATTRIBUTE_PTR private,
		  CK_ULONG private_count)
{
	(void)mechanism;
	(void)public;
	(void)public_count;
	(void)private;
	(void)private_count;
	return CKR_DEVICE_MEMORY;
}

/* Edwards curves by name only. */
static CK_RV only_named(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
			CK_ATTRIBUTE_PTR private, CK_ULONG private_count)
{
	(void)private;
	(void)private_count;
	assert_int_equal(mechanism->mechanism, CKM_EC_EDWARDS_KEY_PAIR_GEN);
	for (CK_ULONG i = 0; i < public_count; i++) {
		if (public[i].type == CKA_EC_PARAMS)
			return *(uint8_t *)public[i].pValue == 0x13 ? CKR_OK : CKR_DOMAIN_PARAMS_INVALID;
	}
	return CKR_TEMPLATE_INCOMPLETE;
}

/* 11 is a public key, 12 a private one; told: with an RSA key's numbers. */
static bool told;

static CK_RV read_key(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	static const uint8_t number[256] = {0x80};
	const CK_ULONG class = object == 11 ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY, type = CKK_RSA;

	for (CK_ULONG i = 0; i < count; i++) {
		bool modulus = told && (template[i].type == CKA_MODULUS || template[i].type == CKA_PUBLIC_EXPONENT);
		bool number_of = template[i].type == CKA_CLASS || template[i].type == CKA_KEY_TYPE;

		template[i].ulValueLen = modulus     ? sizeof(number)
					 : number_of ? sizeof(class)
						     : CK_UNAVAILABLE_INFORMATION;
		if (modulus)
			memcpy(template[i].pValue, number, sizeof(number));
		else if (number_of)
			memcpy(template[i].pValue, template[i].type == CKA_CLASS ? &class : &type, sizeof(class));
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static void test_templates(void **state)
{
	struct kh_object *key;

	(void)state;
	told = true;
	stub.read = read_key;
	stub.generate = only_without_unwrap;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_RSA2048, &mark, &key, NULL), KH_OK);
	assert_int_equal(called("C_GenerateKeyPair"), 2);
	stub.generate = only_little;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_EC_P256, &mark, &key, NULL), KH_OK);
	assert_int_equal(called("C_GenerateKeyPair"), 5);
	stub.generate = only_named;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_ED25519, &mark, &key, NULL), KH_OK);
}

static void test_full_is_not_tried_again(void **state)
{
	struct kh_object *key;

	(void)state;
	stub.generate = full;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_RSA2048, &mark, &key, NULL), KH_TOKEN_FULL);
	assert_int_equal(called("C_GenerateKeyPair"), 1);
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_SM2, &mark, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_GenerateKeyPair"), 1);
}

/* M9: what cannot be read back goes in the same call. */
static void test_pair_that_does_not_tell_its_key(void **state)
{
	struct kh_object *key;

	(void)state;
	told = false;
	stub.read = read_key;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_RSA2048, &mark, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_DestroyObject"), 2);
	assert_int_equal(token.inventory.count, 0);
}

/* Nothing is made that could not sign; asked once. */
static void test_mechanism_is_asked_for_first(void **state)
{
	struct kh_object *key;

	(void)state;
	told = true;
	stub.read = read_key;
	stub.lacks = CKM_ECDSA;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_EC_P256, &mark, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_EC_P384, &mark, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_GetMechanismInfo"), 1);
	assert_int_equal(called("C_GenerateKeyPair"), 0);
	stub.lacks = CKM_SHA256_RSA_PKCS;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_RSA2048, &mark, &key, NULL), KH_OK);
}

static CK_RV raw_rsa_only(CK_MECHANISM_TYPE type)
{
	return type == CKM_RSA_PKCS ? CKR_OK : CKR_MECHANISM_INVALID;
}

static void test_digest_info_on_the_host(void **state)
{
	static const char message[] = "message";
	const struct kh_object key = {.handle = 12};
	struct kh_buffer rsa = {0}, curve = {0};
	struct kh_signer signer = {&token, &key, {NULL, 0}};
	uint8_t number[256] = {0x80};
	struct kh_buffer out = {0};
	uint8_t digest[32];

	(void)state;
	stub.sign_init = raw_rsa_only;
	kh_spki_put_rsa(&rsa, (struct kh_span){number, sizeof(number)}, (struct kh_span){number, 1});
	signer.spki = (struct kh_span){(uint8_t *)rsa.data, rsa.length};
	assert_int_equal(kh_sign(&signer, message, 7, &out, NULL), KH_OK);
	SHA256((const unsigned char *)message, 7, digest);
	assert_int_equal(out.length, 51);
	assert_memory_equal(out.data + 19, digest, 32);
	kh_buffer_cut(&out, 0);
	kh_spki_put_ec(&curve, kh_curve_oid(KH_ANY_KEY_TYPE_EC_P256), (struct kh_span){number, 64});
	signer.spki = (struct kh_span){(uint8_t *)curve.data, curve.length};
	assert_int_equal(kh_sign(&signer, message, 7, &out, NULL), KH_TOKEN_UNSUPPORTED);
	kh_buffer_finish(&rsa);
	kh_buffer_finish(&curve);
	kh_buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_templates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_is_not_tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pair_that_does_not_tell_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mechanism_is_asked_for_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_digest_info_on_the_host, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
