/* What can be known of an encryption certificate before anything is written. */
#include "op/encryption.h"

#include <string.h>

#include "cleanup.h"
#include "op/pair.h"
#include "x509/chain.h"
#include "x509/moment.h"
#include "x509/name.h"

/* The format an encryption key of that type comes in. */
static bool fits_format(enum kh_import_algorithm format, const struct kh_certificate *certificate)
{
	struct kh_span modulus;
	struct kh_span exponent;

	if (format == KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY)
		return certificate->key_type == KH_ANY_KEY_TYPE_SM2;
	return kh_spki_rsa(certificate->spki, &modulus, &exponent);
}

static enum kh_code check_fields(const struct kh_certificate *signing, const struct kh_certificate *new,
				 enum kh_import_algorithm format, struct kh_error *error)
{
	if (!kh_name_same(signing->subject, new->subject))
		return kh_pair_mismatch(error, "encryption.subject");
	if (new->ca || new->usage != KH_USAGE_ENCRYPT)
		return kh_pair_mismatch(error, "encryption.usage");
	if (new->ends <= kh_time_now() || new->ends <= new->begins)
		return kh_pair_mismatch(error, "encryption.validity");
	if (!fits_format(format, new) || strcmp(new->key_id, signing->key_id) == 0)
		return kh_pair_mismatch(error, "encryption.spki");
	return KH_OK;
}

static bool is_point_of(const struct kh_certificate *certificate, struct kh_span point)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer spki = {0};
	char id[KH_SHA256_HEX];

	kh_spki_put_ec(&spki, kh_curve_oid(KH_ANY_KEY_TYPE_SM2), point);
	kh_sha256_hex(spki.data, spki.length, id);
	return strcmp(id, certificate->key_id) == 0;
}

/* SM2EnvelopedKey tells its public key; what it does not tell shows later. */
static enum kh_code check_envelope(const struct kh_certificate *signing, const struct kh_certificate *new,
				   const struct kh_encryption *given, struct kh_envelope *envelope,
				   struct kh_error *error)
{
	if (!kh_envelope_read(given->format, &given->envelope, signing->spki, envelope))
		return kh_fail(error, KH_ENCRYPTION_UNOPENED);
	if (envelope->point.length > 0 && !is_point_of(new, envelope->point))
		return kh_fail(error, KH_ENCRYPTION_MISMATCH);
	return KH_OK;
}

enum kh_code kh_encryption_read(struct kh_host *host, const struct kh_certificate *signing,
				const struct kh_encryption *given, char *const *chain, size_t count,
				struct kh_certificate **new, struct kh_envelope *envelope, struct kh_error *error)
{
	enum kh_code code = kh_pair_read(given->certificate, KH_ENCRYPTION_FIELD, new, error);

	if (code == KH_OK)
		code = check_fields(signing, *new, given->format, error);
	if (code == KH_OK)
		code = kh_pair_check_chain(host, *new, chain, count, error);
	return code == KH_OK ? check_envelope(signing, *new, given, envelope, error) : code;
}

enum kh_code kh_encryption_check(struct kh_host *host, const struct kh_certificate *signing,
				 const struct kh_encryption *given, char *const *chain, size_t count,
				 struct kh_error *error)
{
	KH_AUTO_CERTIFICATE *new = NULL;
	struct kh_envelope envelope;

	return kh_encryption_read(host, signing, given, chain, count, &new, &envelope, error);
}
