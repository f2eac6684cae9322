/* Public keys as SubjectPublicKeyInfo. */
#include "x509/spki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <string.h>

#define OID_RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define OID_EC "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_ED25519 "\x2b\x65\x70"

#define SPAN(text) ((struct kh_span){(const uint8_t *)(text), sizeof(text) - 1})

struct parts {
	struct kh_tlv algorithm;
	struct kh_span parameters;
	struct kh_span bits;
};

static bool split(struct kh_span spki, struct parts *parts)
{
	struct kh_tlv whole;
	struct kh_tlv identifier;
	struct kh_tlv bits;

	if (!kh_der_expect(&spki, KH_DER_SEQUENCE, &whole) ||
	    !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &identifier) ||
	    !kh_der_expect(&whole.body, KH_DER_BIT_STRING, &bits) || bits.body.length < 1 ||
	    !kh_der_expect(&identifier.body, KH_DER_OID, &parts->algorithm))
		return false;
	parts->parameters = identifier.body;
	parts->bits = (struct kh_span){bits.body.data + 1, bits.body.length - 1};
	return true;
}

static enum kh_any_key_type rsa_type(size_t bits)
{
	switch (bits) {
	case 2048:
		return KH_ANY_KEY_TYPE_RSA2048;
	case 3072:
		return KH_ANY_KEY_TYPE_RSA3072;
	case 4096:
		return KH_ANY_KEY_TYPE_RSA4096;
	default:
		return KH_ANY_KEY_TYPE_OTHER;
	}
}

static bool is_ec(const struct parts *parts)
{
	return kh_span_equal(parts->algorithm.body, SPAN(OID_EC));
}

enum kh_any_key_type kh_spki_type(struct kh_span spki)
{
	struct kh_span modulus;
	struct kh_span exponent;
	struct parts parts;

	if (!split(spki, &parts))
		return KH_ANY_KEY_TYPE_OTHER;
	if (kh_spki_rsa(spki, &modulus, &exponent))
		return modulus.data[0] & 0x80u ? rsa_type(modulus.length * 8) : KH_ANY_KEY_TYPE_OTHER;
	if (kh_span_equal(parts.algorithm.body, SPAN(OID_ED25519)))
		return KH_ANY_KEY_TYPE_ED25519;
	return is_ec(&parts) ? kh_curve_type(parts.parameters) : KH_ANY_KEY_TYPE_OTHER;
}

static bool read_unsigned(struct kh_span *in, struct kh_span *number)
{
	struct kh_tlv value;

	if (!kh_der_expect(in, KH_DER_INTEGER, &value) || value.body.length == 0)
		return false;
	*number = value.body;
	while (number->length > 1 && number->data[0] == 0) {
		number->data++;
		number->length--;
	}
	return true;
}

bool kh_spki_rsa(struct kh_span spki, struct kh_span *modulus, struct kh_span *exponent)
{
	struct parts parts;
	struct kh_tlv key;

	return split(spki, &parts) && kh_span_equal(parts.algorithm.body, SPAN(OID_RSA)) &&
	       kh_der_expect(&parts.bits, KH_DER_SEQUENCE, &key) && read_unsigned(&key.body, modulus) &&
	       read_unsigned(&key.body, exponent);
}

bool kh_spki_bits(struct kh_span spki, struct kh_span *bits)
{
	struct parts parts;

	if (!split(spki, &parts))
		return false;
	*bits = parts.bits;
	return true;
}

static void put_bits(struct kh_buffer *out, struct kh_span bits)
{
	size_t from = out->length;

	kh_buffer_append(out, "", 1);
	kh_buffer_append(out, bits.data, bits.length);
	kh_der_wrap(out, from, KH_DER_BIT_STRING);
}

void kh_spki_put_rsa(struct kh_buffer *out, struct kh_span modulus, struct kh_span exponent)
{
	size_t from = out->length;
	size_t bits;
	size_t key;

	kh_der_put(out, KH_DER_OID, OID_RSA, sizeof(OID_RSA) - 1);
	kh_der_put(out, KH_DER_NULL, NULL, 0);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	bits = out->length;
	kh_buffer_append(out, "", 1);
	key = out->length;
	kh_der_put_unsigned(out, modulus.data, modulus.length);
	kh_der_put_unsigned(out, exponent.data, exponent.length);
	kh_der_wrap(out, key, KH_DER_SEQUENCE);
	kh_der_wrap(out, bits, KH_DER_BIT_STRING);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
}

