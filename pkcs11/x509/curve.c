/* Curves and points. */
#include "x509/curve.h"

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>
#include <strings.h>

#define CURVE_P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define CURVE_P384 "\x06\x05\x2b\x81\x04\x00\x22"
#define CURVE_SM2 "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"
#define CURVE_ED25519 "\x06\x03\x2b\x65\x70"
#define NAMES 4
#define POINT_MAX 97 /* 04 x y of P-384 */

static const struct curve {
	enum kh_any_key_type type;
	int nid;      /* OpenSSL's; NID_undef: no curve of short Weierstrass form */
	size_t bytes; /* of a coordinate */
	struct kh_span oid;
	const char *names[NAMES];
} curves[] = {
#define OID(text)                                                                                                      \
	{                                                                                                              \
		(const uint8_t *)(text), sizeof(text) - 1                                                              \
	}
	{KH_ANY_KEY_TYPE_EC_P256,
	 NID_X9_62_prime256v1,
	 32,
	 OID(CURVE_P256),
	 {"secp256r1", "prime256v1", "P-256", "nistp256"}},
	{KH_ANY_KEY_TYPE_EC_P384, NID_secp384r1, 48, OID(CURVE_P384), {"secp384r1", "P-384", "nistp384"}},
	{KH_ANY_KEY_TYPE_SM2, NID_sm2, 32, OID(CURVE_SM2), {"sm2p256v1", "SM2"}},
	{KH_ANY_KEY_TYPE_ED25519, NID_undef, 32, OID(CURVE_ED25519), {"edwards25519", "Ed25519"}},
#undef OID
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

static const struct curve *find(enum kh_any_key_type type)
{
	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].type == type)
			return &curves[i];
	}
	return NULL;
}

static bool has_name(const struct curve *curve, struct kh_span name)
{
	for (size_t i = 0; i < NAMES && curve->names[i]; i++) {
		if (strlen(curve->names[i]) == name.length &&
		    strncasecmp(curve->names[i], (const char *)name.data, name.length) == 0)
			return true;
	}
	return false;
}

/* OpenSSL looks the numbers up among the curves it knows. */
static int nid_of_numbers(struct kh_span parameters)
{
	const unsigned char *at = parameters.data;
	EC_GROUP *group = d2i_ECPKParameters(NULL, &at, (long)parameters.length);
	int nid = group ? EC_GROUP_get_curve_name(group) : NID_undef;

	EC_GROUP_free(group);
	return nid;
}

enum kh_any_key_type kh_curve_type(struct kh_span parameters)
{
	struct kh_span in = parameters;
	struct kh_tlv value;
	int nid = NID_undef;

	if (!kh_der_next(&in, &value))
		return KH_ANY_KEY_TYPE_OTHER;
	if (value.tag == KH_DER_SEQUENCE)
		nid = nid_of_numbers(parameters);
	for (size_t i = 0; i < CURVES; i++) {
		const struct curve *curve = &curves[i];
		bool text = value.tag == KH_DER_PRINTABLE || value.tag == KH_DER_UTF8;

		if (kh_span_equal(value.whole, curve->oid) || (nid != NID_undef && nid == curve->nid) ||
		    (text && has_name(curve, value.body)))
			return curve->type;
	}
	return KH_ANY_KEY_TYPE_OTHER;
}

struct kh_span kh_curve_oid(enum kh_any_key_type type)
{
	const struct curve *curve = find(type);

	return curve ? curve->oid : (struct kh_span){NULL, 0};
}

/* Whether it is the point itself; no wrapped form is as long as a bare one. */
static bool is_bare(const struct curve *curve, struct kh_span point)
{
	if (curve->nid == NID_undef)
		return point.length == curve->bytes;
	return point.length == 2 * curve->bytes || point.length == 2 * curve->bytes + 1 ||
	       point.length == curve->bytes + 1;
}

static bool unwrap(const struct curve *curve, struct kh_span *point)
{
	struct kh_span in = *point;
	struct kh_tlv wrapped;

	if (is_bare(curve, *point))
		return true;
	if (!kh_der_next(&in, &wrapped) || in.length > 0)
		return false;
	*point = wrapped.body;
	if (wrapped.tag == KH_DER_BIT_STRING && point->length > 0) {
		point->data++;
		point->length--;
	}
	return (wrapped.tag == KH_DER_BIT_STRING || wrapped.tag == KH_DER_OCTET_STRING) && is_bare(curve, *point);
}

static bool decompress(const struct curve *curve, struct kh_span point, uint8_t out[POINT_MAX])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	EC_POINT *whole = group ? EC_POINT_new(group) : NULL;
	bool good = whole && EC_POINT_oct2point(group, whole, point.data, point.length, NULL) == 1 &&
		    EC_POINT_point2oct(group, whole, POINT_CONVERSION_UNCOMPRESSED, out, POINT_MAX, NULL) ==
			    2 * curve->bytes + 1;

	EC_POINT_free(whole);
	EC_GROUP_free(group);
	return good;
}

bool kh_curve_put_point(enum kh_any_key_type type, struct kh_span point, struct kh_buffer *out)
{
	const struct curve *curve = find(type);
	uint8_t whole[POINT_MAX];

	if (!curve || !unwrap(curve, &point))
		return false;
	if (curve->nid != NID_undef && point.length == 2 * curve->bytes) {
		kh_buffer_append(out, "\x04", 1);
	} else if (curve->nid != NID_undef && point.data[0] != 0x04) {
		if (!decompress(curve, point, whole))
			return false;
		point = (struct kh_span){whole, 2 * curve->bytes + 1};
	}
	kh_buffer_append(out, point.data, point.length);
	return true;
}
