/*
 * Any bytes as the envelope of an encryption key: the first says which format
 * it should have. Every part must lie inside what was given.
 */
#include "key/decrypt.h"
#include "x509/spki.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void inside(struct kh_span part, struct kh_span whole)
{
	require(part.data >= whole.data && part.length <= (size_t)(whole.data + whole.length - part.data));
}

static void look_at_sm2(const struct kh_envelope *envelope)
{
	inside(envelope->cipher.der, envelope->whole);
	inside(envelope->cipher.hash, envelope->whole);
	inside(envelope->cipher.text, envelope->whole);
	inside(envelope->point, envelope->whole);
	for (int form = KH_PROFILE_CIPHER_CIPHER_NONE; form <= KH_PROFILE_CIPHER_CIPHER_C1C2C3; form++) {
		struct kh_buffer out = {0};

		kh_sm2_cipher_put(&out, &envelope->cipher, (enum kh_profile_cipher_cipher)form);
		require(!out.failed && out.length > 0);
		kh_buffer_finish(&out);
	}
}

static void look_at(const struct kh_envelope *envelope)
{
	inside(envelope->key, envelope->whole);
	if (envelope->format == KH_IMPORT_ALGORITHM_RSA_AES_KW)
		require(envelope->session.length + envelope->key.length == envelope->whole.length);
	else
		look_at_sm2(envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t exponent[] = {1, 0, 1};
	uint8_t number[256];
	struct kh_buffer signer = {0};
	struct kh_envelope envelope;
	struct kh_bytes bytes;

	if (size == 0)
		return 0;
	memset(number, 0xc5, sizeof(number));
	number[0] = data[0] == KH_IMPORT_ALGORITHM_RSA_AES_KW ? 0xc5 : 4;
	if (data[0] == KH_IMPORT_ALGORITHM_RSA_AES_KW)
		kh_spki_put_rsa(&signer, (struct kh_span){number, sizeof(number)},
				(struct kh_span){exponent, sizeof(exponent)});
	else
		kh_spki_put_ec(&signer, kh_curve_oid(KH_ANY_KEY_TYPE_SM2), (struct kh_span){number, 65});
	bytes = (struct kh_bytes){(uint8_t *)(uintptr_t)(data + 1), size - 1};
	if (kh_envelope_read((enum kh_import_algorithm)(data[0] % 3), &bytes,
			     (struct kh_span){(uint8_t *)signer.data, signer.length}, &envelope))
		look_at(&envelope);
	kh_buffer_finish(&signer);
	return 0;
}
