/*
 * The hall's own signature under what it gives to agents. Its key, Ed25519, is made when it is missing and stays in the
 * state folder: signing.key for its owner only, signing.pem (the public key) for whoever verifies.
 *
 * A signature is a compact JWS (RFC 7515) with the header {"alg":"EdDSA","kid"}; kid is the hex SHA-256 of the
 * SubjectPublicKeyInfo. Detached (appendix F) the middle part is empty: the payload lies beside it.
 */
#ifndef HALL_SIGNER_H
#define HALL_SIGNER_H

#include <openssl/evp.h>

#include "encode.h"
#include "error.h"

struct hall_signer {
	EVP_PKEY *key;
	char id[HALL_HASH_SIZE]; /* kid */
};

HALL_CHECKED enum hall_code hall_signer_open(const char *state, struct hall_signer *signer, struct hall_error *error);
void hall_signer_close(struct hall_signer *signer);

/* The public key, PEM; the caller frees it. NULL: failed. */
char *hall_signer_public(const struct hall_signer *signer);

/* The caller frees it. NULL: failed. */
char *hall_signer_sign(const struct hall_signer *signer, const void *payload, size_t length, bool detached);

#endif
