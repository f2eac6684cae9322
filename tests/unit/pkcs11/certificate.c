/* Reading certificates, beside OpenSSL. */
#include "x509/certificate.h"

#include <openssl/pem.h>
#include <stdlib.h>

#include "codec.h"
#include "contract.h"
#include "issue.h"

static const struct {
	enum kh_any_key_type type;
	const char *usage;
	enum kh_usage expected;
} rows[] = {
	{KH_ANY_KEY_TYPE_RSA2048, "critical,digitalSignature,nonRepudiation", KH_USAGE_SIGN},
	{KH_ANY_KEY_TYPE_EC_P256, "keyEncipherment,dataEncipherment", KH_USAGE_ENCRYPT},
	{KH_ANY_KEY_TYPE_EC_P384, "digitalSignature,keyEncipherment", KH_USAGE_BOTH},
	{KH_ANY_KEY_TYPE_ED25519, "keyAgreement", KH_USAGE_ENCRYPT},
	{KH_ANY_KEY_TYPE_SM2, "nonRepudiation", KH_USAGE_SIGN},
	{KH_ANY_KEY_TYPE_OTHER, "keyCertSign,cRLSign", KH_USAGE_SIGN},
	{KH_ANY_KEY_TYPE_EC_P256, NULL, KH_USAGE_BOTH},
};

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *extensions[] = {rows[i].usage ? "keyUsage" : NULL,
					    rows[i].usage,
					    "extendedKeyUsage",
					    "clientAuth",
					    "basicConstraints",
					    "critical,CA:TRUE",
					    NULL};
		EVP_PKEY *key = make_key(rows[i].type);
		X509 *certificate = make_certificate(key, extensions);
		struct kh_certificate *parsed = parse_certificate(certificate);
		unsigned char *spki = NULL;
		int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);

		assert_non_null(parsed);
		assert_int_equal(parsed->usage, rows[i].expected);
		assert_int_equal(parsed->key_type, rows[i].type);
		assert_int_equal(parsed->ca, rows[i].usage != NULL);
		assert_int_equal(parsed->key_usage.length > 0, rows[i].usage != NULL);
		assert_int_equal(parsed->extended_key_usage.length > 0, rows[i].usage != NULL);
		assert_string_equal(parsed->not_before, "2025-06-01T00:00:00Z");
		assert_string_equal(parsed->not_after, "2051-06-01T23:59:59Z");
		assert_int_equal(parsed->spki.length, length);
		assert_memory_equal(parsed->spki.data, spki, (size_t)length);
		OPENSSL_free(spki);
		kh_certificate_free(parsed);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
}

