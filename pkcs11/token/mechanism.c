/* What a token says of its mechanisms. */
#include "token/mechanism.h"

static void keep(struct kh_mechanisms *known, CK_MECHANISM_TYPE type, CK_RV rv, CK_FLAGS flags)
{
	if ((rv != CKR_OK && rv != CKR_MECHANISM_INVALID) || known->count == KH_MECHANISMS_MAX)
		return;
	known->list[known->count].type = type;
	known->list[known->count].flags = flags;
	known->list[known->count].there = rv == CKR_OK;
	known->count++;
}

CK_RV kh_mechanism_flags(struct kh_mechanisms *known, struct kh_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
			 CK_FLAGS *flags)
{
	CK_MECHANISM_INFO info = {.flags = 0};
	CK_RV rv;

	for (size_t i = 0; i < known->count; i++) {
		if (known->list[i].type != type)
			continue;
		*flags = known->list[i].flags;
		return known->list[i].there ? CKR_OK : CKR_MECHANISM_INVALID;
	}
	rv = KH_CALL_ON(module, mechanism, &type, C_GetMechanismInfo, slot, type, &info);
	keep(known, type, rv, info.flags);
	*flags = info.flags;
	return rv;
}
