/* JWS against signatures made here with OpenSSL, and against RFC 7515's rules. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "ca_build.h"
#include "clock.h"
#include "jws.h"

static const struct kind {
	const char *type;
	const char *alg;
	int half;
} kinds[] = {{"rsa", "RS256", 0},
	     {"P-256", "ES256", 32},
	     {"P-384", "ES384", 48},
	     {"ED25519", "EdDSA", 0},
	     {"SM2", "SM2SM3", 32}};

static EVP_PKEY *make_key(const char *type)
{
	if (strcmp(type, "rsa") == 0)
		return EVP_RSA_gen(2048);
	return type[0] == 'P' ? EVP_EC_gen(type) : EVP_PKEY_Q_keygen(NULL, NULL, type);
}

static X509 *make_certificate(EVP_PKEY *key)
{
	EVP_PKEY *issuer_key = hall_ca_build_key("ec-p256");
	X509 *issuer = hall_ca_build_authority(issuer_key, "unit", 0, NULL, NULL, 1);
	struct hall_ca_leaf leaf = {.key = key,
				    .subject = X509_get_subject_name(issuer),
				    .not_after = hall_clock_now() + 1000,
				    .crl_url = "http://localhost/crl",
				    .usage = "sign"};
	X509 *certificate = hall_ca_build_leaf(&leaf, issuer, issuer_key);
	assert_non_null(certificate);
	X509_free(issuer);
	EVP_PKEY_free(issuer_key);
	return certificate;
}

static void append_url(char *out, const void *data, size_t length)
{
	unsigned char text[16384];
	int size = EVP_EncodeBlock(text, data, (int)length);
	char *at = out + strlen(out);
	for (int i = 0; i < size && text[i] != '='; i++)
		*at++ = text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i];
	*at = '\0';
}

static size_t sign_raw(EVP_PKEY *key, const struct kind *kind, const char *text, unsigned char *out)
{
	size_t length = 1024;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const EVP_MD *digest = strcmp(kind->type, "ED25519") == 0 ? NULL
			       : kind->half == 48		  ? EVP_sha384()
								  : EVP_sha256();
	EVP_PKEY_CTX *inner = NULL;
	if (strcmp(kind->type, "SM2") == 0)
		digest = EVP_sm3();
	assert_int_equal(EVP_DigestSignInit(context, &inner, digest, NULL, key), 1);
	if (digest == EVP_sm3())
		assert_int_equal(EVP_PKEY_CTX_set1_id(inner, "1234567812345678", 16), 1);
	assert_int_equal(EVP_DigestSign(context, out, &length, (const unsigned char *)text, strlen(text)), 1);
	EVP_MD_CTX_free(context);
	if (kind->half > 0) {
		const unsigned char *at = out;
		ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
		BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, kind->half);
		BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + kind->half, kind->half);
		ECDSA_SIG_free(pair);
		length = (size_t)kind->half * 2;
	}
	return length;
}

/* header: with ALG and DER where the algorithm and the certificate's base64 go. */
static void make(char *out, EVP_PKEY *key, X509 *certificate, const struct kind *kind, const char *header,
		 const char *payload)
{
	char head[16384];
	unsigned char *der = NULL, base64[8192], signature[1024];
	int length = i2d_X509(certificate, &der);
	EVP_EncodeBlock(base64, der, length);
	OPENSSL_free(der);
	const char *alg = strstr(header, "ALG"), *x5c = strstr(header, "DER");
	snprintf(head, sizeof(head), "%.*s%s%.*s%s%s", (int)(alg - header), header, kind->alg, (int)(x5c - alg - 3),
		 alg + 3, (char *)base64, x5c + 3);
	out[0] = '\0';
	append_url(out, head, strlen(head));
	strcat(out, ".");
	append_url(out, payload, strlen(payload));
	size_t size = sign_raw(key, kind, out, signature);
	strcat(out, ".");
	append_url(out, signature, size);
}

