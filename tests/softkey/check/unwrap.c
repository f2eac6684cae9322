/* Keys that come wrapped, made by OpenSSL: session keys, private keys, both in one call. */
#include <string.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "check.h"

#define AES_BYTES 32
#define ROOM 4096
#define KWP 0x210bUL

static const unsigned char aes_key[AES_BYTES] = {9, 8, 7, 6, 5};
static CK_RSA_PKCS_OAEP_PARAMS oaep1 = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
static CK_RSA_PKCS_OAEP_PARAMS oaep256 = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};

static struct sealing {
	CK_MECHANISM mechanism;
	int padding;
	const char *digest;
} sealings[] = {
	{{CKM_RSA_PKCS, NULL, 0}, RSA_PKCS1_PADDING, NULL},
	{{CKM_RSA_PKCS_OAEP, &oaep1, sizeof oaep1}, RSA_PKCS1_OAEP_PADDING, "SHA1"},
	{{CKM_RSA_PKCS_OAEP, &oaep256, sizeof oaep256}, RSA_PKCS1_OAEP_PADDING, "SHA256"},
};

static size_t encrypt(const EVP_CIPHER *cipher, const unsigned char *key, const void *in, size_t length,
		      unsigned char *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done = 0, rest = 0;

	EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_EncryptInit_ex(context, cipher, NULL, key, NULL), 1);
	EVP_CIPHER_CTX_set_padding(context, 0);
	assert_int_equal(EVP_EncryptUpdate(context, out, &done, in, (int)length), 1);
	assert_int_equal(EVP_EncryptFinal_ex(context, out + done, &rest), 1);
	EVP_CIPHER_CTX_free(context);
	return (size_t)(done + rest);
}

static size_t wrap_pkcs8(EVP_PKEY *key, unsigned char *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	size_t size = encrypt(EVP_aes_256_wrap_pad(), aes_key, der, (size_t)length, out);

	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	return size;
}

/* Calls C_UnwrapKey for a secret key of the session or a private key of the token. */
static CK_RV unwrap(CK_MECHANISM mechanism, CK_OBJECT_HANDLE with, const unsigned char *in, size_t length,
		    CK_OBJECT_CLASS class, CK_KEY_TYPE type, CK_OBJECT_HANDLE *out)
{
	struct template template = {0};

	template_number(&template, CKA_CLASS, &class);
	template_number(&template, CKA_KEY_TYPE, &type);
	if (class == CKO_PRIVATE_KEY)
		template_yes(&template, CKA_TOKEN);
	return token->C_UnwrapKey(session, &mechanism, with, (CK_BYTE *)(uintptr_t)in, length, template.list,
				  template.count, out);
}

static CK_OBJECT_HANDLE session_key(struct pair pair, EVP_PKEY *public, const struct sealing *sealing)
{
	unsigned char sealed[512];
	CK_OBJECT_HANDLE key;
	size_t length = check_encrypt(public, sealing->padding, sealing->digest, aes_key, sizeof aes_key, sealed, 512);

	OK(unwrap(sealing->mechanism, pair.private, sealed, length, CKO_SECRET_KEY, CKK_AES, &key));
	return key;
}

static void check_imported(CK_OBJECT_HANDLE key)
{
	assert_true(check_flag(key, CKA_SENSITIVE));
	assert_false(check_flag(key, CKA_EXTRACTABLE));
	assert_false(check_flag(key, CKA_LOCAL));
	assert_false(check_flag(key, CKA_ALWAYS_SENSITIVE));
}

