/* Envelopes. */
#include "envelope.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define SM2_BYTES 32
#define SM4_BYTES 16
#define SM2_CIPHER_MAX 160 /* of an SM4 key */

bool hall_padding_parse(const char *name, enum hall_padding *padding)
{
	static const char *const names[] = {
		[HALL_OAEP_SHA1] = "sha1", [HALL_OAEP_SHA256] = "sha256", [HALL_PKCS1] = "pkcs1"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0) {
			*padding = (enum hall_padding)i;
			return true;
		}
	return false;
}

const char *hall_envelope_format(EVP_PKEY *signing)
{
	if (EVP_PKEY_is_a(signing, "RSA"))
		return "rsa-aes-kw";
	return EVP_PKEY_is_a(signing, "SM2") ? "sm2-enveloped-key" : NULL;
}

EVP_PKEY *hall_envelope_key_new(EVP_PKEY *signing)
{
	if (EVP_PKEY_is_a(signing, "RSA"))
		return EVP_RSA_gen((unsigned)EVP_PKEY_get_bits(signing));
	return EVP_PKEY_is_a(signing, "SM2") ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : NULL;
}

static bool cipher(const EVP_CIPHER *type, const uint8_t *key, int encrypt, const uint8_t *data, size_t length,
		   uint8_t *out, size_t *used)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int first = 0, last = 0;
	if (context)
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	bool done = context && EVP_CipherInit_ex(context, type, NULL, key, NULL, encrypt) == 1 &&
		    EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
		    EVP_CipherUpdate(context, out, &first, data, (int)length) == 1 &&
		    EVP_CipherFinal_ex(context, out + first, &last) == 1;
	EVP_CIPHER_CTX_free(context);
	*used = (size_t)first + (size_t)last;
	return done;
}

bool hall_wrap(const uint8_t key[HALL_WRAP_KEY_SIZE], const uint8_t *data, size_t length, uint8_t *out, size_t *used)
{
	return cipher(EVP_aes_256_wrap_pad(), key, 1, data, length, out, used);
}

bool hall_unwrap(const uint8_t key[HALL_WRAP_KEY_SIZE], const uint8_t *data, size_t length, uint8_t *out, size_t *used)
{
	return cipher(EVP_aes_256_wrap_pad(), key, 0, data, length, out, used);
}

static bool set_padding(EVP_PKEY_CTX *context, enum hall_padding padding)
{
	if (padding == HALL_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
	const EVP_MD *digest = padding == HALL_OAEP_SHA256 ? EVP_sha256() : EVP_sha1();
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) > 0 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) > 0;
}

/* length: room before, used afterwards. SM2 gives the DER of SM2Cipher. */
static bool encrypt(EVP_PKEY *key, enum hall_padding padding, const uint8_t *data, size_t size, uint8_t *out,
		    size_t *length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool done = context && EVP_PKEY_encrypt_init(context) > 0 &&
		    (!EVP_PKEY_is_a(key, "RSA") || set_padding(context, padding)) &&
		    EVP_PKEY_encrypt(context, out, length, data, size) > 0;
	EVP_PKEY_CTX_free(context);
	return done;
}

static bool make_rsa(EVP_PKEY *signing, EVP_PKEY *key, enum hall_padding padding, uint8_t **out, size_t *length)
{
	uint8_t session[HALL_WRAP_KEY_SIZE], *plain = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int size = !info ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &plain);
	size_t head = (size_t)EVP_PKEY_get_size(signing), used = head, tail = 0;
	uint8_t *data = size <= 0 ? NULL : malloc(head + hall_wrapped_size((size_t)size));

	bool done = data && RAND_priv_bytes(session, sizeof(session)) == 1 &&
		    encrypt(signing, padding, session, sizeof(session), data, &used) && used == head &&
		    hall_wrap(session, plain, (size_t)size, data + head, &tail);
	OPENSSL_cleanse(session, sizeof(session));
	OPENSSL_clear_free(plain, size > 0 ? (size_t)size : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!done) {
		free(data);
		return false;
	}
	*out = data;
	*length = head + tail;
	return true;
}

/* ---- SM2 --------------------------------------------------------------- */

/* The private number under the session key. */
static bool seal(EVP_PKEY *key, const uint8_t session[SM4_BYTES], uint8_t out[SM2_BYTES])
{
	BIGNUM *number = NULL;
	uint8_t plain[SM2_BYTES];
	size_t used = 0;
	bool done = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
		    BN_bn2binpad(number, plain, sizeof(plain)) == SM2_BYTES &&
		    cipher(EVP_sm4_ecb(), session, 1, plain, sizeof(plain), out, &used) && used == SM2_BYTES;
	OPENSSL_cleanse(plain, sizeof(plain));
	BN_clear_free(number);
	return done;
}

static size_t put_bits(uint8_t *out, const uint8_t *data, size_t length)
{
	uint8_t *at = out;
	ASN1_put_object(&at, 0, (int)length + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
	*at++ = 0;
	memcpy(at, data, length);
	return (size_t)(at - out) + length;
}

struct sm2_parts {
	uint8_t cipher[SM2_CIPHER_MAX];
	size_t cipher_length;
	uint8_t point[1 + 2 * SM2_BYTES];
	uint8_t key[SM2_BYTES];
};

static bool assemble(const struct sm2_parts *parts, uint8_t **out, size_t *length)
{
	static const uint8_t sm4_ecb[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x01};
	uint8_t body[sizeof(sm4_ecb) + sizeof(*parts) + 16];
	size_t used = sizeof(sm4_ecb);

	memcpy(body, sm4_ecb, used);
	memcpy(body + used, parts->cipher, parts->cipher_length);
	used += parts->cipher_length;
	used += put_bits(body + used, parts->point, sizeof(parts->point));
	used += put_bits(body + used, parts->key, sizeof(parts->key));

	int size = ASN1_object_size(1, (int)used, V_ASN1_SEQUENCE);
	uint8_t *data = size < 0 ? NULL : malloc((size_t)size), *at = data;
	if (!data)
		return false;
	ASN1_put_object(&at, 1, (int)used, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(at, body, used);
	*out = data;
	*length = (size_t)size;
	return true;
}

static bool make_sm2(EVP_PKEY *signing, EVP_PKEY *key, uint8_t **out, size_t *length)
{
	struct sm2_parts parts = {.cipher_length = sizeof(parts.cipher)};
	uint8_t session[SM4_BYTES];
	size_t point = 0;
	bool done = RAND_priv_bytes(session, sizeof(session)) == 1 &&
		    encrypt(signing, HALL_OAEP_SHA1, session, sizeof(session), parts.cipher, &parts.cipher_length) &&
		    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, parts.point, sizeof(parts.point),
						    &point) == 1 &&
		    point == sizeof(parts.point) && parts.point[0] == 4 && seal(key, session, parts.key);
	OPENSSL_cleanse(session, sizeof(session));
	return done && assemble(&parts, out, length);
}

bool hall_envelope_make(EVP_PKEY *signing, EVP_PKEY *key, enum hall_padding padding, uint8_t **out, size_t *length)
{
	if (EVP_PKEY_is_a(signing, "RSA"))
		return make_rsa(signing, key, padding, out, length);
	return EVP_PKEY_is_a(signing, "SM2") && make_sm2(signing, key, out, length);
}
