/* What OpenSSL does with a key, for every family. */
#ifndef KH_TESTS_CARD_KEY_H
#define KH_TESTS_CARD_KEY_H

#include <openssl/evp.h>

#include "card.h"

/* A key of that curve, or with curve NULL of RSA with so many bits; NULL: none of that kind. */
EVP_PKEY *key_make(const char *curve, size_t bits);
/* An EC key's point, or an RSA key's modulus. */
bool key_public(const EVP_PKEY *key, unsigned char *bytes, size_t room, size_t *length);

/* How a key is used. padding: RSA's, 0 for EC; digest: made here, NULL: it comes made, of PSS its length says which. */
struct key_way {
	int padding;
	const char *digest;
};

/* Into the answer; false: it cannot be, and the answer is empty. */
bool key_sign(EVP_PKEY *key, const struct key_way *way, const struct tlv *data, struct answer *answer);
bool key_decipher(EVP_PKEY *key, int padding, const struct tlv *data, struct answer *answer);

#endif