static void test_description_and_pem(void **state)
{
	struct kh_key_certificate out = {.id = NULL};
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	X509 *certificate = make_certificate(key, NULL);
	struct kh_certificate *parsed = parse_certificate(certificate);
	struct kh_certificate *again;
	BIO *bio;
	X509 *read;

	(void)state;
	assert_int_equal(kh_certificate_describe(parsed, &out, NULL), KH_OK);
	assert_string_equal(out.subject, "CN=山西示例公司,C=CN");
	assert_string_equal(out.serial_number, "f123456789abcdef");
	bio = BIO_new_mem_buf(out.pem, -1);
	read = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_int_equal(X509_cmp(read, certificate), 0);
	again = kh_certificate_from_pem(out.pem);
	assert_non_null(again);
	assert_string_equal(again->id, out.id);
	kh_certificate_free(again);
	X509_free(read);
	BIO_free(bio);
	kh_clear(&kh_key_certificate_type, &out);
	kh_certificate_free(parsed);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void expect_code(const char *extension, const char *value, const char *expected)
{
	char first[] = "1.2.156.10260.4.1.4";
	char second[] = "1.2.86.11.7.4";
	char *oids[] = {first, second};
	const char *extensions[] = {extension, value, NULL};
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	X509 *certificate = make_certificate(key, extensions);
	struct kh_certificate *parsed = parse_certificate(certificate);
	char *code = kh_certificate_credit_code(parsed, oids, 2);

	if (expected)
		assert_string_equal(code, expected);
	else
		assert_null(code);
	free(code);
	kh_certificate_free(parsed);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void test_credit_code(void **state)
{
	(void)state;
	expect_code("1.2.156.10260.4.1.4", "ASN1:UTF8String:91140100MA000000XX", "91140100MA000000XX");
	expect_code("1.2.86.11.7.4", "ASN1:PRINTABLESTRING:91140100MA000000XX", "91140100MA000000XX");
	expect_code("1.2.156.10260.4.1.4", "DER:39:31:31:34", "9114");
	expect_code("1.2.156.10260.4.1.4", "DER:04:04:39:31:31:34", "9114");
	expect_code("1.2.156.10260.4.1.4", "DER:04:06:13:04:39:31:31:34", "9114");
	expect_code("1.2.156.10260.4.1.4", "DER:30:06:13:04:39:31:31:34", "9114");
	expect_code("1.2.156.10260.4.1.4", "DER:30:06:02:01:01:02:01:02", NULL);
	expect_code("1.2.3.4", "DER:39:31:31:34", NULL);
	expect_code("keyUsage", "digitalSignature", NULL);
}

static void test_cut_and_flipped(void **state)
{
	const char *extensions[] = {"keyUsage", "digitalSignature", "1.2.156.10260.4.1.4", "ASN1:UTF8String:9114",
				    NULL};
	char oid[] = "1.2.156.10260.4.1.4";
	char *oids[] = {oid};
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	X509 *certificate = make_certificate(key, extensions);
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	(void)state;
	for (int i = 0; i < length; i++) {
		unsigned char *copy = malloc((size_t)i + 1);

		memcpy(copy, der, (size_t)i);
		assert_null(kh_certificate_parse(copy, (size_t)i));
		free(copy);
	}
	for (int i = 0; i < length; i++) {
		struct kh_key_certificate out = {.id = NULL};
		struct kh_certificate *parsed;

		der[i] ^= 0x81;
		parsed = kh_certificate_parse(der, (size_t)length);
		if (parsed) {
			assert_int_equal(kh_certificate_describe(parsed, &out, NULL), KH_OK);
			free(kh_certificate_credit_code(parsed, oids, 1));
			free(kh_certificate_common_name(parsed));
			kh_clear(&kh_key_certificate_type, &out);
		}
		kh_certificate_free(parsed);
		der[i] ^= 0x81;
	}
	OPENSSL_free(der);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* C2: what nobody knows does not make a certificate unreadable. */
static void test_unknown_extensions(void **state)
{
	static const char *const odd[] = {
		"2.25.329800735698586629295641978511506172918",
		"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31.32.33.34.35.36.37."
		"38.39.40.41.42.43.44.45.46.47.48.49.50",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		const char *extensions[] = {odd[i],
					    "DER:05:00",
					    "keyUsage",
					    "digitalSignature",
					    "1.2.156.10260.4.1.4",
					    "ASN1:UTF8String:9114",
					    NULL};
		char first[] = "1.2.156.10260.4.1.4";
		char *oids[] = {first};
		EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
		X509 *certificate = make_certificate(key, extensions);
		struct kh_certificate *parsed = parse_certificate(certificate);
		char *code;

		assert_non_null(parsed);
		assert_int_equal(parsed->usage, KH_USAGE_SIGN);
		code = kh_certificate_credit_code(parsed, oids, 1);
		assert_string_equal(code, "9114");
		free(code);
		kh_certificate_free(parsed);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
}

/* A certificate with one piece of its DER replaced by another of the same length. */
static void expect_patched(const char *from, const char *to, size_t length,
			   void (*look)(const struct kh_certificate *certificate))
{
	const char *extensions[] = {"keyUsage", "digitalSignature", NULL};
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	X509 *certificate = make_certificate(key, extensions);
	unsigned char *der = NULL, *at;
	int size = i2d_X509(certificate, &der);
	struct kh_certificate *parsed;

	at = memmem(der, (size_t)size, from, length);
	assert_non_null(at);
	memcpy(at, to, length);
	parsed = kh_certificate_parse(der, (size_t)size);
	assert_non_null(parsed);
	look(parsed);
	kh_certificate_free(parsed);
	OPENSSL_free(der);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void look_over(const struct kh_certificate *certificate)
{
	assert_string_equal(certificate->not_before, "1970-01-01T00:00:00Z");
	assert_int_equal(certificate->begins, 0);
	assert_string_equal(certificate->not_after, "2051-06-01T23:59:59Z");
}

static void look_usage_unread(const struct kh_certificate *certificate)
{
	assert_int_equal(certificate->usage, KH_USAGE_BOTH);
	assert_int_equal(certificate->key_usage.length, 0);
}

static void look_usage_odd(const struct kh_certificate *certificate)
{
	assert_int_equal(certificate->usage, KH_USAGE_BOTH);
}

static void look_negative(const struct kh_certificate *certificate)
{
	struct kh_key_certificate out = {.id = NULL};

	assert_int_equal(kh_certificate_describe(certificate, &out, NULL), KH_OK);
	assert_string_equal(out.serial_number, "80f123456789abcdef");
	kh_clear(&kh_key_certificate_type, &out);
}

static void look_named(const struct kh_certificate *certificate)
{
	struct kh_key_certificate out = {.id = NULL};

	assert_int_equal(kh_certificate_describe(certificate, &out, NULL), KH_OK);
	assert_string_equal(out.issuer,
			    "CN=\xe7\x8b\x97\xe7\x8b\x97\xe7\x8b\x97\xe7\x8b\x97\xe7\x8b\x97\xe7\x8b\x97"
			    "\xe7\x8b\x97\xe7\x8b\x97\xe7\x8b\x97,C=CN");
	kh_clear(&kh_key_certificate_type, &out);
}

/* C2, C4: odd values in places that are known. */
static void test_odd_parts(void **state)
{
	(void)state;
	expect_patched("250601000000Z", "25060100000+Z", 13, look_over);
	expect_patched("\x55\x1d\x0f", "\x55\x1d\x8f", 3, look_usage_unread);
	expect_patched("\x03\x02\x07\x80", "\x04\x02\x07\x80", 4, look_usage_odd);
	expect_patched("\x02\x09\x00\xf1", "\x02\x09\x80\xf1", 4, look_negative);
	expect_patched("山西示例公司", "\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7\xb9\xb7", 18,
		       look_named);
}

/* A label has to fit a token. */
static void test_common_name(void **state)
{
	char name[4001];
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	X509 *certificate = make_certificate(key, NULL);
	struct kh_certificate *parsed = parse_certificate(certificate);
	char *text = kh_certificate_common_name(parsed);

	(void)state;
	assert_string_equal(text, "山西示例公司");
	free(text);
	kh_certificate_free(parsed);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(X509_get_subject_name(certificate), 1));
	assert_int_equal(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
						    V_ASN1_UTF8STRING, (unsigned char *)name, -1, -1, 0),
			 1);
	X509_sign(certificate, key, EVP_sha256());
	parsed = parse_certificate(certificate);
	text = kh_certificate_common_name(parsed);
	assert_int_equal(strlen(text), 192);
	assert_string_equal(text + 186, "nnn…");
	free(text);
	kh_certificate_free(parsed);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void test_bad_pem(void **state)
{
	static const char *const texts[] = {"",
					    "garbage",
					    "-----BEGIN CERTIFICATE-----\n",
					    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
					    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
					    "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
					    "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_null(kh_certificate_from_pem(texts[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	    cmocka_unit_test(test_description_and_pem),
		cmocka_unit_test(test_credit_code), cmocka_unit_test(test_cut_and_flipped),
		cmocka_unit_test(test_bad_pem),	    cmocka_unit_test(test_unknown_extensions),
		cmocka_unit_test(test_odd_parts),   cmocka_unit_test(test_common_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
