/*
 * Which certificate on a token a new one replaces, and whether it may go for it.
 */
#ifndef KH_PKCS11_OP_OLD_H
#define KH_PKCS11_OP_OLD_H

#include "token/token.h"

/* The one other certificate that this one replaces: same subject and issuer,
 * begun no later, earlier end, no CA's and not for encryption only. NULL when there is
 * none, or more than one. */
struct kh_object *kh_old_find(struct kh_token *token, const struct kh_object *certificate);
/* Whether there is none, so that nothing is left to be retired. */
bool kh_old_is_none(struct kh_token *token, const struct kh_object *certificate);

/* What the key signs with today goes only for what will do instead: of the same
 * subject, for signatures, valid now. A clock may be a day slow; one
 * that is far slower is not believed. What deciphers, too, stays: old files need it. */
bool kh_old_may_go(const struct kh_object *old, const struct kh_object *new);

#endif
