/* SubjectPublicKeyInfo from attributes, beside OpenSSL. */
#include "x509/spki.h"

#include <openssl/core_names.h>

#include "issue.h"

static struct kh_buffer by_openssl(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	struct kh_buffer out = {0};

	kh_buffer_append(&out, der, (size_t)length);
	OPENSSL_free(der);
	return out;
}

static void expect_equal(struct kh_buffer *a, struct kh_buffer *b)
{
	assert_int_equal(a->length, b->length);
	assert_memory_equal(a->data, b->data, a->length);
	kh_buffer_finish(a);
}

static void expect_key(struct kh_span spki, EVP_PKEY *key)
{
	EVP_PKEY *built = kh_spki_key(spki);

	assert_non_null(built);
	assert_int_equal(EVP_PKEY_eq(built, key), 1);
	EVP_PKEY_free(built);
}

static void test_rsa(void **state)
{
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_RSA2048);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_span modulus;
	struct kh_span exponent;
	struct kh_buffer out = {0};

	(void)state;
	assert_int_equal(kh_spki_type(spki), KH_ANY_KEY_TYPE_RSA2048);
	expect_key(spki, key);
	assert_true(kh_spki_rsa(spki, &modulus, &exponent));
	assert_int_equal(modulus.length, 256);
	kh_spki_put_rsa(&out, modulus, exponent);
	expect_equal(&out, &expected);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

static void check_curve(enum kh_any_key_type type)
{
	EVP_PKEY *key = make_key(type);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_buffer wrapped = {0};
	struct kh_buffer out = {0};
	struct kh_span bits;

	assert_int_equal(kh_spki_type(spki), type);
	expect_key(spki, key);
	assert_true(kh_spki_bits(spki, &bits));
	kh_spki_put_ec(&out, kh_spki_curve(type), bits);
	expect_equal(&out, &expected);
	kh_der_put(&wrapped, KH_DER_OCTET_STRING, bits.data, bits.length);
	kh_spki_put_ec(&out, kh_spki_curve(type), (struct kh_span){(uint8_t *)wrapped.data, wrapped.length});
	expect_equal(&out, &expected);
	kh_buffer_finish(&wrapped);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

static void test_ec(void **state)
{
	(void)state;
	check_curve(KH_ANY_KEY_TYPE_EC_P256);
	check_curve(KH_ANY_KEY_TYPE_EC_P384);
	check_curve(KH_ANY_KEY_TYPE_SM2);
}

/* A bare point that looks like an OCTET STRING of 63 bytes at its start. */
static void test_bare_point(void **state)
{
	uint8_t point[65] = {0x04, 0x3f};
	struct kh_buffer out = {0};
	struct kh_span bits;

	(void)state;
	kh_spki_put_ec(&out, kh_spki_curve(KH_ANY_KEY_TYPE_EC_P256), (struct kh_span){point, sizeof(point)});
	assert_true(kh_spki_bits((struct kh_span){(uint8_t *)out.data, out.length}, &bits));
	assert_int_equal(bits.length, 65);
	kh_buffer_finish(&out);
}

static void test_edwards(void **state)
{
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_ED25519);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_buffer out = {0};
	struct kh_span bits;

	(void)state;
	assert_int_equal(kh_spki_type(spki), KH_ANY_KEY_TYPE_ED25519);
	expect_key(spki, key);
	assert_true(kh_spki_bits(spki, &bits));
	kh_spki_put_edwards(&out, bits);
	expect_equal(&out, &expected);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

static void test_garbage(void **state)
{
	static const uint8_t bytes[] = {0x30, 0x03, 0x30, 0x01, 0x06};

	(void)state;
	assert_int_equal(kh_spki_type((struct kh_span){bytes, sizeof(bytes)}), KH_ANY_KEY_TYPE_OTHER);
	assert_int_equal(kh_spki_type((struct kh_span){bytes, 0}), KH_ANY_KEY_TYPE_OTHER);
	assert_null(kh_spki_key((struct kh_span){bytes, sizeof(bytes)}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa),	cmocka_unit_test(test_ec),	cmocka_unit_test(test_bare_point),
		cmocka_unit_test(test_edwards), cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
