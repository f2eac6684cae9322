#include "key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

EVP_PKEY *key_make(const char *curve, size_t bits)
{
	if (curve)
		return EVP_EC_gen(curve);
	return bits >= 1024 && bits <= 4096 ? EVP_RSA_gen(bits) : NULL;
}

bool key_public(const EVP_PKEY *key, unsigned char *bytes, size_t room, size_t *length)
{
	BIGNUM *modulus = NULL;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, room, length) == 1;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1)
		return false;
	*length = (size_t)BN_bn2bin(modulus, bytes);
	BN_free(modulus);
	return true;
}

static const EVP_MD *by_length(size_t length)
{
	const EVP_MD *const all[] = {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((size_t)EVP_MD_get_size(all[i]) == length)
			return all[i];
	return NULL;
}

static bool sign(EVP_PKEY_CTX *context, const struct key_way *way, const struct tlv *from, struct answer *answer)
{
	const EVP_MD *md = way->digest ? EVP_get_digestbyname(way->digest) : NULL;
	const unsigned char *data = from->data;
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t length = from->length;
	unsigned made = 0;

	if (md) {
		if (EVP_Digest(data, length, digest, &made, md, NULL) != 1)
			return false;
		data = digest;
		length = made;
	} else if (way->padding == RSA_PKCS1_PSS_PADDING) {
		md = by_length(length);
	}
	return EVP_PKEY_sign_init(context) == 1 &&
	       (!way->padding || EVP_PKEY_CTX_set_rsa_padding(context, way->padding) == 1) &&
	       (!md || EVP_PKEY_CTX_set_signature_md(context, md) == 1) &&
	       (way->padding != RSA_PKCS1_PSS_PADDING ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1) &&
	       EVP_PKEY_sign(context, answer->data, &answer->length, data, length) == 1;
}

static bool decipher(EVP_PKEY_CTX *context, int padding, const struct tlv *data, struct answer *answer)
{
	return EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1 &&
	       EVP_PKEY_decrypt(context, answer->data, &answer->length, data->data, data->length) == 1;
}

static bool end(EVP_PKEY_CTX *context, bool good, struct answer *answer)
{
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	if (!good)
		answer->length = 0;
	return good;
}

bool key_sign(EVP_PKEY *key, const struct key_way *way, const struct tlv *data, struct answer *answer)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	answer->length = FILE_MAX;
	return end(context, context && sign(context, way, data, answer), answer);
}

bool key_decipher(EVP_PKEY *key, int padding, const struct tlv *data, struct answer *answer)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	answer->length = FILE_MAX;
	return end(context, context && decipher(context, padding, data, answer), answer);
}
