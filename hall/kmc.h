/*
 * The key centre (密钥管理中心, KMC) as the hall sees it: it makes and keeps
 * encryption pairs, so that what was encrypted for a company can be read again
 * when its USB key is lost. One interface, so that an operator can put his own
 * behind it (kmc_openssl.c is the small one that comes with the hall).
 *
 * Rules every implementation keeps:
 * - one pair for an (order, signing key), for ever: asking again, also after a
 *   crash, gives the same public key;
 * - the private key leaves it only in envelopes to that signing key;
 * - ca.unavailable means "ask again", ca.refused means "a person must look".
 *
 * signing: the order's new signing key, public part.
 */
#ifndef HALL_KMC_H
#define HALL_KMC_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "error.h"

struct hall_kmc {
	void *self;

	/* Name of the format in which a key is delivered to such a signing key, as
	 * in the contract; NULL: there is none, the order gets no encryption key. */
	const char *(*format)(void *self, EVP_PKEY *signing);

	/* The public key of the pair, made when there is none; *key is the caller's. */
	enum hall_code (*pair)(void *self, const char *order, EVP_PKEY *signing, EVP_PKEY **key,
			       struct hall_error *error);

	/* A new envelope of the pair that exists; *data is the caller's. */
	enum hall_code (*envelope)(void *self, const char *order, EVP_PKEY *signing, uint8_t **data, size_t *length,
				   struct hall_error *error);
};

#endif
