/*
 * What a token says of its mechanisms, asked once for each token and start of
 * the module.
 */
#ifndef KH_PKCS11_TOKEN_MECHANISM_H
#define KH_PKCS11_TOKEN_MECHANISM_H

#include <stdbool.h>

#include "token/module.h"

#define KH_MECHANISMS_MAX 32

struct kh_mechanisms {
	struct {
		CK_MECHANISM_TYPE type;
		CK_FLAGS flags;
		bool there;
	} list[KH_MECHANISMS_MAX];
	size_t count;
};

/* The flags of CK_MECHANISM_INFO. CKR_MECHANISM_INVALID: it has none such; any
 * other result: it does not tell. */
CK_RV kh_mechanism_flags(struct kh_mechanisms *known, struct kh_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
			 CK_FLAGS *flags);

#endif
