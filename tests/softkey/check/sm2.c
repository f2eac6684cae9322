/* SM2 with both sets of numbers, judged by OpenSSL. */
#include <string.h>

#include <openssl/ecdsa.h>

#include "check.h"

#define ID "1234567812345678"
#define MESSAGE "a message that is signed"

static const struct set {
	const char *vendor;
	bool curve, raw_point;
	CK_MECHANISM_TYPE digest_raw, digest_der, message_raw, message_der, plain_raw, plain_der, raw_cipher,
		der_cipher, sm3;
} sets[] = {
	{"sansec", false, false, 0x80008105, 0x80008104, 0x80008102, 0x80008103, 0x80008100, 0x80008101, 0x80008200,
	 0x80008201, 0x80009001},
	{"tass", true, true, 0x80008000, 0, 0x80008100, 0, 0, 0, 0x80008200, 0, 0x80000005},
};
#define EACH_SET for (const struct set *set = sets; set < sets + sizeof sets / sizeof *sets; set++)

static size_t to_der(const CK_BYTE *raw, unsigned char *out)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int length;

	ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	length = i2d_ECDSA_SIG(signature, &out);
	ECDSA_SIG_free(signature);
	return (size_t)length;
}

/* With Z and the ID; for a digest: without anything. */
static bool openssl_verifies(EVP_PKEY *key, bool message, const void *in, size_t length, const unsigned char *der,
			     size_t der_length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL), *parameters = NULL;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool good;

	if (message) {
		assert_int_equal(EVP_DigestVerifyInit(digest, &parameters, EVP_sm3(), NULL, key), 1);
		assert_int_equal(EVP_PKEY_CTX_set1_id(parameters, ID, strlen(ID)), 1);
		good = EVP_DigestVerify(digest, der, der_length, in, length) == 1;
	} else {
		assert_int_equal(EVP_PKEY_verify_init(context), 1);
		good = EVP_PKEY_verify(context, der, der_length, in, length) == 1;
	}
	EVP_MD_CTX_free(digest);
	EVP_PKEY_CTX_free(context);
	return good;
}

/* Signs by the token, verifies by both; spoiled signatures are refused. */
static void check_signature(struct pair pair, EVP_PKEY *key, CK_MECHANISM_TYPE mechanism, bool is_der, bool message,
			    const void *in, size_t length)
{
	CK_BYTE signature[80];
	unsigned char der[80];
	CK_ULONG size = sizeof signature;
	size_t der_size;

	OK(check_sign(pair.private, mechanism, in, length, signature, &size));
	if (is_der)
		memcpy(der, signature, der_size = size);
	else
		der_size = to_der(signature, der);
	assert_true(is_der || size == 64);
	assert_true(openssl_verifies(key, message, in, length, der, der_size));
	OK(check_verify(pair.public, mechanism, in, length, signature, size));
	signature[size - 1] ^= 1;
	FAILS(check_verify(pair.public, mechanism, in, length, signature, size), CKR_SIGNATURE_INVALID);
}

static void test_signatures(void **state)
{
	unsigned char digest[32] = {1, 2, 3};

	(void)state;
	EACH_SET
	{
		check_start(set->vendor, NULL);
		struct pair pair = check_pair(0x80008001, set->curve);
		EVP_PKEY *key = check_public(pair.public);

		check_signature(pair, key, set->digest_raw, false, false, digest, sizeof digest);
		check_signature(pair, key, set->message_raw, false, true, MESSAGE, strlen(MESSAGE));
		if (set->digest_der) {
			check_signature(pair, key, set->digest_der, true, false, digest, sizeof digest);
			check_signature(pair, key, set->message_der, true, true, MESSAGE, strlen(MESSAGE));
		}
		FAILS(check_sign(pair.private, set->digest_raw, digest, 20, digest, &(CK_ULONG){64}),
		      CKR_DATA_LEN_RANGE);
		EVP_PKEY_free(key);
		check_finish();
	}
}

static void test_signature_without_z(void **state)
{
	unsigned char digest[32], der[80];
	CK_ULONG size = sizeof der;
	struct pair pair;
	EVP_PKEY *key;

	(void)state;
	check_start("sansec", NULL);
	pair = check_pair(0x80008001, true);
	key = check_public(pair.public);
	EVP_Digest(MESSAGE, strlen(MESSAGE), digest, NULL, EVP_sm3(), NULL);
	OK(check_sign(pair.private, 0x80008101, MESSAGE, strlen(MESSAGE), der, &size));
	assert_true(openssl_verifies(key, false, digest, sizeof digest, der, size));
	EVP_PKEY_free(key);
	check_finish();
}

