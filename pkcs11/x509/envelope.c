/* Reading envelopes. */
#include "x509/envelope.h"

#include <string.h>

#include "x509/spki.h"

#define WRAPPED_MIN 16 /* RFC 5649: one block and its check */
#define SEMIBLOCK 8
#define HASH_BYTES 32
#define POINT_BYTES (1 + 2 * KH_SM2_BYTES)

/* id-sm4 and id-sm4-ecb: 1.2.156.10197.1.104 and its arc 1. */
static const uint8_t sm4[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68};
static const uint8_t sm4_ecb[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x01};

static bool read_rsa(struct kh_span in, struct kh_span signer, struct kh_envelope *out)
{
	struct kh_span modulus;
	struct kh_span exponent;

	if (!kh_spki_rsa(signer, &modulus, &exponent))
		return false;
	if (in.length < modulus.length + WRAPPED_MIN || (in.length - modulus.length) % SEMIBLOCK != 0)
		return false;
	out->session = (struct kh_span){in.data, modulus.length};
	out->key = (struct kh_span){in.data + modulus.length, in.length - modulus.length};
	return true;
}

/* A coordinate: a non-negative INTEGER of at most 256 bits. */
static bool read_coordinate(struct kh_span *in, uint8_t out[KH_SM2_BYTES])
{
	struct kh_tlv number;
	struct kh_span body;

	if (!kh_der_expect(in, KH_DER_INTEGER, &number))
		return false;
	body = number.body;
	if (body.length == 0 || (body.data[0] & 0x80))
		return false;
	if (body.data[0] == 0) {
		body.data++;
		body.length--;
	}
	if (body.length > KH_SM2_BYTES)
		return false;
	memset(out, 0, KH_SM2_BYTES);
	memcpy(out + KH_SM2_BYTES - body.length, body.data, body.length);
	return true;
}

bool kh_sm2_cipher_read(struct kh_span in, struct kh_sm2_cipher *out)
{
	struct kh_tlv whole;
	struct kh_tlv hash;
	struct kh_tlv text;

	if (!kh_der_expect(&in, KH_DER_SEQUENCE, &whole) || in.length > 0)
		return false;
	if (!read_coordinate(&whole.body, out->point) || !read_coordinate(&whole.body, out->point + KH_SM2_BYTES) ||
	    !kh_der_expect(&whole.body, KH_DER_OCTET_STRING, &hash) ||
	    !kh_der_expect(&whole.body, KH_DER_OCTET_STRING, &text) || whole.body.length > 0)
		return false;
	out->der = whole.whole;
	out->hash = hash.body;
	out->text = text.body;
	return hash.body.length == HASH_BYTES;
}

static bool is_sm4(struct kh_span algorithm)
{
	struct kh_tlv oid;

	if (!kh_der_expect(&algorithm, KH_DER_OID, &oid))
		return false;
	return kh_span_equal(oid.body, (struct kh_span){sm4, sizeof(sm4)}) ||
	       kh_span_equal(oid.body, (struct kh_span){sm4_ecb, sizeof(sm4_ecb)});
}

/* A BIT STRING of whole bytes. */
static bool read_bits(struct kh_span *in, struct kh_span *out)
{
	struct kh_tlv bits;

	if (!kh_der_expect(in, KH_DER_BIT_STRING, &bits) || bits.body.length < 1 || bits.body.data[0] != 0)
		return false;
	*out = (struct kh_span){bits.body.data + 1, bits.body.length - 1};
	return true;
}

static bool read_sm2(struct kh_span in, struct kh_envelope *out)
{
	struct kh_tlv whole;
	struct kh_tlv algorithm;
	struct kh_tlv cipher;

	if (!kh_der_expect(&in, KH_DER_SEQUENCE, &whole) || in.length > 0 ||
	    !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &algorithm) || !is_sm4(algorithm.body) ||
	    !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &cipher) || !kh_sm2_cipher_read(cipher.whole, &out->cipher) ||
	    !read_bits(&whole.body, &out->point) || !read_bits(&whole.body, &out->key) || whole.body.length > 0)
		return false;
	return out->cipher.text.length == KH_SM4_BYTES && out->point.length == POINT_BYTES && out->point.data[0] == 4 &&
	       (out->key.length == KH_SM2_BYTES || out->key.length == 2 * KH_SM2_BYTES);
}

bool kh_envelope_read(enum kh_import_algorithm format, const struct kh_bytes *bytes, struct kh_span signer,
		      struct kh_envelope *out)
{
	struct kh_envelope read = {.format = format, .whole = {bytes->data, bytes->length}};
	bool good = false;

	switch (format) {
	case KH_IMPORT_ALGORITHM_RSA_AES_KW:
		good = read_rsa(read.whole, signer, &read);
		break;
	case KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY:
		good = kh_spki_type(signer) == KH_ANY_KEY_TYPE_SM2 && read_sm2(read.whole, &read);
		break;
	case KH_IMPORT_ALGORITHM_NONE:
		break;
	}
	if (good)
		*out = read;
	return good;
}
