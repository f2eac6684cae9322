/* Envelopes byte by byte, opened here with OpenSSL; tests/flow/hall-dual opens them without our code. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "encode.h"
#include "envelope.h"

static size_t decrypt(EVP_PKEY *key, enum hall_padding padding, const uint8_t *data, size_t length, uint8_t *out,
		      size_t room)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
	if (EVP_PKEY_is_a(key, "RSA")) {
		const EVP_MD *digest = padding == HALL_OAEP_SHA1 ? EVP_sha1() : EVP_sha256();
		int kind = padding == HALL_PKCS1 ? RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING;
		assert_true(EVP_PKEY_CTX_set_rsa_padding(context, kind) > 0);
		if (padding != HALL_PKCS1)
			assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) > 0);
	}
	assert_int_equal(EVP_PKEY_decrypt(context, out, &room, data, length), 1);
	EVP_PKEY_CTX_free(context);
	return room;
}

static void test_rsa(void **state)
{
	(void)state;
	EVP_PKEY *signing = EVP_RSA_gen(2048), *key = hall_envelope_key_new(signing);
	assert_string_equal(hall_envelope_format(signing), "rsa-aes-kw");
	assert_int_equal(EVP_PKEY_get_bits(key), 2048);
	for (int padding = HALL_OAEP_SHA1; padding <= HALL_PKCS1; padding++) {
		uint8_t *data, session[512], plain[4096];
		size_t length, used;
		assert_true(hall_envelope_make(signing, key, (enum hall_padding)padding, &data, &length));
		assert_int_equal(length % 8, 0);
		assert_int_equal(decrypt(signing, (enum hall_padding)padding, data, 256, session, sizeof(session)), 32);
		assert_true(hall_unwrap(session, data + 256, length - 256, plain, &used));
		const uint8_t *at = plain;
		PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)used);
		assert_ptr_equal(at, plain + used);
		EVP_PKEY *opened = EVP_PKCS82PKEY(info);
		assert_int_equal(EVP_PKEY_eq(opened, key), 1);
		PKCS8_PRIV_KEY_INFO_free(info);
		EVP_PKEY_free(opened);

		data[length - 1] ^= 1;
		assert_false(hall_unwrap(session, data + 256, length - 256, plain, &used));
		free(data);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(signing);
}

/* The length of a DER header and of what is in it. */
static const uint8_t *enter(const uint8_t *at, int tag, size_t *length)
{
	assert_int_equal(*at++, tag);
	*length = *at++;
	if (*length == 0x81)
		*length = *at++;
	assert_true(*length < 0x81 || at[-2] == 0x81);
	return at;
}

static void open_sm2(EVP_PKEY *signing, EVP_PKEY *key, const uint8_t *data, size_t length)
{
	static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x01};
	uint8_t session[64], point[65], plain[64];
	size_t inner, used;
	int first, last;
	const uint8_t *at = enter(data, 0x30, &inner);
	assert_ptr_equal(at + inner, data + length);
	assert_memory_equal(at, algorithm, sizeof(algorithm));
	const uint8_t *cipher = at + sizeof(algorithm);
	at = enter(cipher, 0x30, &inner);
	assert_int_equal(
		decrypt(signing, HALL_OAEP_SHA1, cipher, (size_t)(at - cipher) + inner, session, sizeof(session)), 16);
	at = enter(at + inner, 0x03, &inner);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &used), 1);
	assert_int_equal(inner, 66);
	assert_int_equal(at[0], 0);
	assert_memory_equal(at + 1, point, used);
	at = enter(at + inner, 0x03, &inner);
	assert_int_equal(inner, 33);
	assert_int_equal(at[0], 0);
	assert_ptr_equal(at + inner, data + length);

	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	BIGNUM *number = NULL, *opened;
	assert_int_equal(EVP_DecryptInit_ex(context, EVP_sm4_ecb(), NULL, session, NULL), 1);
	EVP_CIPHER_CTX_set_padding(context, 0);
	assert_int_equal(EVP_DecryptUpdate(context, plain, &first, at + 1, 32), 1);
	assert_int_equal(EVP_DecryptFinal_ex(context, plain + first, &last), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
	opened = BN_bin2bn(plain, 32, NULL);
	assert_int_equal(BN_cmp(number, opened), 0);
	BN_free(opened);
	BN_free(number);
	EVP_CIPHER_CTX_free(context);
}

/* Often enough to meet coordinates with and without a leading zero. */
static void test_sm2(void **state)
{
	(void)state;
	EVP_PKEY *signing = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	assert_string_equal(hall_envelope_format(signing), "sm2-enveloped-key");
	for (int i = 0; i < 50; i++) {
		EVP_PKEY *key = hall_envelope_key_new(signing);
		uint8_t *data;
		size_t length;
		assert_true(hall_envelope_make(signing, key, HALL_OAEP_SHA1, &data, &length));
		assert_in_range(length, 236, 243);
		open_sm2(signing, key, data, length);
		free(data);
		EVP_PKEY_free(key);
	}
	EVP_PKEY_free(signing);
}

static void test_no_format(void **state)
{
	(void)state;
	EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
	for (size_t i = 0; i < 3; i++) {
		uint8_t *data;
		size_t length;
		assert_null(hall_envelope_format(keys[i]));
		assert_null(hall_envelope_key_new(keys[i]));
		assert_false(hall_envelope_make(keys[i], keys[i], HALL_OAEP_SHA1, &data, &length));
		EVP_PKEY_free(keys[i]);
	}
}

/* RFC 5649 keeps the length; every remainder of eight. */
static void test_wrap(void **state)
{
	(void)state;
	uint8_t key[HALL_WRAP_KEY_SIZE] = {1, 2, 3}, data[40], out[64], back[64];
	size_t used, again;
	memset(data, 0x5a, sizeof(data));
	for (size_t length = 1; length <= sizeof(data); length++) {
		assert_true(hall_wrap(key, data, length, out, &used));
		assert_int_equal(used, hall_wrapped_size(length));
		assert_true(hall_unwrap(key, out, used, back, &again));
		assert_int_equal(again, length);
		assert_memory_equal(back, data, length);
	}
	key[0] ^= 1;
	assert_false(hall_unwrap(key, out, used, back, &again));
}

static void test_names(void **state)
{
	(void)state;
	enum hall_padding padding = HALL_OAEP_SHA1;
	assert_true(hall_padding_parse("pkcs1", &padding));
	assert_int_equal(padding, HALL_PKCS1);
	assert_true(hall_padding_parse("sha256", &padding));
	assert_int_equal(padding, HALL_OAEP_SHA256);
	assert_false(hall_padding_parse("sha512", &padding));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa),  cmocka_unit_test(test_sm2),   cmocka_unit_test(test_no_format),
		cmocka_unit_test(test_wrap), cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