#define GOOD "{\"alg\":\"ALG\",\"typ\":\"JWT\",\"x5c\":[\"DER\"]}"

static void test_every_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		static char text[40000];
		EVP_PKEY *key = make_key(kinds[i].type);
		X509 *certificate = make_certificate(key), *other = make_certificate(key);
		json_t *payload = NULL;

		make(text, key, certificate, &kinds[i], GOOD, "{\"iat\":5}");
		assert_null(hall_jws_verify(text, certificate, &payload));
		assert_int_equal(json_integer_value(json_object_get(payload, "iat")), 5);
		json_decref(payload);
		assert_string_equal(hall_jws_verify(text, other, &payload), "x5c");

		make(text, key, certificate, &(struct kind){kinds[i].type, "none", kinds[i].half}, GOOD, "{}");
		assert_string_equal(hall_jws_verify(text, certificate, &payload), "alg");
		X509_free(other);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
}

static void test_strict_header(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		const char *payload;
		const char *wrong;
	} rows[] = {
		{"{\"alg\":\"ALG\",\"x5c\":[\"DER\"]}", "{}", "header"},
		{"{\"alg\":\"ALG\",\"typ\":\"JWT\",\"x5c\":[\"DER\"],\"crit\":[\"x\"]}", "{}", "header"},
		{"{\"alg\":\"ALG\",\"typ\":\"jwt\",\"x5c\":[\"DER\"]}", "{}", "header"},
		{"{\"alg\":\"ALG\",\"alg\":\"none\",\"typ\":\"JWT\",\"x5c\":[\"DER\"]}", "{}", "header"},
		{"[\"ALG\",\"DER\"]", "{}", "header"},
		{"{\"alg\":\"ALG\",\"typ\":\"JWT\",\"x5c\":\"DER\"}", "{}", "x5c"},
		{"{\"alg\":\"ALG\",\"typ\":\"JWT\",\"x5c\":[[\"DER\"]]}", "{}", "x5c"},
		{"{\"alg\":\"ALG\",\"typ\":\"JWT\",\"x5c\":[\"\",\"DER\"]}", "{}", "x5c"},
		{GOOD, "[]", "payload"},
		{GOOD, "{\"a\":1,\"a\":2}", "payload"},
		{GOOD, "", "payload"},
		{GOOD, "{\"a\":\"\xff\"}", "payload"},
	};
	static char text[40000];
	EVP_PKEY *key = make_key("P-256");
	X509 *certificate = make_certificate(key);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *payload = NULL;
		make(text, key, certificate, &kinds[1], rows[i].header, rows[i].payload);
		assert_string_equal(hall_jws_verify(text, certificate, &payload), rows[i].wrong);
		assert_null(payload);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* A signature of zeros once fooled verifiers (r = s = 0); cut and lengthened ones. */
static void test_signatures(void **state)
{
	(void)state;
	static char text[40000];
	EVP_PKEY *key = make_key("P-256");
	X509 *certificate = make_certificate(key);
	json_t *payload = NULL;
	make(text, key, certificate, &kinds[1], GOOD, "{}");
	char *signature = strrchr(text, '.') + 1;
	size_t length = strlen(signature);

	memset(signature, 'A', length);
	assert_string_equal(hall_jws_verify(text, certificate, &payload), "signature");
	signature[length - 2] = '\0';
	assert_string_equal(hall_jws_verify(text, certificate, &payload), "signature");
	signature[0] = '\0';
	assert_string_equal(hall_jws_verify(text, certificate, &payload), "signature");
	assert_string_equal(hall_jws_verify("", certificate, &payload), "format");
	assert_string_equal(hall_jws_verify("a.b", certificate, &payload), "format");
	assert_string_equal(hall_jws_verify("..", certificate, &payload), "header");
	X509_free(certificate);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_algorithm),
		cmocka_unit_test(test_strict_header),
		cmocka_unit_test(test_signatures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