static void test_session_keys(void **state)
{
	unsigned char value[64], sealed[512];
	CK_ATTRIBUTE attribute = {CKA_VALUE, value, sizeof value};
	CK_OBJECT_HANDLE key;
	struct pair pair;
	EVP_PKEY *public;

	(void)state;
	check_start(NULL, NULL);
	pair = check_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, false);
	public = check_public(pair.public);
	for (size_t i = 0; i < 3; i++) {
		key = session_key(pair, public, &sealings[i]);
		assert_int_equal(check_number(key, CKA_VALUE_LEN), AES_BYTES);
		FAILS(token->C_GetAttributeValue(session, key, &attribute, 1), CKR_ATTRIBUTE_SENSITIVE);
		attribute.ulValueLen = sizeof value;
	}
	check_encrypt(public, RSA_PKCS1_OAEP_PADDING, "SHA256", aes_key, sizeof aes_key, sealed, 512);
	FAILS(unwrap(sealings[1].mechanism, pair.private, sealed, 256, CKO_SECRET_KEY, CKK_AES, &key),
	      CKR_WRAPPED_KEY_INVALID);
	check_encrypt(public, RSA_PKCS1_OAEP_PADDING, "SHA1", aes_key, 17, sealed, 512);
	FAILS(unwrap(sealings[1].mechanism, pair.private, sealed, 256, CKO_SECRET_KEY, CKK_AES, &key),
	      CKR_WRAPPED_KEY_INVALID);
	FAILS(unwrap(sealings[1].mechanism, pair.public, sealed, 256, CKO_SECRET_KEY, CKK_AES, &key),
	      CKR_KEY_FUNCTION_NOT_PERMITTED);
	EVP_PKEY_free(public);
	check_finish();
}

/* A private key of each type by RFC 5649; the imported RSA key opens what its public half sealed. */
static void test_private_keys(void **state)
{
	EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "SM2")};
	const CK_KEY_TYPE types[] = {CKK_RSA, CKK_EC, 0x80000004};
	const CK_MECHANISM_TYPE mechanisms[] = {KWP, CKM_AES_KEY_WRAP_PAD};
	unsigned char wrapped[ROOM], out[512];
	CK_OBJECT_HANDLE aes, key;
	CK_ULONG size = sizeof out;
	struct pair pair;
	EVP_PKEY *public;

	(void)state;
	check_start("sansec", NULL);
	pair = check_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, false);
	public = check_public(pair.public);
	aes = session_key(pair, public, &sealings[0]);
	for (size_t i = 0; i < 6; i++) {
		size_t length = wrap_pkcs8(keys[i / 2], wrapped);

		OK(unwrap((CK_MECHANISM){mechanisms[i % 2], NULL, 0}, aes, wrapped, length, CKO_PRIVATE_KEY,
			  types[i / 2], &key));
		check_imported(key);
		FAILS(unwrap((CK_MECHANISM){mechanisms[i % 2], NULL, 0}, aes, wrapped, length, CKO_PRIVATE_KEY,
			     types[(i / 2 + 1) % 3], &key),
		      CKR_TEMPLATE_INCONSISTENT);
		wrapped[8] ^= 1;
		FAILS(unwrap((CK_MECHANISM){mechanisms[i % 2], NULL, 0}, aes, wrapped, length, CKO_PRIVATE_KEY,
			     types[i / 2], &key),
		      CKR_WRAPPED_KEY_INVALID);
	}
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 7);
	OK(unwrap((CK_MECHANISM){KWP, NULL, 0}, aes, wrapped, wrap_pkcs8(keys[0], wrapped), CKO_PRIVATE_KEY, CKK_RSA,
		  &key));
	check_encrypt(keys[0], RSA_PKCS1_OAEP_PADDING, "SHA1", "test value", 10, wrapped, sizeof wrapped);
	OK(check_decrypt(key, sealings[1].mechanism, wrapped, 256, out, &size));
	assert_int_equal(size, 10);
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	EVP_PKEY_free(public);
	check_finish();
}

/* RSA ciphertext, then RFC 5649, in one call: the standard's way and a vendor's. */
static void test_one_call(void **state)
{
	struct {
		CK_ULONG bits;
		CK_RSA_PKCS_OAEP_PARAMS *oaep;
	} parameters = {256, &oaep256};
	CK_MECHANISM standard = {CKM_RSA_AES_KEY_WRAP, &parameters, sizeof parameters}, own = {0x80002001, NULL, 0};
	EVP_PKEY *public, *key = EVP_RSA_gen(2048);
	unsigned char both[ROOM];
	CK_OBJECT_HANDLE out;
	struct pair pair;
	size_t length;

	(void)state;
	check_start("sansec", NULL);
	pair = check_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, false);
	public = check_public(pair.public);
	check_encrypt(public, RSA_PKCS1_OAEP_PADDING, "SHA256", aes_key, sizeof aes_key, both, 256);
	length = 256 + wrap_pkcs8(key, both + 256);
	OK(unwrap(standard, pair.private, both, length, CKO_PRIVATE_KEY, CKK_RSA, &out));
	check_imported(out);
	parameters.bits = 128;
	FAILS(unwrap(standard, pair.private, both, length, CKO_PRIVATE_KEY, CKK_RSA, &out), CKR_WRAPPED_KEY_INVALID);
	FAILS(unwrap(standard, pair.private, both, 256, CKO_PRIVATE_KEY, CKK_RSA, &out), CKR_WRAPPED_KEY_LEN_RANGE);
	FAILS(unwrap(own, pair.private, both, length, CKO_PRIVATE_KEY, CKK_RSA, &out), CKR_WRAPPED_KEY_INVALID);
	check_encrypt(public, RSA_PKCS1_PADDING, NULL, aes_key, sizeof aes_key, both, 256);
	OK(unwrap(own, pair.private, both, length, CKO_PRIVATE_KEY, CKK_RSA, &out));
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 3);
	EVP_PKEY_free(key);
	EVP_PKEY_free(public);
	check_finish();
}

