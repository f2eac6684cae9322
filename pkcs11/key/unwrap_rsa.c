/* rsa-aes-kw inside the token. */
#include "key/unwrap_way.h"

/* PKCS #11 v2.40, 2.1.21; p11-kit's header has the mechanism only. */
struct __attribute__((packed)) key_wrap_parameters {
	CK_ULONG aes_bits;
	CK_RSA_PKCS_OAEP_PARAMS *oaep;
};
#define AES_BITS 256
/* PKCS #11 has no gaps between members, where CK_ULONG is of 4 bytes, too. */
_Static_assert(sizeof(struct key_wrap_parameters) == sizeof(CK_ULONG) + sizeof(void *), "to be packed");

static CK_FLAGS flag(bool claimed)
{
	return claimed ? CKF_UNWRAP : 0;
}

bool kh_way_known_whole(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	return kh_way_mechanism(token, way->inner, flag(claimed));
}

bool kh_way_known_parts(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	return kh_way_mechanism(token, kh_padding_mechanism(way->padding).mechanism, flag(claimed)) &&
	       kh_way_mechanism(token, way->inner, flag(claimed));
}

bool kh_way_known_vendor(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	const struct kh_profile *profile = kh_module_profile(token->module);

	(void)way;
	return profile && kh_way_number(token, profile->rsa_unwrap, claimed);
}

CK_RV kh_way_open_whole(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM padding = kh_padding_mechanism(way->padding);
	struct key_wrap_parameters parameters = {AES_BITS, padding.pParameter};
	CK_MECHANISM mechanism = {way->inner, &parameters, sizeof(parameters)};
	const struct kh_unwrap *unwrap = attempt->unwrap;

	return kh_way_unwrap(attempt, &mechanism, unwrap->opener, unwrap->envelope->whole, key);
}

CK_RV kh_way_open_parts(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	static const CK_KEY_TYPE aes = CKK_AES;
	struct kh_opened *opened = &attempt->opened[way->padding];
	CK_MECHANISM outer = kh_padding_mechanism(way->padding);
	CK_MECHANISM inner = {way->inner, NULL, 0};
	const struct kh_envelope *envelope = attempt->unwrap->envelope;

	if (!opened->tried)
		opened->rv = kh_way_session_key(attempt, &outer, envelope->session, &aes, &opened->handle);
	opened->tried = true;
	if (opened->rv != CKR_OK)
		return opened->rv;
	return kh_way_unwrap(attempt, &inner, opened->handle, envelope->key, key);
}

CK_RV kh_way_open_vendor(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	const struct kh_unwrap *unwrap = attempt->unwrap;
	CK_MECHANISM mechanism = {kh_module_profile(unwrap->token->module)->rsa_unwrap, NULL, 0};

	(void)way;
	return kh_way_unwrap(attempt, &mechanism, unwrap->opener, unwrap->envelope->whole, key);
}
