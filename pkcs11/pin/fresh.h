/*
 * A fresh look at tokens of which the module keeps a picture (token/manners.h).
 * OpenSC reads a card's directories once and writes them whole: what another
 * program has put there since would be gone. So such a module is started again
 * before a list, before a login, and with its logins before every step that
 * writes or proves what was written. What is left is the time between that and
 * the write itself.
 *
 * For the login in the middle of a renewal the PIN is held (pin/login.h). Without
 * it, on a token with its own pad, the look is as old as the login.
 */
#ifndef KH_PKCS11_PIN_FRESH_H
#define KH_PKCS11_PIN_FRESH_H

#include "host.h"

/* Whether any token caches. */
bool kh_fresh_matters(const struct kh_host *host);
/* Where a token caches: the module starts again; its logins are made again with the
 * PINs that are held, or end. Pointers to tokens do not hold after it. Nothing is
 * done where the module was started for this operation, or cannot be again.
 * token.failed in C_Initialize. */
KH_CHECKED enum kh_code kh_fresh_look(struct kh_host *host, struct kh_error *error);
/* The same unless that would end a login: before a list. */
KH_CHECKED enum kh_code kh_fresh_list(struct kh_host *host, struct kh_error *error);
/* The same where the token that a URI names is logged in and its PIN is held: before a write, and before a proof. */
KH_CHECKED enum kh_code kh_fresh_write(struct kh_host *host, const char *uri, struct kh_error *error);

#endif