static void test_decryption(void **state)
{
	(void)state;
	EACH_SET
	{
		unsigned char der[256], raw[256], out[256];
		CK_ULONG size = sizeof out;
		size_t length;

		check_start(set->vendor, NULL);
		struct pair pair = check_pair(0x80008001, set->curve);
		EVP_PKEY *key = check_public(pair.public);

		length = check_encrypt(key, 0, NULL, MESSAGE, strlen(MESSAGE), der, sizeof der);
		if (set->der_cipher) {
			OK(check_decrypt(pair.private, (CK_MECHANISM){set->der_cipher, NULL, 0}, der, length, out,
					 &size));
			assert_int_equal(size, strlen(MESSAGE));
			assert_memory_equal(out, MESSAGE, size);
		}
		length = check_raw_cipher(der, length, raw);
		size = sizeof out;
		OK(check_decrypt(pair.private, (CK_MECHANISM){set->raw_cipher, NULL, 0}, raw, length, out, &size));
		assert_int_equal(size, strlen(MESSAGE));
		assert_memory_equal(out, MESSAGE, size);
		raw[length - 1] ^= 1;
		size = sizeof out;
		FAILS(check_decrypt(pair.private, (CK_MECHANISM){set->raw_cipher, NULL, 0}, raw, length, out, &size),
		      CKR_ENCRYPTED_DATA_INVALID);
		EVP_PKEY_free(key);
		check_finish();
	}
}

/* Private key 1…32, imported; returns its handle or 0. */
static CK_RV import(bool curve, CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = 0x80000004;
	struct template template = {0};
	unsigned char number[32];

	for (unsigned char i = 0; i < 32; i++)
		number[i] = (unsigned char)(i + 1);
	template_number(&template, CKA_CLASS, &class);
	template_number(&template, CKA_KEY_TYPE, &type);
	template_add(&template, CKA_VALUE, number, sizeof number);
	template_yes(&template, CKA_TOKEN);
	if (curve)
		template_add(&template, CKA_EC_PARAMS, sm2_oid, sizeof sm2_oid);
	return token->C_CreateObject(session, template.list, template.count, object);
}

static void test_import(void **state)
{
	(void)state;
	EACH_SET
	{
		unsigned char digest[32] = {1}, signature[80];
		CK_ULONG size = sizeof signature;
		CK_OBJECT_HANDLE object;
		CK_ATTRIBUTE value = {CKA_VALUE, signature, sizeof signature};

		check_start(set->vendor, NULL);
		if (set->curve)
			FAILS(import(false, &object), CKR_ATTRIBUTE_VALUE_INVALID);
		OK(import(set->curve, &object));
		OK(check_sign(object, set->digest_raw, digest, sizeof digest, signature, &size));
		assert_true(check_flag(object, CKA_SENSITIVE));
		assert_false(check_flag(object, CKA_EXTRACTABLE));
		FAILS(token->C_GetAttributeValue(session, object, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
		check_finish();
	}
}

static void test_public_object(void **state)
{
	static const unsigned char raw_point[65] = {
		4,    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
		0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, 0xbc,
		0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9,
		0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0};
	unsigned char octets[67] = {4, 65};

	(void)state;
	memcpy(octets + 2, raw_point, sizeof raw_point);
	EACH_SET
	{
		CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
		CK_KEY_TYPE type = 0x80000004;
		struct template template = {0};
		CK_OBJECT_HANDLE object;

		check_start(set->vendor, NULL);
		template_number(&template, CKA_CLASS, &class);
		template_number(&template, CKA_KEY_TYPE, &type);
		template_add(&template, CKA_EC_PARAMS, sm2_oid, sizeof sm2_oid);
		template_add(&template, CKA_EC_POINT, set->raw_point ? octets : raw_point, set->raw_point ? 67 : 65);
		FAILS(token->C_CreateObject(session, template.list, template.count, &object),
		      CKR_ATTRIBUTE_VALUE_INVALID);
		template.count--;
		template_add(&template, CKA_EC_POINT, set->raw_point ? raw_point : octets, set->raw_point ? 65 : 67);
		OK(token->C_CreateObject(session, template.list, template.count, &object));
		check_finish();
	}
}

static void test_vendor_is_seen(void **state)
{
	CK_MECHANISM sm3 = {0, NULL, 0};
	unsigned char digest[32];
	CK_ULONG size = sizeof digest;
	CK_INFO info;

	(void)state;
	EACH_SET
	{
		check_start(set->vendor, NULL);
		OK(token->C_GetInfo(&info));
		assert_memory_equal(info.manufacturerID, set->curve ? "TASS-like test " : "SANSEC-like test ", 15);
		sm3.mechanism = set->sm3;
		OK(token->C_DigestInit(session, &sm3));
		OK(token->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &size));
		assert_memory_equal(digest, "\x66\xc7\xf0\xf4\x62\xee\xed\xd9", 8);
		check_finish();
	}
	check_start(NULL, NULL);
	OK(token->C_GetInfo(&info));
	assert_memory_equal(info.manufacturerID, "Keyhall tests ", 14);
	FAILS(token->C_GetMechanismInfo(0, 0x80008001, &(CK_MECHANISM_INFO){0}), CKR_MECHANISM_INVALID);
	check_finish();
}

int check_sm2(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),    cmocka_unit_test(test_signature_without_z),
		cmocka_unit_test(test_decryption),    cmocka_unit_test(test_import),
		cmocka_unit_test(test_public_object), cmocka_unit_test(test_vendor_is_seen),
	};

	return cmocka_run_group_tests_name("SM2", tests, NULL, NULL);
}
