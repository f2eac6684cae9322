/*
 * Results of C_ calls: a row for each CK_RV that PKCS#11 defines, with its name,
 * the error it is to us and what to do about it. What comes in is translated by
 * kh_module_fail() (module.h), which reads this table.
 */
#ifndef KH_PKCS11_TOKEN_RV_H
#define KH_PKCS11_TOKEN_RV_H

#include <p11-kit/pkcs11.h>

#include "error.h"

/* What a result says beside its code. */
enum kh_rv_kind {
	KH_RV_PLAIN,
	KH_RV_GONE,	  /* token, session or slot is away */
	KH_RV_MAYBE_GONE, /* a general error some modules answer for the same */
	KH_RV_TEMPLATE,	  /* another template may do */
	KH_RV_MECHANISM,  /* another mechanism may do */
};

struct kh_rv {
	CK_RV rv;
	const char *name;
	enum kh_code code;
	enum kh_rv_kind kind;
};

/* Row of a result; NULL for numbers PKCS#11 does not define. */
const struct kh_rv *kh_rv_find(CK_RV rv);
enum kh_rv_kind kh_rv_kind(CK_RV rv);
/* Every row, ended by a name of NULL; for tests. */
extern const struct kh_rv kh_rv_table[];

#endif
