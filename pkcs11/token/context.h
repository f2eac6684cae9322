/*
 * Keys that want the PIN for each use: CKA_ALWAYS_AUTHENTICATE (PKCS#11 v2.40,
 * 4.9), C_Login(CKU_CONTEXT_SPECIFIC) (5.6).
 *
 * The PIN that the clerk has entered at login is held in token->pin for them: only
 * while that login lasts, and only on a token where such a key was seen
 * (pin/login.h). Without it, and without a key's own pad, the use is
 * CKR_USER_NOT_LOGGED_IN: the next login holds the PIN. It is not sent when one
 * try is left, and once it was refused (token->refused) not again; what follows
 * from that is the dispatcher's, when the operation has ended.
 *
 * Some modules do not tell the attribute. Their key shows itself when its work is
 * CKR_USER_NOT_LOGGED_IN although the session is logged in.
 */
#ifndef KH_PKCS11_TOKEN_CONTEXT_H
#define KH_PKCS11_TOKEN_CONTEXT_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct kh_token;

/* Between the Init of an operation and its work; CKR_OK for keys that want no
 * PIN. When it fails the caller does the work nevertheless: that ends the
 * operation, and some modules do not mean what their attribute says. */
CK_RV kh_context_login(struct kh_token *token, CK_OBJECT_HANDLE key);
/* Whether the work, which ended in rv, is to be done once more: the key has
 * shown only now that it wants the PIN. */
bool kh_context_again(struct kh_token *token, CK_OBJECT_HANDLE key, CK_RV rv);
/* What both came to: the work's result, or why the login before it failed. */
CK_RV kh_context_result(CK_RV login, CK_RV rv);
/* C_UnwrapKey, which has no Init: the login comes before it. */
CK_RV kh_context_unwrap(struct kh_token *token, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped,
			CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out);

#endif
