/*
 * Signing with a key on a token. Every algorithm signs the whole message; who
 * hashes (token or host) is decided here, with what mechanism the token has.
 */
#ifndef KH_PKCS11_KEY_SIGN_H
#define KH_PKCS11_KEY_SIGN_H

#include "bytes.h"
#include "token/object.h"

/* A private key on a token and the public key it belongs to (borrowed). */
struct kh_signer {
	struct kh_token *token;
	const struct kh_object *key;
	struct kh_span spki;
};

/* "RS256", "ES256", "ES384", "EdDSA" (RFC 7518, 3.1; RFC 8037), "SM2SM3" (SM2
 * with SM3 and the default ID, r and s); NULL: none. */
const char *kh_sign_jws_name(enum kh_any_key_type type);

/* Whether this host can sign with a key of this type on this token. */
bool kh_sign_knows(const struct kh_token *token, enum kh_any_key_type type);

/* Whether the token offers the mechanism for keys of this type; true where it
 * does not tell. A vendor's own need not be listed: SM2 is true with a profile. */
bool kh_sign_offered(struct kh_token *token, enum kh_any_key_type type);

/* The raw signature: RSA PKCS #1 v1.5, ECDSA and SM2 r||s, Ed25519. out is
 * appended. token.unsupported: no such key type, or the module has no profile
 * that says how it signs with SM2. */
KH_CHECKED enum kh_code kh_sign(const struct kh_signer *signer, const void *message, size_t length,
				struct kh_buffer *out, struct kh_error *error);

/* The same for what leaves the host: the signature is verified first.
 * token.failed, C_Sign, "signature" when the key is another one, only half
 * there, or signs with SM2 otherwise than the module's profile claims. */
KH_CHECKED enum kh_code kh_sign_checked(const struct kh_signer *signer, const void *message, size_t length,
					struct kh_buffer *out, struct kh_error *error);

/* AlgorithmIdentifier and signature value (ECDSA and SM2 as DER) as X.509 has them. */
KH_CHECKED enum kh_code kh_sign_put_algorithm(enum kh_any_key_type type, struct kh_buffer *out, struct kh_error *error);
void kh_sign_put_value(enum kh_any_key_type type, const struct kh_buffer *raw, struct kh_buffer *out);

/* Whether a private key on the token belongs to signer's SPKI: tried with a
 * random message, not believed. certificate.mismatch (what spki): it does not. */
KH_CHECKED enum kh_code kh_sign_prove(const struct kh_signer *signer, struct kh_error *error);

/* Whether OpenSSL verifies a raw signature with the key of this SPKI. */
bool kh_sign_verify(const struct kh_bytes *spki, enum kh_any_key_type type, const void *message, size_t length,
		    const struct kh_buffer *raw);

#endif
