/*
 * What another token host wrote for the same order at the same time: a second
 * pair, a second copy of the certificate. Both carry the order's mark; who looks
 * a key up by its CKA_ID may meet the wrong one.
 */
#ifndef KH_PKCS11_OP_STRAY_H
#define KH_PKCS11_OP_STRAY_H

#include "token/token.h"

/* Destroys what carries the CKA_ID and the label of this pending certificate and
 * is neither its key nor the certificate itself. Where private keys do not tell
 * whose they are each is tried, and those go that do not sign for it, if another
 * one does. Needs a login. Without a certificate of that id, or after its order
 * is completed, nothing is done. */
KH_CHECKED enum kh_code kh_stray_clean(struct kh_token *token, const char *certificate, struct kh_error *error);

#endif
