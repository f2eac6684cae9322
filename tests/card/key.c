/* Keys: GENERATE ASYMMETRIC KEY PAIR, SIGN, DECIPHER, GET CHALLENGE. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "card.h"

/* In the public key (tag 7F49) of a GENERATE: an EC key's prime says the curve, an RSA key has its number of bits. */
enum { TAG_PUBLIC_KEY = 0x7f49, TAG_PRIME = 0x81, TAG_BITS = 0x02 };

static const struct curve {
	const char *name;
	size_t bytes;
	const char *prime;
} curves[] = {
	{"P-256", 32,
	 "\xff\xff\xff\xff\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
	{"P-384", 48,
	 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	 "\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\xff\0\0\0\0\0\0\0\0\xff\xff\xff\xff"},
};

/* P2 of SIGN and DECIPHER. digest: the card's; else it comes made, of PSS its length says which. */
static const struct algorithm {
	unsigned code;
	int type, padding;
	const char *digest;
} algorithms[] = {
	{0x20, EVP_PKEY_RSA, RSA_NO_PADDING, NULL},
	{0x21, EVP_PKEY_RSA, RSA_NO_PADDING, NULL},
	{0x30, EVP_PKEY_RSA, RSA_PKCS1_PADDING, NULL},
	{0x31, EVP_PKEY_RSA, RSA_PKCS1_PADDING, "SHA1"},
	{0x33, EVP_PKEY_RSA, RSA_PKCS1_PADDING, "SHA256"},
	{0x40, EVP_PKEY_RSA, RSA_PKCS1_PSS_PADDING, NULL},
	{0x41, EVP_PKEY_RSA, RSA_PKCS1_PSS_PADDING, "SHA1"},
	{0x43, EVP_PKEY_RSA, RSA_PKCS1_PSS_PADDING, "SHA256"},
	{0x70, EVP_PKEY_EC, 0, NULL},
	{0x71, EVP_PKEY_EC, 0, "SHA1"},
	{0x72, EVP_PKEY_EC, 0, "SHA224"},
	{0x73, EVP_PKEY_EC, 0, "SHA256"},
};

enum { DECIPHER = 0x62, CODE_DECIPHER = 0x21 };

unsigned key_challenge(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)card;
	answer->length = apdu->expected < 1024 ? apdu->expected : 1024;
	return RAND_bytes(answer->data, (int)answer->length) == 1 ? SW_OK : SW_FAILED;
}

static EVP_PKEY *generate(const struct tlv *wanted)
{
	struct tlv element;
	size_t bits = 0;

	if (tlv_find(wanted->data, wanted->length, TAG_PRIME, &element)) {
		for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
			if (element.length == curves[i].bytes &&
			    memcmp(element.data, curves[i].prime, element.length) == 0)
				return EVP_EC_gen(curves[i].name);
		return NULL;
	}
	if (!tlv_find(wanted->data, wanted->length, TAG_BITS, &element) || element.length > 2)
		return NULL;
	for (size_t i = 0; i < element.length; i++)
		bits = bits << 8 | element.data[i];
	return bits >= 1024 && bits <= 4096 ? EVP_RSA_gen(bits) : NULL;
}

static bool public_part(const EVP_PKEY *key, unsigned char *bytes, size_t room, size_t *length)
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

static unsigned keep(const struct card *card, unsigned file, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PrivateKey(key, &der);
	unsigned status = length > 0 ? store_write(card, file, der, (size_t)length) : SW_FAILED;

	OPENSSL_free(der);
	return status;
}

unsigned key_generate(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file = FILE_KEY | apdu->p1, status = SW_FAILED;
	unsigned char bytes[512];
	struct writer writer;
	struct tlv wanted;
	EVP_PKEY *key;
	size_t length;

	if (!tlv_find(apdu->data, apdu->length, TAG_PUBLIC_KEY, &wanted))
		return SW_DATA;
	key = generate(&wanted);
	if (!key)
		return SW_UNSUPPORTED;
	if (public_part(key, bytes, sizeof bytes, &length) && cvc_write_request(&writer, apdu, bytes, length)) {
		answer->length = sizeof writer.bytes - writer.at;
		memcpy(answer->data, writer.bytes + writer.at, answer->length);
		status = keep(card, file, key);
	}
	if (status != SW_OK)
		answer->length = 0;
	EVP_PKEY_free(key);
	return status;
}

static EVP_PKEY *load(unsigned file)
{
	struct answer content;
	const unsigned char *at = content.data;

	return store_read(file, &content) ? d2i_AutoPrivateKey(NULL, &at, (long)content.length) : NULL;
}

static const EVP_MD *by_length(size_t length)
{
	const EVP_MD *const all[] = {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((size_t)EVP_MD_get_size(all[i]) == length)
			return all[i];
	return NULL;
}

static bool sign(EVP_PKEY_CTX *context, const struct algorithm *algorithm, const struct apdu *apdu,
		 struct answer *answer)
{
	const EVP_MD *md = algorithm->digest ? EVP_get_digestbyname(algorithm->digest) : NULL;
	const unsigned char *data = apdu->data;
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t length = apdu->length;
	unsigned made = 0;

	if (md) {
		if (EVP_Digest(data, length, digest, &made, md, NULL) != 1)
			return false;
		data = digest;
		length = made;
	} else if (algorithm->padding == RSA_PKCS1_PSS_PADDING) {
		md = by_length(length);
	}
	return EVP_PKEY_sign_init(context) == 1 &&
	       (!algorithm->padding || EVP_PKEY_CTX_set_rsa_padding(context, algorithm->padding) == 1) &&
	       (!md || EVP_PKEY_CTX_set_signature_md(context, md) == 1) &&
	       (algorithm->padding != RSA_PKCS1_PSS_PADDING ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1) &&
	       EVP_PKEY_sign(context, answer->data, &answer->length, data, length) == 1;
}

static bool decipher(EVP_PKEY_CTX *context, const struct apdu *apdu, struct answer *answer)
{
	return EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
	       EVP_PKEY_decrypt(context, answer->data, &answer->length, apdu->data, apdu->length) == 1;
}

static const struct algorithm *find(unsigned code, int type)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
		if (algorithms[i].code == code && algorithms[i].type == type)
			return &algorithms[i];
	return NULL;
}

unsigned key_use(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	EVP_PKEY *key = load(FILE_KEY | apdu->p1);
	const struct algorithm *algorithm = key ? find(apdu->p2, EVP_PKEY_get_base_id(key)) : NULL;
	EVP_PKEY_CTX *context = algorithm ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool good = false;

	(void)card;
	answer->length = FILE_MAX;
	if (context && (apdu->ins == DECIPHER) == (algorithm->code == CODE_DECIPHER))
		good = apdu->ins == DECIPHER ? decipher(context, apdu, answer) : sign(context, algorithm, apdu, answer);
	EVP_PKEY_CTX_free(context);
	if (!good)
		answer->length = 0;
	ERR_clear_error();
	if (!key)
		return SW_NO_REFERENCE;
	EVP_PKEY_free(key);
	return good ? SW_OK : algorithm ? SW_DATA : SW_UNSUPPORTED;
}