static void test_sm2_two_steps(void **state)
{
	unsigned char number[64] = {0}, wrapped[256], sealed[256], raw[256];
	CK_OBJECT_HANDLE sm4, key;
	struct pair pair;
	EVP_PKEY *public;
	size_t length;

	(void)state;
	check_start("sansec", NULL);
	number[32] = 7;
	pair = check_pair(0x80008001, false);
	public = check_public(pair.public);
	length = check_encrypt(public, 0, NULL, aes_key, 16, sealed, sizeof sealed);
	OK(unwrap((CK_MECHANISM){0x80008201, NULL, 0}, pair.private, sealed, length, CKO_SECRET_KEY, 0x80000106, &sm4));
	length = check_raw_cipher(sealed, length, raw);
	OK(unwrap((CK_MECHANISM){0x80008200, NULL, 0}, pair.private, raw, length, CKO_SECRET_KEY, 0x80000106, &sm4));
	for (size_t skip = 0; skip <= 32; skip += 32) {
		length = encrypt(EVP_sm4_ecb(), aes_key, number + skip, sizeof number - skip, wrapped);
		OK(unwrap((CK_MECHANISM){0x80000108, NULL, 0}, sm4, wrapped, length, CKO_PRIVATE_KEY, 0x80000004,
			  &key));
		check_imported(key);
	}
	length = encrypt(EVP_sm4_ecb(), aes_key, number, 16, wrapped);
	FAILS(unwrap((CK_MECHANISM){0x80000108, NULL, 0}, sm4, wrapped, length, CKO_PRIVATE_KEY, 0x80000004, &key),
	      CKR_WRAPPED_KEY_LEN_RANGE);
	EVP_PKEY_free(public);
	check_finish();
}

static unsigned char *put(unsigned char *at, int tag, const void *value, size_t length)
{
	*at++ = (unsigned char)tag;
	if (length > 127)
		*at++ = 0x81;
	*at++ = (unsigned char)length;
	memcpy(at, value, length);
	return at + length;
}

/* SM2EnvelopedKey for a private number, as GM/T 0009 has it. */
static size_t make_envelope(EVP_PKEY *to, const unsigned char number[32], const unsigned char point[65],
			    unsigned char *out)
{
	static const unsigned char sm4_ecb[] = {0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 1};
	unsigned char body[512], bits[66] = {0}, *at = put(body, 0x30, sm4_ecb, sizeof sm4_ecb);

	at += check_encrypt(to, 0, NULL, aes_key, 16, at, 200);
	memcpy(bits + 1, point, 65);
	at = put(at, 0x03, bits, sizeof bits);
	encrypt(EVP_sm4_ecb(), aes_key, number, 32, bits + 1);
	at = put(at, 0x03, bits, 33);
	return (size_t)(put(out, 0x30, body, (size_t)(at - body)) - out);
}

