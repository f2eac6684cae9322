/* Signature values as X.509 has them, and their verification. */
#include "key/sign.h"

#include "issue.h"

/* ECDSA as tokens give it: r and s side by side, full width. */
static void put_raw(EVP_PKEY *key, const char *message, size_t length, size_t width, struct kh_buffer *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[160];
	const unsigned char *in = der;
	size_t size = sizeof(der);
	unsigned char raw[96];
	ECDSA_SIG *signature;

	assert_int_equal(EVP_DigestSignInit(context, NULL, width == 48 ? EVP_sha384() : EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, der, &size, (const unsigned char *)message, length), 1);
	signature = d2i_ECDSA_SIG(NULL, &in, (long)size);
	BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, (int)width);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + width, (int)width);
	kh_buffer_append(out, raw, 2 * width);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(context);
}

static void check_ecdsa(enum kh_any_key_type type, size_t width)
{
	static const char message[] = "message";
	EVP_PKEY *key = make_key(type);
	EVP_PKEY *other = make_key(type);
	unsigned char *der = NULL;
	struct kh_bytes spki = {NULL, (size_t)i2d_PUBKEY(key, &der)};
	unsigned char *other_der = NULL;
	struct kh_bytes other_spki = {NULL, (size_t)i2d_PUBKEY(other, &other_der)};

	spki.data = der;
	other_spki.data = other_der;
	for (int i = 0; i < 50; i++) {
		struct kh_buffer raw = {0};

		put_raw(key, message, sizeof(message), width, &raw);
		assert_true(kh_sign_verify(&spki, type, message, sizeof(message), &raw));
		assert_false(kh_sign_verify(&spki, type, message, sizeof(message) - 1, &raw));
		assert_false(kh_sign_verify(&other_spki, type, message, sizeof(message), &raw));
		kh_buffer_finish(&raw);
	}
	OPENSSL_free(der);
	OPENSSL_free(other_der);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void test_ecdsa(void **state)
{
	(void)state;
	check_ecdsa(KH_ANY_KEY_TYPE_EC_P256, 32);
	check_ecdsa(KH_ANY_KEY_TYPE_EC_P384, 48);
}

static void test_algorithms(void **state)
{
	static const struct {
		enum kh_any_key_type type;
		int nid;
	} rows[] = {
		{KH_ANY_KEY_TYPE_RSA2048, NID_sha256WithRSAEncryption},
		{KH_ANY_KEY_TYPE_RSA4096, NID_sha256WithRSAEncryption},
		{KH_ANY_KEY_TYPE_EC_P256, NID_ecdsa_with_SHA256},
		{KH_ANY_KEY_TYPE_EC_P384, NID_ecdsa_with_SHA384},
		{KH_ANY_KEY_TYPE_ED25519, NID_ED25519},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_buffer der = {0};
		const unsigned char *in;
		X509_ALGOR *algorithm;

		assert_int_equal(kh_sign_put_algorithm(rows[i].type, &der, NULL), KH_OK);
		in = (const unsigned char *)der.data;
		algorithm = d2i_X509_ALGOR(NULL, &in, (long)der.length);
		assert_non_null(algorithm);
		assert_int_equal(OBJ_obj2nid(algorithm->algorithm), rows[i].nid);
		X509_ALGOR_free(algorithm);
		kh_buffer_finish(&der);
	}
	struct kh_buffer none = {0};
	assert_int_equal(kh_sign_put_algorithm(KH_ANY_KEY_TYPE_OTHER, &none, NULL), KH_TOKEN_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecdsa),
		cmocka_unit_test(test_algorithms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
