/* SubjectPublicKeyInfo from attributes, beside OpenSSL. */
#include "x509/spki.h"

#include <openssl/core_names.h>

#include "issue.h"

static struct kh_buffer by_openssl(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	struct kh_buffer out = {0};

	kh_buffer_append(&out, der, (size_t)length);
	OPENSSL_free(der);
	return out;
}

static void expect_equal(struct kh_buffer *a, struct kh_buffer *b)
{
	assert_int_equal(a->length, b->length);
	assert_memory_equal(a->data, b->data, a->length);
	kh_buffer_finish(a);
}

static void expect_key(struct kh_span spki, EVP_PKEY *key)
{
	EVP_PKEY *built = kh_spki_key(spki);

	assert_non_null(built);
	assert_int_equal(EVP_PKEY_eq(built, key), 1);
	EVP_PKEY_free(built);
}

static void test_rsa(void **state)
{
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_RSA2048);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_span modulus;
	struct kh_span exponent;
	struct kh_buffer out = {0};

	(void)state;
	assert_int_equal(kh_spki_type(spki), KH_ANY_KEY_TYPE_RSA2048);
	expect_key(spki, key);
	assert_true(kh_spki_rsa(spki, &modulus, &exponent));
	assert_int_equal(modulus.length, 256);
	kh_spki_put_rsa(&out, modulus, exponent);
	expect_equal(&out, &expected);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

struct form {
	const char *name; /* of the curve; NULL: its OID */
	unsigned tag;	  /* the point is wrapped in; 0: in nothing */
	bool bare;	  /* x and y alone */
	bool compressed;
};

static void put_point(struct kh_buffer *out, const struct form *form, struct kh_span bits)
{
	const uint8_t sign = bits.data[bits.length - 1] & 1 ? 3 : 2;

	if (form->tag == KH_DER_BIT_STRING)
		kh_buffer_append(out, "", 1);
	if (form->compressed)
		kh_buffer_append(out, &sign, 1);
	else if (!form->bare)
		kh_buffer_append(out, bits.data, 1);
	kh_buffer_append(out, bits.data + 1, form->compressed ? bits.length / 2 : bits.length - 1);
	if (form->tag)
		kh_der_wrap(out, 0, form->tag);
}

/* M9: whatever form a token has for curve and point, it is the same key. */
static void check_forms(enum kh_any_key_type type, struct kh_span bits, struct kh_buffer *expected)
{
	static const struct form forms[] = {
		{NULL, 0, false, false},
		{NULL, 0, true, false},
		{NULL, 0, false, true},
		{NULL, KH_DER_OCTET_STRING, true, false},
		{NULL, KH_DER_OCTET_STRING, false, true},
		{NULL, KH_DER_BIT_STRING, false, false},
		{NULL, KH_DER_BIT_STRING, true, false},
		{NULL, KH_DER_BIT_STRING, false, true},
		{"named", KH_DER_OCTET_STRING, false, false},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *name = type == KH_ANY_KEY_TYPE_SM2	     ? "sm2p256v1"
				   : type == KH_ANY_KEY_TYPE_EC_P256 ? "Prime256v1"
								     : "P-384";
		struct kh_buffer curve = {0};
		struct kh_buffer point = {0};
		struct kh_buffer out = {0};

		if (forms[i].name)
			kh_der_put(&curve, KH_DER_PRINTABLE, name, strlen(name));
		else
			kh_buffer_append(&curve, kh_curve_oid(type).data, kh_curve_oid(type).length);
		put_point(&point, &forms[i], bits);
		kh_spki_put_ec(&out, (struct kh_span){(uint8_t *)curve.data, curve.length},
			       (struct kh_span){(uint8_t *)point.data, point.length});
		expect_equal(&out, expected);
		kh_buffer_finish(&curve);
		kh_buffer_finish(&point);
	}
}

/* C5: a certificate's key with all its numbers, or compressed, is the same key. */
static void check_normal(EVP_PKEY *key, struct kh_buffer *expected)
{
	static const struct {
		const char *name, *value;
	} oddities[] = {{OSSL_PKEY_PARAM_EC_ENCODING, "explicit"},
			{OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"},
			{OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "hybrid"}};

	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY *odd = EVP_PKEY_dup(key);
		struct kh_buffer out = {0};
		struct kh_buffer spki;
		struct kh_span whole;
		char id[KH_SHA256_HEX];
		char same[KH_SHA256_HEX];

		assert_int_equal(EVP_PKEY_set_utf8_string_param(odd, oddities[i].name, oddities[i].value), 1);
		spki = by_openssl(odd);
		whole = (struct kh_span){(uint8_t *)spki.data, spki.length};
		assert_false(kh_span_equal(whole, (struct kh_span){(uint8_t *)expected->data, expected->length}));
		kh_spki_put_normal(&out, whole);
		expect_equal(&out, expected);
		kh_spki_id(whole, id);
		kh_sha256_hex(expected->data, expected->length, same);
		assert_string_equal(id, same);
		expect_key(whole, key);
		kh_buffer_finish(&spki);
		EVP_PKEY_free(odd);
	}
}

