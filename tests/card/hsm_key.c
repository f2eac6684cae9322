/* Keys: GENERATE ASYMMETRIC KEY PAIR, SIGN, DECIPHER. */
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "hsm.h"
#include "key.h"

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

enum { DECIPHER = 0x62 };

/* P2 of SIGN (ins 0) and DECIPHER. */
static const struct algorithm {
	unsigned code, ins;
	int type;
	struct key_way way;
} algorithms[] = {
	{0x20, 0, EVP_PKEY_RSA, {RSA_NO_PADDING, NULL}},
	{0x21, DECIPHER, EVP_PKEY_RSA, {RSA_NO_PADDING, NULL}},
	{0x30, 0, EVP_PKEY_RSA, {RSA_PKCS1_PADDING, NULL}},
	{0x31, 0, EVP_PKEY_RSA, {RSA_PKCS1_PADDING, "SHA1"}},
	{0x33, 0, EVP_PKEY_RSA, {RSA_PKCS1_PADDING, "SHA256"}},
	{0x40, 0, EVP_PKEY_RSA, {RSA_PKCS1_PSS_PADDING, NULL}},
	{0x41, 0, EVP_PKEY_RSA, {RSA_PKCS1_PSS_PADDING, "SHA1"}},
	{0x43, 0, EVP_PKEY_RSA, {RSA_PKCS1_PSS_PADDING, "SHA256"}},
	{0x70, 0, EVP_PKEY_EC, {0, NULL}},
	{0x71, 0, EVP_PKEY_EC, {0, "SHA1"}},
	{0x72, 0, EVP_PKEY_EC, {0, "SHA224"}},
	{0x73, 0, EVP_PKEY_EC, {0, "SHA256"}},
};

static EVP_PKEY *make(const struct tlv *wanted)
{
	struct tlv element;
	size_t bits = 0;

	if (tlv_find(wanted->data, wanted->length, TAG_PRIME, &element)) {
		for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
			if (element.length == curves[i].bytes &&
			    memcmp(element.data, curves[i].prime, element.length) == 0)
				return key_make(curves[i].name, 0);
		return NULL;
	}
	if (!tlv_find(wanted->data, wanted->length, TAG_BITS, &element) || element.length > 2)
		return NULL;
	for (size_t i = 0; i < element.length; i++)
		bits = bits << 8 | element.data[i];
	return key_make(NULL, bits);
}

static unsigned keep(const struct card *card, unsigned file, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PrivateKey(key, &der);
	unsigned status = length > 0 ? store_write(&card->owner, file, der, (size_t)length) : SW_FAILED;

	OPENSSL_free(der);
	return status;
}

unsigned hsm_generate(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file = FILE_KEY | apdu->p1, status = SW_FAILED;
	unsigned char bytes[512];
	struct writer writer;
	struct tlv wanted;
	EVP_PKEY *key;
	size_t length;

	if (!tlv_find(apdu->data, apdu->length, TAG_PUBLIC_KEY, &wanted))
		return SW_DATA;
	key = make(&wanted);
	if (!key)
		return SW_UNSUPPORTED;
	if (key_public(key, bytes, sizeof bytes, &length) && cvc_write_request(&writer, apdu, bytes, length)) {
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

static const struct algorithm *find(unsigned code, int type)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
		if (algorithms[i].code == code && algorithms[i].type == type)
			return &algorithms[i];
	return NULL;
}

unsigned hsm_use(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	const struct tlv data = {.data = apdu->data, .length = apdu->length};
	EVP_PKEY *key = load(FILE_KEY | apdu->p1);
	const struct algorithm *algorithm = key ? find(apdu->p2, EVP_PKEY_get_base_id(key)) : NULL;
	bool good = false;

	(void)card;
	if (!key)
		return SW_NO_REFERENCE;
	if (algorithm && (apdu->ins == DECIPHER) == (algorithm->ins == DECIPHER))
		good = apdu->ins == DECIPHER ? key_decipher(key, algorithm->way.padding, &data, answer)
					     : key_sign(key, &algorithm->way, &data, answer);
	EVP_PKEY_free(key);
	return good ? SW_OK : algorithm ? SW_DATA : SW_UNSUPPORTED;
}
