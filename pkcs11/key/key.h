/*
 * Key pairs on the token: born there, sensitive, never extractable, marked
 * with the order they belong to.
 */
#ifndef KH_PKCS11_KEY_KEY_H
#define KH_PKCS11_KEY_KEY_H

#include "key/mark.h"
#include "token/object.h"

/* Makes a pair; public_key is in the inventory then. Templates go from what we
 * want to the least that will do, as tokens refuse attributes. token.unsupported:
 * the token does not sign with keys of this type, and nothing is made; or what it
 * made cannot be read back, and is destroyed again. */
KH_CHECKED enum kh_code kh_key_generate(struct kh_token *token, enum kh_key_type type, const struct kh_order_mark *mark,
					struct kh_object **public_key, struct kh_error *error);

/* Whether the token makes pairs of this type, by its mechanisms; true where it does
 * not tell. A vendor's own need not be listed: SM2 is true with a profile. */
bool kh_key_offered(struct kh_token *token, enum kh_key_type type);

/* Where the module kept neither CKA_ID nor CKA_LABEL of the mark: sets one of
 * them. It is no failure that it keeps none. The object is in the inventory. */
KH_CHECKED enum kh_code kh_key_keep_mark(struct kh_token *token, CK_OBJECT_HANDLE handle,
					 const struct kh_order_mark *mark, struct kh_error *error);

/* Destroys a pair nobody could use, as far as the token lets go of it. */
void kh_key_take_back(struct kh_token *token, const CK_OBJECT_HANDLE handles[2], const char *why);

/* Writes the public key object of an SPKI under a mark's CKA_ID. Both
 * functions: token.unsupported for SM2 where the module has no profile, and
 * where the token takes no such object. */
KH_CHECKED enum kh_code kh_key_write_public(struct kh_token *token, const struct kh_bytes *spki,
					    const struct kh_order_mark *mark, struct kh_object **public_key,
					    struct kh_error *error);
/* The same for the public key of an encryption pair. */
KH_CHECKED enum kh_code kh_key_write_encrypting(struct kh_token *token, const struct kh_bytes *spki,
						const struct kh_order_mark *mark, struct kh_error *error);

#endif