static void test_sm2_envelope(void **state)
{
	unsigned char number[32], point[65], envelope[512], sealed[256], raw[256], out[64];
	EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "SM2"), *public;
	BIGNUM *secret = NULL;
	CK_MECHANISM own = {0x80008210, NULL, 0};
	CK_ULONG size = sizeof out;
	CK_OBJECT_HANDLE key;
	struct pair pair;
	size_t length;

	(void)state;
	assert_int_equal(EVP_PKEY_get_bn_param(fresh, "priv", &secret), 1);
	BN_bn2binpad(secret, number, 32);
	BN_free(secret);
	assert_int_equal(EVP_PKEY_get_octet_string_param(fresh, "pub", point, sizeof point, NULL), 1);
	check_start("tass", NULL);
	pair = check_pair(0x80008001, true);
	public = check_public(pair.public);
	length = make_envelope(public, number, point, envelope);
	OK(unwrap(own, pair.private, envelope, length, CKO_PRIVATE_KEY, 0x80000004, &key));
	check_imported(key);
	length = check_encrypt(fresh, 0, NULL, "test value", 10, sealed, sizeof sealed);
	length = check_raw_cipher(sealed, length, raw);
	OK(check_decrypt(key, (CK_MECHANISM){0x80008200, NULL, 0}, raw, length, out, &size));
	assert_memory_equal(out, "test value", 10);
	number[31] ^= 1; /* not the key of that point */
	length = make_envelope(public, number, point, envelope);
	FAILS(unwrap(own, pair.private, envelope, length, CKO_PRIVATE_KEY, 0x80000004, &key), CKR_WRAPPED_KEY_INVALID);
	length = make_envelope(fresh, number, point, envelope); /* for another token */
	FAILS(unwrap(own, pair.private, envelope, length, CKO_PRIVATE_KEY, 0x80000004, &key), CKR_WRAPPED_KEY_INVALID);
	FAILS(unwrap(own, pair.private, envelope, length - 1, CKO_PRIVATE_KEY, 0x80000004, &key),
	      CKR_WRAPPED_KEY_INVALID);
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 2);
	EVP_PKEY_free(public);
	EVP_PKEY_free(fresh);
	check_finish();
}

static void test_mechanisms_taken_away(void **state)
{
	CK_MECHANISM_INFO info;
	CK_ULONG count = 0;

	(void)state;
	check_start("tass", "0x1054\n0x9 unwrap\n0x1 unwrap decrypt\n0x80008210\n");
	FAILS(token->C_GetMechanismInfo(0, CKM_RSA_AES_KEY_WRAP, &info), CKR_MECHANISM_INVALID);
	FAILS(token->C_GetMechanismInfo(0, 0x80008210, &info), CKR_MECHANISM_INVALID);
	OK(token->C_GetMechanismInfo(0, CKM_RSA_PKCS_OAEP, &info));
	assert_int_equal(info.flags & (CKF_UNWRAP | CKF_DECRYPT), CKF_DECRYPT);
	OK(token->C_GetMechanismInfo(0, CKM_RSA_PKCS, &info));
	assert_int_equal(info.flags & (CKF_UNWRAP | CKF_DECRYPT | CKF_SIGN), CKF_SIGN);
	OK(token->C_GetMechanismList(0, NULL, &count));
	assert_int_equal(count, 19 + 6 - 2);
	check_finish();
}

static void cut_unwrap(void *data)
{
	unsigned char wrapped[ROOM];
	EVP_PKEY *key = EVP_EC_gen("P-256"), *public;
	CK_OBJECT_HANDLE aes, out;
	struct pair pair;

	check_restart(data);				     /* its login makes two writes */
	pair = check_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, false); /* two more */
	public = check_public(pair.public);
	aes = session_key(pair, public, &sealings[0]);
	unwrap((CK_MECHANISM){KWP, NULL, 0}, aes, wrapped, wrap_pkcs8(key, wrapped), CKO_PRIVATE_KEY, CKK_EC, &out);
}

static void test_power_cut(void **state)
{
	(void)state;
	check_start(NULL, NULL);
	assert_int_equal(check_in_child(cut_unwrap, "write 5 cut\n"), 9);
	check_restart(NULL);
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 1);
	assert_int_equal(check_in_child(cut_unwrap, "C_UnwrapKey 2 after exit 7\n"), 7);
	check_restart(NULL);
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 3);
	check_finish();
}

int check_unwrap(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_keys), cmocka_unit_test(test_private_keys),
		cmocka_unit_test(test_one_call),     cmocka_unit_test(test_sm2_two_steps),
		cmocka_unit_test(test_sm2_envelope), cmocka_unit_test(test_mechanisms_taken_away),
		cmocka_unit_test(test_power_cut),
	};

	return cmocka_run_group_tests_name("unwrapping", tests, NULL, NULL);
}
