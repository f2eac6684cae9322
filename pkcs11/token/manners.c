/* What modules do their own way. */
#include "token/manners.h"

#include <string.h>

/* OpenSC says so in every token's model, also from behind p11-kit, which names
 * itself as the library. */
#define OPENSC_MODEL "PKCS#15"

static bool is_opensc(const struct kh_token *token)
{
	return strncmp(token->name.model, OPENSC_MODEL, strlen(OPENSC_MODEL)) == 0;
}

bool kh_manners_caches(const struct kh_token *token)
{
	const struct kh_profile *profile = kh_module_profile(token->module);

	return (profile && profile->file.caches) || is_opensc(token);
}

bool kh_manners_one_certificate(const struct kh_token *token)
{
	const struct kh_profile *profile = kh_module_profile(token->module);

	return (profile && profile->file.one_certificate) || is_opensc(token);
}
