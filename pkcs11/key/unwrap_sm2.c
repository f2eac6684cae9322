/* sm2-enveloped-key inside the token; every number is the profile's. */
#include "key/unwrap_way.h"

bool kh_way_known_sm2_whole(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	const struct kh_profile *profile = kh_module_sm2(token->module);

	(void)way;
	return profile && kh_way_number(token, profile->sm2_envelope, claimed);
}

bool kh_way_known_sm2_parts(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	const struct kh_profile *profile = kh_module_sm2(token->module);

	(void)way;
	return profile && profile->sm4_key_type != KH_NO_NUMBER &&
	       kh_way_number(token, profile->sm2_unwrap.mechanism, claimed) &&
	       kh_way_number(token, profile->sm4_ecb, claimed);
}

CK_RV kh_way_open_sm2_whole(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	const struct kh_unwrap *unwrap = attempt->unwrap;
	CK_MECHANISM mechanism = {kh_module_sm2(unwrap->token->module)->sm2_envelope, NULL, 0};

	(void)way;
	return kh_way_unwrap(attempt, &mechanism, unwrap->opener, unwrap->envelope->whole, key);
}

CK_RV kh_way_open_sm2_parts(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	const struct kh_envelope *envelope = attempt->unwrap->envelope;
	struct kh_token *token = attempt->unwrap->token;
	const struct kh_profile *profile = kh_module_sm2(token->module);
	CK_MECHANISM outer = {profile->sm2_unwrap.mechanism, NULL, 0};
	CK_MECHANISM inner = {profile->sm4_ecb, NULL, 0};
	struct kh_opened *opened = &attempt->opened[0];
	struct kh_buffer cipher = {0};

	(void)way;
	kh_sm2_cipher_put(&cipher, &envelope->cipher, profile->sm2_unwrap.cipher);
	opened->rv = cipher.failed ? CKR_HOST_MEMORY
				   : kh_way_session_key(attempt, &outer,
							(struct kh_span){(const uint8_t *)cipher.data, cipher.length},
							&profile->sm4_key_type, &opened->handle);
	kh_buffer_finish(&cipher);
	if (opened->rv != CKR_OK)
		return opened->rv;
	return kh_way_unwrap(attempt, &inner, opened->handle, envelope->key, key);
}
