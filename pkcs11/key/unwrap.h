/*
 * Getting an encryption key out of its envelope and into the token. The ways
 * are one table (unwrap.c), tried in turn; the private key leaves the token's
 * hands in none of them but the last, the named fallback, in which it passes
 * through wiped memory of this process (unwrap_host.c).
 */
#ifndef KH_PKCS11_KEY_UNWRAP_H
#define KH_PKCS11_KEY_UNWRAP_H

#include "key/mark.h"
#include "token/token.h"
#include "x509/envelope.h"

struct kh_unwrap {
	struct kh_token *token;
	CK_OBJECT_HANDLE opener; /* the private key it is encrypted to */
	const struct kh_envelope *envelope;
	const struct kh_order_mark *mark; /* of the key that comes of it */
	bool on_host;			  /* the fallback is allowed */
};

/* Out of the envelope comes a private key with the mark, proved by nobody yet.
 * encryption.unopened: every way failed; token.unsupported: the token knows
 * none of them, the opener may not be used so, or it answers with a key that it
 * had before, which stays as it was; token.full and the like. */
KH_CHECKED enum kh_code kh_unwrap(const struct kh_unwrap *unwrap, struct kh_object **key, struct kh_error *error);

/* The formats of which the token, the opener and the configuration take one
 * way at least. Returns how many are in out. */
#define KH_UNWRAP_FORMATS 2
size_t kh_unwrap_formats(struct kh_token *token, CK_OBJECT_HANDLE opener, enum kh_any_key_type type, bool on_host,
			 enum kh_import_algorithm out[KH_UNWRAP_FORMATS]);

#endif
