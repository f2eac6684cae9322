/*
 * What the token can do, one row a mechanism. A vendor's SM2 comes as more rows
 * (WORK_SM2_…) whose numbers are chosen when the module starts.
 */
#include "softkey.h"

#define PAIR (CKF_HW | CKF_GENERATE_KEY_PAIR)
#define SIGN (CKF_HW | CKF_SIGN | CKF_VERIFY)
#define EC (CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS)

const struct mechanism mechanisms[] = {
	{CKM_RSA_PKCS_KEY_PAIR_GEN, WORK_RSA_PAIR, CKK_RSA, NULL, 1024, 4096, PAIR},
	{CKM_EC_KEY_PAIR_GEN, WORK_EC_PAIR, CKK_EC, NULL, 256, 384, PAIR | EC},
	{CKM_EC_EDWARDS_KEY_PAIR_GEN, WORK_EDWARDS_PAIR, CKK_EC_EDWARDS, NULL, 255, 255, PAIR},
	{CKM_RSA_PKCS, WORK_RSA, CKK_RSA, NULL, 1024, 4096, SIGN | CKF_DECRYPT},
	{CKM_SHA256_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA256", 1024, 4096, SIGN},
	{CKM_SHA384_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA384", 1024, 4096, SIGN},
	{CKM_SHA512_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA512", 1024, 4096, SIGN},
	{CKM_RSA_PKCS_OAEP, WORK_OAEP, CKK_RSA, NULL, 1024, 4096, CKF_HW | CKF_DECRYPT},
	{CKM_ECDSA, WORK_ECDSA, CKK_EC, NULL, 256, 384, SIGN | EC},
	{CKM_ECDSA_SHA256, WORK_ECDSA, CKK_EC, "SHA256", 256, 384, SIGN | EC},
	{CKM_ECDSA_SHA384, WORK_ECDSA, CKK_EC, "SHA384", 256, 384, SIGN | EC},
	{CKM_EDDSA, WORK_EDDSA, CKK_EC_EDWARDS, NULL, 255, 255, SIGN},
	{CKM_SHA_1, WORK_DIGEST, 0, "SHA1", 0, 0, CKF_DIGEST},
	{CKM_SHA256, WORK_DIGEST, 0, "SHA256", 0, 0, CKF_DIGEST},
	{CKM_SHA384, WORK_DIGEST, 0, "SHA384", 0, 0, CKF_DIGEST},
	{CKM_SHA512, WORK_DIGEST, 0, "SHA512", 0, 0, CKF_DIGEST},
};
const size_t mechanism_count = sizeof mechanisms / sizeof *mechanisms;

const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type, CK_FLAGS flag)
{
	for (size_t i = 0; i < mechanism_count; i++)
		if (mechanisms[i].type == type && (mechanisms[i].flags & flag))
			return &mechanisms[i];
	return NULL;
}

CK_RV soft_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	struct token token;
	CK_RV rv = slot_token(slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (!count)
		return CKR_ARGUMENTS_BAD;
	if (list && *count < mechanism_count)
		rv = CKR_BUFFER_TOO_SMALL;
	for (size_t i = 0; rv == CKR_OK && list && i < mechanism_count; i++)
		list[i] = mechanisms[i].type;
	*count = mechanism_count;
	return rv;
}

CK_RV soft_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	const struct mechanism *mechanism = mechanism_find(type, ~0UL);
	struct token token;
	CK_RV rv = slot_token(slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (!mechanism)
		return CKR_MECHANISM_INVALID;
	if (!info)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_MECHANISM_INFO){mechanism->minimum, mechanism->maximum, mechanism->flags};
	return CKR_OK;
}
