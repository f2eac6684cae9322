/*
 * What a page may claim with a JWS: the proof by the old certificate (this
 * request is mine) and the receipt by the new one (it is on the key and signs).
 *
 * Payload, exactly: {"order", "csrSha256" | "certificateSha256", "origin",
 * "tokenSerial", "iat"}.
 */
#ifndef HALL_CLAIM_H
#define HALL_CLAIM_H

#include <stdint.h>

#include <openssl/x509.h>

#include "error.h"

#define HALL_CLAIM_SECONDS 600	  /* iat may be this far from the hall's time */
#define HALL_SERIAL_CHARACTERS 64 /* of UTF-8, of a token's serial */

struct hall_claim {
	enum hall_code failure; /* HALL_E_PROOF_INVALID or HALL_E_RECEIPT_INVALID */
	X509 *signer;
	const char *hash_name; /* "csrSha256" or "certificateSha256" */
	const char *hash;
	const char *order;
	const char *origin;
	const char *token_serial; /* NULL, "": any; a token without a serial claims "" */
	int64_t now;
};

/* What the signer said. */
struct hall_claimed {
	char token_serial[HALL_SERIAL_CHARACTERS * 4 + 1];
	int64_t issued; /* iat */
};
HALL_CHECKED enum hall_code hall_claim_check(const struct hall_claim *claim, const char *jws,
					     struct hall_claimed *claimed, struct hall_error *error);

#endif
