/*
 * The shim: a PKCS#11 module that hands every call to another one and meets the
 * fault script on the way (README.md, ../softkey/choke.h).
 */
#ifndef SHIM_H
#define SHIM_H

#include "choke.h"

/* The module behind it; NULL before module_open. */
extern CK_FUNCTION_LIST *real;

/* slots.c: CKR_DEVICE_REMOVED for a session of a token that was pulled since. */
CK_RV session_check(CK_SESSION_HANDLE session);

#endif
