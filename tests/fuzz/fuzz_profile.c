/*
 * Any bytes as a deployer's profile, and as the signature of a token that has
 * one. What is refused is told why; what is read can be asked which modules it
 * is for.
 */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "x509/sm2.h"
#include "x509/spki.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void as_profile(const uint8_t *data, size_t size)
{
	struct kh_buffer complaint = {0};
	struct kh_profile profile;

	if (kh_profile_read((const char *)data, size, &profile, &complaint)) {
		const struct kh_profiles profiles = {.items = &profile, .count = 1};

		require(complaint.length == 0);
		require(!profile.sm2 || profile.sm2_key_type != KH_NO_NUMBER);
		(void)kh_profiles_match(&profiles, "libswpkcs11.so", "TASS-like test", "1.10");
		kh_profile_clear(&profile);
	} else {
		require(complaint.length > 0);
	}
	kh_buffer_finish(&complaint);
}

/* A signature that is read is the same after it was written. */
static void as_signature(const uint8_t *data, size_t size)
{
	uint8_t raw[KH_SM2_RAW], again[KH_SM2_RAW];
	struct kh_buffer der = {0};

	if (!kh_sm2_raw((struct kh_span){data, size}, raw))
		return;
	kh_der_put_unsigned(&der, raw, KH_SM2_RAW / 2);
	kh_der_put_unsigned(&der, raw + KH_SM2_RAW / 2, KH_SM2_RAW / 2);
	kh_der_wrap(&der, 0, KH_DER_SEQUENCE);
	require(kh_sm2_raw((struct kh_span){(const uint8_t *)der.data, der.length}, again));
	require(memcmp(raw, again, sizeof(raw)) == 0);
	kh_buffer_finish(&der);
}

/* What a key object says of its point. */
static void as_point(const uint8_t *data, size_t size)
{
	struct kh_buffer spki = {0};
	struct kh_span bits;

	kh_spki_put_ec(&spki, kh_curve_oid(KH_ANY_KEY_TYPE_SM2), (struct kh_span){data, size});
	if (spki.length > 0) {
		require(kh_spki_bits((struct kh_span){(const uint8_t *)spki.data, spki.length}, &bits));
		require(bits.length == 65 && bits.data[0] == 4);
	}
	kh_buffer_finish(&spki);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_profile(data, size);
	as_signature(data, size);
	as_point(data, size);
	return 0;
}
