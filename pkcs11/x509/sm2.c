/* SM2 signatures, the host's part. */
#include "x509/sm2.h"

#include <openssl/evp.h>
#include <string.h>

#include "cleanup.h"
#include "x509/spki.h"

#define NUMBER 32

/* a, b, x and y of the generator (GB/T 32918.5). */
static const uint8_t curve[] = {
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
	0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
	0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
	0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
	0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
	0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

struct part {
	const void *data;
	size_t length;
};

static bool sm3(const struct part *parts, size_t count, uint8_t out[KH_SM2_DIGEST])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, EVP_sm3(), NULL) == 1;

	for (size_t i = 0; i < count && good; i++)
		good = EVP_DigestUpdate(context, parts[i].data, parts[i].length) == 1;
	good = good && EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

bool kh_sm2_digest(struct kh_span spki, const void *message, size_t length, uint8_t out[KH_SM2_DIGEST])
{
	static const uint8_t bits[] = {0, 8 * (sizeof(KH_SM2_ID) - 1)}; /* of the ID */
	KH_AUTO(kh_buffer_finish) struct kh_buffer point = {0};
	uint8_t z[KH_SM2_DIGEST];
	struct kh_span bits_of_key;

	if (kh_spki_type(spki) != KH_ANY_KEY_TYPE_SM2 || !kh_spki_bits(spki, &bits_of_key) ||
	    !kh_curve_put_point(KH_ANY_KEY_TYPE_SM2, bits_of_key, &point) || point.failed)
		return false;
	const struct part signer[] = {{bits, sizeof(bits)},
				      {KH_SM2_ID, sizeof(KH_SM2_ID) - 1},
				      {curve, sizeof(curve)},
				      {point.data + 1, 2 * NUMBER}};
	const struct part whole[] = {{z, sizeof(z)}, {message, length}};

	return sm3(signer, 4, z) && sm3(whole, 2, out);
}

static bool put_number(struct kh_span *in, uint8_t out[NUMBER])
{
	struct kh_tlv number;
	struct kh_span body;

	if (!kh_der_expect(in, KH_DER_INTEGER, &number))
		return false;
	body = number.body;
	while (body.length > 1 && body.data[0] == 0) {
		body.data++;
		body.length--;
	}
	if (body.length > NUMBER)
		return false;
	memset(out, 0, NUMBER);
	memcpy(out + NUMBER - body.length, body.data, body.length);
	return true;
}

bool kh_sm2_raw(struct kh_span der, uint8_t out[KH_SM2_RAW])
{
	struct kh_tlv list;

	return kh_der_expect(&der, KH_DER_SEQUENCE, &list) && der.length == 0 && put_number(&list.body, out) &&
	       put_number(&list.body, out + NUMBER) && list.body.length == 0;
}
