/* Keys. */
#include "key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>

static const struct {
	const char *name;
	const char *algorithm; /* OpenSSL's */
	const char *group;
	int bits;
} types[] = {
	{"rsa2048", "RSA", NULL, 2048},	     {"rsa3072", "RSA", NULL, 3072},
	{"rsa4096", "RSA", NULL, 4096},	     {"ec-p256", "EC", "prime256v1", 256},
	{"ec-p384", "EC", "secp384r1", 384}, {"ed25519", "ED25519", NULL, 0},
	{"sm2", "SM2", NULL, 256},
};

#define TYPES (sizeof(types) / sizeof(*types))

const char *hall_key_type(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_utf8_string_param(key, "group", group, sizeof(group), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < TYPES; i++)
		if (EVP_PKEY_is_a(key, types[i].algorithm) && (!types[i].group || strcmp(group, types[i].group) == 0) &&
		    (types[i].bits == 0 || EVP_PKEY_get_bits(key) == types[i].bits))
			return types[i].name;
	return NULL;
}

bool hall_key_type_known(const char *name)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(types[i].name, name) == 0)
			return true;
	return false;
}

/* A public exponent below 65537 is no key that a token makes; with 1 everybody signs. */
bool hall_key_is_sound(EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	if (!EVP_PKEY_is_a(key, "RSA"))
		return true;
	bool sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 && BN_is_odd(exponent) &&
		     BN_num_bits(exponent) > 16;
	BN_free(exponent);
	return sound;
}

bool hall_key_hash(EVP_PKEY *key, char out[HALL_HASH_SIZE])
{
	uint8_t *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	if (length <= 0)
		return false;
	hall_hash(der, (size_t)length, out);
	OPENSSL_free(der);
	return true;
}

bool hall_key_set_id(EVP_PKEY *key, EVP_PKEY_CTX *context)
{
	return !EVP_PKEY_is_a(key, "SM2") || EVP_PKEY_CTX_set1_id(context, HALL_SM2_ID, strlen(HALL_SM2_ID)) > 0;
}

EVP_MD_CTX *hall_key_sign_context(EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *inner = NULL;
	const EVP_MD *digest = EVP_PKEY_is_a(key, "SM2") ? EVP_sm3() : EVP_sha256();

	if (context && EVP_DigestSignInit(context, &inner, digest, NULL, key) == 1 && hall_key_set_id(key, inner))
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}
