/* SM2 as OpenSSL does it, in the forms the vendors have. */
#include <openssl/asn1t.h>
#include <openssl/bn.h>

#include "softkey.h"

const unsigned char sm2_parameters[10] = {0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d};

#define COORDINATE 32
#define DIGEST 32

/* The ID is set behind the init: every OpenSSL 3 takes it there. */
static EVP_MD_CTX *start(EVP_PKEY *key,
			 int (*init)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *))
{
	EVP_PKEY_CTX *parameters = NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context && init(context, &parameters, EVP_sm3(), NULL, key) == 1 &&
	    EVP_PKEY_CTX_set1_id(parameters, SM2_ID, sizeof SM2_ID - 1) == 1)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

bool sm2_sign(EVP_PKEY *key, const unsigned char *in, size_t length, unsigned char *der, size_t *der_length)
{
	EVP_MD_CTX *context = start(key, EVP_DigestSignInit);
	bool good = context && EVP_DigestSign(context, der, der_length, in, length) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

bool sm2_verify(EVP_PKEY *key, const unsigned char *in, size_t length, const unsigned char *der, size_t der_length)
{
	EVP_MD_CTX *context = start(key, EVP_DigestVerifyInit);
	bool good = context && EVP_DigestVerify(context, der, der_length, in, length) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* SM2Cipher of GM/T 0009. */
struct cipher {
	ASN1_INTEGER *x, *y;
	ASN1_OCTET_STRING *hash, *text;
};
ASN1_SEQUENCE(cipher) =
	{
		ASN1_SIMPLE(struct cipher, x, ASN1_INTEGER),
		ASN1_SIMPLE(struct cipher, y, ASN1_INTEGER),
		ASN1_SIMPLE(struct cipher, hash, ASN1_OCTET_STRING),
		ASN1_SIMPLE(struct cipher, text, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END_name(struct cipher, cipher)

		static bool set_coordinate(ASN1_INTEGER * out, const unsigned char *bytes)
{
	BIGNUM *number = BN_bin2bn(bytes, COORDINATE, NULL);
	bool good = number && BN_to_ASN1_INTEGER(number, out);

	BN_free(number);
	return good;
}

/* From 04 X Y C3 C2. */
static int to_der(const unsigned char *in, size_t length, unsigned char **der)
{
	const size_t start = 1 + 2 * COORDINATE + DIGEST;
	struct cipher *cipher;
	int size = 0;

	if (length <= start || in[0] != 4)
		return 0;
	cipher = (struct cipher *)ASN1_item_new(ASN1_ITEM_rptr(cipher));
	if (cipher && set_coordinate(cipher->x, in + 1) && set_coordinate(cipher->y, in + 1 + COORDINATE) &&
	    ASN1_OCTET_STRING_set(cipher->hash, in + start - DIGEST, DIGEST) == 1 &&
	    ASN1_OCTET_STRING_set(cipher->text, in + start, (int)(length - start)) == 1)
		size = ASN1_item_i2d((ASN1_VALUE *)cipher, der, ASN1_ITEM_rptr(cipher));
	ASN1_item_free((ASN1_VALUE *)cipher, ASN1_ITEM_rptr(cipher));
	return size;
}

static bool decrypt_der(EVP_PKEY *key, const unsigned char *der, size_t length, unsigned char *out, size_t *out_length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool good = context && EVP_PKEY_decrypt_init(context) == 1 &&
		    EVP_PKEY_decrypt(context, out, out_length, der, length) == 1;

	EVP_PKEY_CTX_free(context);
	return good;
}

bool sm2_decrypt(EVP_PKEY *key, bool is_der, const unsigned char *in, size_t length, unsigned char *out,
		 size_t *out_length)
{
	unsigned char *der = NULL;
	int size;
	bool good;

	if (is_der)
		return decrypt_der(key, in, length, out, out_length);
	size = to_der(in, length, &der);
	good = size > 0 && decrypt_der(key, der, (size_t)size, out, out_length);
	OPENSSL_free(der);
	return good;
}
