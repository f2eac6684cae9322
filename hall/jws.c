/* Verifying a compact JWS. */
#include "jws.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "cleanup.h"
#include "encode.h"
#include "key.h"

static const struct algorithm {
	const char *name;
	const char *key; /* prefix of the key type */
	const EVP_MD *(*digest)(void);
	int half; /* ECDSA, SM2: bytes of r and of s */
} algorithms[] = {
	{"RS256", "rsa", EVP_sha256, 0}, {"ES256", "ec-p256", EVP_sha256, 32}, {"ES384", "ec-p384", EVP_sha384, 48},
	{"EdDSA", "ed25519", NULL, 0},	 {"SM2SM3", "sm2", EVP_sm3, 32},
};

static const struct algorithm *algorithm_of(EVP_PKEY *key)
{
	const char *type = hall_key_type(key);
	for (size_t i = 0; type && i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (strncmp(type, algorithms[i].key, strlen(algorithms[i].key)) == 0)
			return &algorithms[i];
	return NULL;
}

static json_t *read_json(const char *part, size_t length)
{
	size_t size;
	HALL_AUTO_FREE uint8_t *text = hall_base64url_decode(part, length, &size);
	json_t *json = !text ? NULL : json_loadb((char *)text, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static bool is_certificate(json_t *item, X509 *expected)
{
	size_t length;
	HALL_AUTO_FREE uint8_t *der = hall_base64_decode(json_string_value(item), json_string_length(item), &length);
	uint8_t *own = NULL;
	int own_length = i2d_X509(expected, &own);
	bool same = der && own_length > 0 && (size_t)own_length == length && memcmp(der, own, length) == 0;
	OPENSSL_free(own);
	return same;
}

static const char *check_header(json_t *header, X509 *expected, const struct algorithm *algorithm)
{
	const char *alg, *typ;
	json_t *x5c;

	if (json_unpack_ex(header, NULL, JSON_STRICT, "{s:s, s:s, s:o}", "alg", &alg, "typ", &typ, "x5c", &x5c) != 0 ||
	    strcmp(typ, "JWT") != 0)
		return "header";
	if (!json_is_array(x5c) || json_array_size(x5c) == 0 || json_array_size(x5c) > 8 ||
	    !json_is_string(json_array_get(x5c, 0)) || !is_certificate(json_array_get(x5c, 0), expected))
		return "x5c";
	return !algorithm || strcmp(alg, algorithm->name) != 0 ? "alg" : NULL;
}

/* JWS has r and s side by side; OpenSSL wants the DER of both (RFC 7518, 3.4). */
static uint8_t *ecdsa_der(const uint8_t *raw, int half, size_t *length)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, half, NULL);
	BIGNUM *s = BN_bin2bn(raw + half, half, NULL);
	uint8_t *der = NULL;
	int size = 0;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		size = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	*length = size > 0 ? (size_t)size : 0;
	return size > 0 ? der : NULL;
}

static bool verify(EVP_PKEY *key, const struct algorithm *algorithm, const uint8_t *signature, size_t length,
		   const char *text, size_t text_length)
{
	uint8_t *der = NULL;
	if (algorithm->half > 0) {
		if (length != (size_t)algorithm->half * 2)
			return false;
		signature = der = ecdsa_der(signature, algorithm->half, &length);
	}
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *inner = NULL;
	const EVP_MD *digest = !algorithm->digest ? NULL : algorithm->digest();
	bool good = signature && context && EVP_DigestVerifyInit(context, &inner, digest, NULL, key) == 1 &&
		    hall_key_set_id(key, inner) &&
		    EVP_DigestVerify(context, signature, length, (const uint8_t *)text, text_length) == 1;
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	return good;
}

const char *hall_jws_verify(const char *compact, X509 *expected, json_t **payload)
{
	const char *body = strchr(compact, '.');
	const char *end = !body ? NULL : strchr(body + 1, '.');
	EVP_PKEY *key = X509_get0_pubkey(expected);

	if (!end || strlen(compact) > HALL_JWS_MAX || !key)
		return "format";
	HALL_AUTO_JSON json_t *header = read_json(compact, (size_t)(body - compact));
	if (!header)
		return "header";
	const struct algorithm *algorithm = algorithm_of(key);
	const char *wrong = check_header(header, expected, algorithm);
	if (wrong)
		return wrong;
	size_t length;
	HALL_AUTO_FREE uint8_t *signature = hall_base64url_decode(end + 1, strlen(end + 1), &length);
	if (!signature || !verify(key, algorithm, signature, length, compact, (size_t)(end - compact)))
		return "signature";
	json_t *claims = read_json(body + 1, (size_t)(end - body - 1));
	if (!claims)
		return "payload";
	*payload = claims;
	return NULL;
}