static void check_curve(enum kh_any_key_type type)
{
	EVP_PKEY *key = make_key(type);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_buffer wrapped = {0};
	struct kh_buffer out = {0};
	struct kh_span bits;

	assert_int_equal(kh_spki_type(spki), type);
	expect_key(spki, key);
	assert_true(kh_spki_bits(spki, &bits));
	kh_spki_put_ec(&out, kh_curve_oid(type), bits);
	expect_equal(&out, &expected);
	kh_der_put(&wrapped, KH_DER_OCTET_STRING, bits.data, bits.length);
	kh_spki_put_ec(&out, kh_curve_oid(type), (struct kh_span){(uint8_t *)wrapped.data, wrapped.length});
	expect_equal(&out, &expected);
	kh_buffer_finish(&wrapped);
	check_forms(type, bits, &expected);
	check_normal(key, &expected);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

static void test_ec(void **state)
{
	(void)state;
	check_curve(KH_ANY_KEY_TYPE_EC_P256);
	check_curve(KH_ANY_KEY_TYPE_EC_P384);
	check_curve(KH_ANY_KEY_TYPE_SM2);
}

/* A bare point that looks like an OCTET STRING of 63 bytes at its start. */
static void test_bare_point(void **state)
{
	uint8_t point[65] = {0x04, 0x3f};
	struct kh_buffer out = {0};
	struct kh_span bits;

	(void)state;
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_EC_P256), (struct kh_span){point, sizeof(point)});
	assert_true(kh_spki_bits((struct kh_span){(uint8_t *)out.data, out.length}, &bits));
	assert_int_equal(bits.length, 65);
	kh_buffer_finish(&out);
}

static void test_edwards(void **state)
{
	EVP_PKEY *key = make_key(KH_ANY_KEY_TYPE_ED25519);
	struct kh_buffer expected = by_openssl(key);
	struct kh_span spki = {(uint8_t *)expected.data, expected.length};
	struct kh_buffer out = {0};
	struct kh_span bits;

	(void)state;
	assert_int_equal(kh_spki_type(spki), KH_ANY_KEY_TYPE_ED25519);
	expect_key(spki, key);
	assert_true(kh_spki_bits(spki, &bits));
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_ED25519), bits);
	expect_equal(&out, &expected);
	kh_buffer_finish(&expected);
	EVP_PKEY_free(key);
}

/* No point of the curve, or no curve that is known: no key. */
static void test_no_point(void **state)
{
	static const uint8_t named[] = "\x13\x04P-13";
	uint8_t point[66] = {0x02}; /* x is larger than the field */
	struct kh_buffer out = {0};

	(void)state;
	memset(point + 1, 0xff, 32);
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_EC_P256), (struct kh_span){point, 33});
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_EC_P256), (struct kh_span){point, 66});
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_EC_P384), (struct kh_span){point, 65});
	kh_spki_put_ec(&out, kh_curve_oid(KH_ANY_KEY_TYPE_ED25519), (struct kh_span){point, 33});
	kh_spki_put_ec(&out, (struct kh_span){named, sizeof(named) - 1}, (struct kh_span){point, 65});
	assert_int_equal(out.length, 0);
}

static void test_garbage(void **state)
{
	static const uint8_t bytes[] = {0x30, 0x03, 0x30, 0x01, 0x06};

	(void)state;
	assert_int_equal(kh_spki_type((struct kh_span){bytes, sizeof(bytes)}), KH_ANY_KEY_TYPE_OTHER);
	assert_int_equal(kh_spki_type((struct kh_span){bytes, 0}), KH_ANY_KEY_TYPE_OTHER);
	assert_null(kh_spki_key((struct kh_span){bytes, sizeof(bytes)}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa),	cmocka_unit_test(test_ec),	cmocka_unit_test(test_bare_point),
		cmocka_unit_test(test_edwards), cmocka_unit_test(test_garbage), cmocka_unit_test(test_no_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
