/* Which certificate a new one replaces. */
#include "op/old.h"

#include <string.h>

#include "x509/moment.h"
#include "x509/name.h"

#define CLOCK_SLOW 86400

static bool is_replaced_by(const struct kh_certificate *old, const struct kh_certificate *new)
{
	return kh_name_same(old->subject, new->subject) && kh_name_same(old->issuer, new->issuer) &&
	       old->begins <= new->begins && old->ends < new->ends && old->usage != KH_USAGE_ENCRYPT &&
	       !old->ca &&strcmp(old->id, new->id) != 0;
}

/* How many there are, and the first of them. */
static size_t count_old(struct kh_token *token, const struct kh_object *certificate, struct kh_object **found)
{
	size_t count = 0;

	for (size_t i = 0; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];

		if (!object->certificate || !is_replaced_by(object->certificate, certificate->certificate))
			continue;
		if (count++ == 0)
			*found = object;
	}
	return count;
}

struct kh_object *kh_old_find(struct kh_token *token, const struct kh_object *certificate)
{
	struct kh_object *found = NULL;

	return count_old(token, certificate, &found) == 1 ? found : NULL;
}

bool kh_old_is_none(struct kh_token *token, const struct kh_object *certificate)
{
	struct kh_object *found = NULL;

	return count_old(token, certificate, &found) == 0;
}

/* The certificate says that its key also deciphers, and the key can: old files
 * need it. */
static bool deciphers(const struct kh_certificate *certificate)
{
	switch (certificate->key_type) {
	case KH_ANY_KEY_TYPE_EC_P256:
	case KH_ANY_KEY_TYPE_EC_P384:
		return (certificate->usage_bits & KH_USAGE_AGREES) != 0;
	case KH_ANY_KEY_TYPE_ED25519:
		return false;
	case KH_ANY_KEY_TYPE_NONE:
	case KH_ANY_KEY_TYPE_RSA2048:
	case KH_ANY_KEY_TYPE_RSA3072:
	case KH_ANY_KEY_TYPE_RSA4096:
	case KH_ANY_KEY_TYPE_SM2:
	case KH_ANY_KEY_TYPE_OTHER:
		break;
	}
	return (certificate->usage_bits & KH_USAGE_ENCRYPTS) != 0;
}

/* By a clock that not even the old one is valid by nothing can be told. */
static bool has_begun(const struct kh_certificate *old, const struct kh_certificate *new)
{
	int64_t now = kh_time_now();

	return new->begins <= now + CLOCK_SLOW || now < old->begins;
}

static bool signs(const struct kh_certificate *certificate)
{
	return !certificate->ca && certificate->usage != KH_USAGE_ENCRYPT;
}

bool kh_old_may_go(const struct kh_object *old, const struct kh_object *new)
{
	const struct kh_certificate *from = old->certificate, *to = new->certificate;

	return old != new &&signs(from) && !deciphers(from) && signs(to) && kh_name_same(from->subject, to->subject) &&
	       has_begun(from, to) && to->ends > kh_time_now();
}