static void put_ec(struct kh_buffer *out, struct kh_span curve, struct kh_span point)
{
	size_t from = out->length;

	kh_der_put(out, KH_DER_OID, OID_EC, sizeof(OID_EC) - 1);
	kh_buffer_append(out, curve.data, curve.length);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	put_bits(out, point);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
}

static void put_edwards(struct kh_buffer *out, struct kh_span point)
{
	size_t from = out->length;

	kh_der_put(out, KH_DER_OID, OID_ED25519, sizeof(OID_ED25519) - 1);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	put_bits(out, point);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
}

/* A curve that is none of ours keeps its name; its point loses the OCTET STRING. */
static void put_other(struct kh_buffer *out, struct kh_span parameters, struct kh_span point)
{
	struct kh_span name = parameters;
	struct kh_span in = point;
	struct kh_tlv value;

	if (!kh_der_expect(&name, KH_DER_OID, &value) || name.length > 0)
		return;
	put_ec(out, parameters, kh_der_expect(&in, KH_DER_OCTET_STRING, &value) && in.length == 0 ? value.body : point);
}

void kh_spki_put_ec(struct kh_buffer *out, struct kh_span parameters, struct kh_span point)
{
	enum kh_any_key_type type = kh_curve_type(parameters);
	struct kh_buffer plain = {0};
	struct kh_span bits;

	if (type == KH_ANY_KEY_TYPE_OTHER) {
		put_other(out, parameters, point);
	} else if (kh_curve_put_point(type, point, &plain)) {
		bits = (struct kh_span){(const uint8_t *)plain.data, plain.length};
		if (type == KH_ANY_KEY_TYPE_ED25519)
			put_edwards(out, bits);
		else
			put_ec(out, kh_curve_oid(type), bits);
	}
	kh_buffer_finish(&plain);
}

void kh_spki_put_normal(struct kh_buffer *out, struct kh_span spki)
{
	size_t from = out->length;
	struct kh_span modulus;
	struct kh_span exponent;
	struct parts parts;

	if (kh_spki_rsa(spki, &modulus, &exponent))
		kh_spki_put_rsa(out, modulus, exponent);
	else if (split(spki, &parts) && is_ec(&parts))
		kh_spki_put_ec(out, parts.parameters, parts.bits);
	if (out->length == from)
		kh_buffer_append(out, spki.data, spki.length);
}

void kh_spki_id(struct kh_span spki, char out[KH_SHA256_HEX])
{
	struct kh_buffer normal = {0};

	kh_spki_put_normal(&normal, spki);
	if (normal.failed)
		kh_sha256_hex(spki.data, spki.length, out);
	else
		kh_sha256_hex(normal.data, normal.length, out);
	kh_buffer_finish(&normal);
}

static EVP_PKEY *key_from(const char *algorithm, OSSL_PARAM *parameters)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	EVP_PKEY *key = NULL;

	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *ec_key(const char *algorithm, const char *group, struct kh_span point)
{
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.data, point.length),
		OSSL_PARAM_construct_end(),
	};

	return key_from(algorithm, parameters);
}

static EVP_PKEY *rsa_key(struct kh_span modulus, struct kh_span exponent)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.length, NULL);
	BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.length, NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;

	if (builder && n && e && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		parameters = OSSL_PARAM_BLD_to_param(builder);
	if (parameters)
		key = key_from("RSA", parameters);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

EVP_PKEY *kh_spki_key(struct kh_span spki)
{
	enum kh_any_key_type type = kh_spki_type(spki);
	struct kh_span exponent;
	struct kh_span bits;

	if (kh_spki_rsa(spki, &bits, &exponent))
		return rsa_key(bits, exponent);
	if (!kh_spki_bits(spki, &bits))
		return NULL;
	if (type == KH_ANY_KEY_TYPE_EC_P256 || type == KH_ANY_KEY_TYPE_EC_P384)
		return ec_key("EC", type == KH_ANY_KEY_TYPE_EC_P256 ? "P-256" : "P-384", bits);
	if (type == KH_ANY_KEY_TYPE_SM2)
		return ec_key("SM2", "SM2", bits);
	if (type == KH_ANY_KEY_TYPE_ED25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bits.data, bits.length);
	return NULL;
}

void kh_sha256_hex(const void *data, size_t length, char out[KH_SHA256_HEX])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256(data, length, digest);
	kh_hex(digest, sizeof(digest), out);
}
