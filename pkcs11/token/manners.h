/*
 * What modules do their own way, beyond what PKCS#11 leaves open: asked here by
 * those who have to know. The table is the profiles' (profile.h), by library,
 * manufacturer and version; what a token itself gives away comes on top.
 */
#ifndef KH_PKCS11_TOKEN_MANNERS_H
#define KH_PKCS11_TOKEN_MANNERS_H

#include "token/token.h"

/* Whether the module keeps a picture of this token until C_Finalize: pin/fresh.h. */
bool kh_manners_caches(const struct kh_token *token);
/* Whether it refuses a second certificate with the CKA_ID of a key. */
bool kh_manners_one_certificate(const struct kh_token *token);

#endif
