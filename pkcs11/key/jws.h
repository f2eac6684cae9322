/*
 * Proof and receipt: JWS in compact serialisation (RFC 7515), header
 * {"alg","typ":"JWT","x5c":[certificate]}.
 */
#ifndef KH_PKCS11_KEY_JWS_H
#define KH_PKCS11_KEY_JWS_H

#include "bytes.h"
#include "token/object.h"

struct kh_claim {
	const char *name;
	const char *text; /* NULL: number */
	int64_t number;
};

/* Appends an object of claims, RFC 8259 text. */
void kh_jws_claims(struct kh_buffer *out, const struct kh_claim *claims, size_t count);

/* Signs claims with the private key of a certificate; out from malloc. */
KH_CHECKED enum kh_code kh_jws_sign(struct kh_token *token, const struct kh_object *key,
				    const struct kh_certificate *certificate, const struct kh_claim *claims,
				    size_t count, char **out, struct kh_error *error);

#endif
