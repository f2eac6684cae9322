/* Keys: between attributes and EVP_PKEY. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "softkey.h"

#define SM2 ((CK_KEY_TYPE)-2) /* whatever number the vendor gives it */

/* CKA_EC_PARAMS as programs write them: an OID, or a name. */
static const struct curve {
	const char *group; /* OpenSSL's */
	CK_KEY_TYPE family;
	unsigned char parameters[16];
	size_t length;
} curves[] = {
	{"P-256", CKK_EC, {0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, 10},
	{"P-384", CKK_EC, {0x06, 5, 0x2b, 0x81, 4, 0, 0x22}, 7},
	{"SM2", SM2, {0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d}, 10},
	{"ED25519", CKK_EC_EDWARDS, {0x06, 3, 0x2b, 0x65, 0x70}, 5},
	{"ED25519", CKK_EC_EDWARDS, {0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'}, 14},
};

static CK_KEY_TYPE family_of(CK_KEY_TYPE type)
{
	return type == vendor->sm2 ? SM2 : type;
}

const char *key_curve(const struct object *object, CK_KEY_TYPE type)
{
	const struct attribute *parameters = attribute_get(object, CKA_EC_PARAMS);
	CK_KEY_TYPE family = family_of(type);

	if (!parameters && family == SM2 && !vendor->wants_curve)
		return "SM2";
	for (size_t i = 0; parameters && i < sizeof curves / sizeof *curves; i++)
		if (curves[i].family == family && curves[i].length == parameters->length &&
		    memcmp(curves[i].parameters, parameters->value, parameters->length) == 0)
			return curves[i].group;
	return NULL;
}

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM *parameters)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (context && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

/* OSSL_PARAM wants the host's byte order. */
static void to_native(const struct attribute *attribute, unsigned char *out)
{
	BIGNUM *number = BN_bin2bn(attribute->value, (int)attribute->length, NULL);

	BN_bn2nativepad(number, out, (int)attribute->length);
	BN_free(number);
}

static EVP_PKEY *rsa_public(const struct object *object)
{
	const struct attribute *n = attribute_get(object, CKA_MODULUS), *e = attribute_get(object, CKA_PUBLIC_EXPONENT);
	unsigned char modulus[1024], exponent[16];
	OSSL_PARAM parameters[3];

	if (!n || !e || n->length > sizeof modulus || e->length > sizeof exponent)
		return NULL;
	to_native(n, modulus);
	to_native(e, exponent);
	parameters[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, n->length);
	parameters[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, e->length);
	parameters[2] = OSSL_PARAM_construct_end();
	return from_parameters("RSA", parameters);
}

static EVP_PKEY *point_key(const char *type, const char *curve, unsigned char *point, size_t length)
{
	OSSL_PARAM parameters[3];
	char group[16];

	strcpy(group, curve);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, length);
	parameters[2] = OSSL_PARAM_construct_end();
	return from_parameters(type, parameters);
}

EVP_PKEY *key_from_point(const unsigned char *point, size_t length)
{
	unsigned char copy[65];

	if (length != sizeof copy)
		return NULL;
	memcpy(copy, point, length);
	return point_key("SM2", "SM2", copy, length);
}

static EVP_PKEY *ec_public(const struct object *object, CK_KEY_TYPE type)
{
	const struct attribute *point = attribute_get(object, CKA_EC_POINT);
	const char *curve = key_curve(object, type);
	const unsigned char *at = point ? point->value : NULL;
	ASN1_OCTET_STRING *octets;
	EVP_PKEY *key = NULL;

	if (!point || !curve)
		return NULL;
	if (type == vendor->sm2 && vendor->raw_point)
		return point_key("SM2", curve, point->value, point->length);
	octets = d2i_ASN1_OCTET_STRING(NULL, &at, (long)point->length);
	if (octets && type == CKK_EC_EDWARDS)
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets->data, (size_t)octets->length);
	else if (octets)
		key = point_key(type == CKK_EC ? "EC" : "SM2", curve, octets->data, (size_t)octets->length);
	ASN1_OCTET_STRING_free(octets);
	return key;
}

EVP_PKEY *key_of(const struct object *object)
{
	const struct attribute *pkcs8 = attribute_get(object, ATTRIBUTE_SECRET);
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	if (pkcs8) {
		const unsigned char *at = pkcs8->value;

		return d2i_AutoPrivateKey(NULL, &at, (long)pkcs8->length);
	}
	if (attribute_number(object, CKA_CLASS) == CKO_PRIVATE_KEY)
		return NULL;
	if (type == CKK_RSA)
		return rsa_public(object);
	return type == CKK_EC || type == CKK_EC_EDWARDS || type == vendor->sm2 ? ec_public(object, type) : NULL;
}

static bool set_number(struct object *object, EVP_PKEY *key, const char *name, CK_ATTRIBUTE_TYPE type)
{
	unsigned char bytes[1024];
	BIGNUM *number = NULL;
	int length;

	if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
		return false;
	length = BN_bn2bin(number, bytes);
	attribute_set(object, type, bytes, (size_t)length);
	BN_free(number);
	return true;
}

static bool set_point(struct object *object, EVP_PKEY *key)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	unsigned char point[256], *der = NULL;
	size_t length = sizeof point;
	int size;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &length) != 1 ||
	    !ASN1_OCTET_STRING_set(octets, point, (int)length)) {
		ASN1_OCTET_STRING_free(octets);
		return false;
	}
	if (vendor->raw_point && attribute_number(object, CKA_KEY_TYPE) == vendor->sm2) {
		attribute_set(object, CKA_EC_POINT, point, length);
		ASN1_OCTET_STRING_free(octets);
		return true;
	}
	size = i2d_ASN1_OCTET_STRING(octets, &der);
	attribute_set(object, CKA_EC_POINT, der, (size_t)size);
	OPENSSL_free(der);
	ASN1_OCTET_STRING_free(octets);
	return true;
}

bool key_describe(struct object *object, EVP_PKEY *key)
{
	CK_ULONG bits = (CK_ULONG)EVP_PKEY_get_bits(key);

	if (attribute_number(object, CKA_KEY_TYPE) != CKK_RSA)
		return set_point(object, key);
	if (attribute_number(object, CKA_CLASS) == CKO_PUBLIC_KEY)
		attribute_set(object, CKA_MODULUS_BITS, &bits, sizeof bits);
	return set_number(object, key, OSSL_PKEY_PARAM_RSA_N, CKA_MODULUS) &&
	       set_number(object, key, OSSL_PKEY_PARAM_RSA_E, CKA_PUBLIC_EXPONENT);
}

bool key_is_rsa_or_sm2(const struct object *object)
{
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	return type == CKK_RSA || type == vendor->sm2;
}

void key_set_private_defaults(struct object *object)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, opens = key_is_rsa_or_sm2(object);

	attribute_set_default(object, CKA_PRIVATE, &yes, 1);
	attribute_set_default(object, CKA_SENSITIVE, &yes, 1);
	attribute_set_default(object, CKA_EXTRACTABLE, &no, 1);
	attribute_set_default(object, CKA_ALWAYS_SENSITIVE, &no, 1);
	attribute_set_default(object, CKA_NEVER_EXTRACTABLE, &no, 1);
	attribute_set_default(object, CKA_ALWAYS_AUTHENTICATE, &no, 1);
	attribute_set_default(object, CKA_LOCAL, &no, 1);
	attribute_set_default(object, CKA_SIGN, &yes, 1);
	attribute_set_default(object, CKA_DECRYPT, &opens, 1);
	attribute_set_default(object, CKA_UNWRAP, &no, 1);
}

/* What a store's reader expects: PKCS#1, SEC 1, and PKCS#8 for all else. */
static int encode_private(EVP_PKEY *key, unsigned char **der)
{
	PKCS8_PRIV_KEY_INFO *info;
	int length;

	if (!EVP_PKEY_is_a(key, "SM2"))
		return i2d_PrivateKey(key, der);
	info = EVP_PKEY2PKCS8(key);
	length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, der) : 0;
	PKCS8_PRIV_KEY_INFO_free(info);
	return length;
}

bool key_set_secret(struct object *object, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = encode_private(key, &der);

	if (length <= 0)
		return false;
	attribute_set(object, ATTRIBUTE_SECRET, der, (size_t)length);
	OPENSSL_clear_free(der, (size_t)length);
	return attribute_number(object, CKA_KEY_TYPE) != CKK_RSA || key_describe(object, key);
}

bool key_fits(const struct object *object, EVP_PKEY *key)
{
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	if (type == vendor->sm2)
		return EVP_PKEY_is_a(key, "SM2");
	return (type == CKK_RSA && EVP_PKEY_is_a(key, "RSA")) || (type == CKK_EC && EVP_PKEY_is_a(key, "EC"));
}

bool key_set_curve(struct object *object, EVP_PKEY *key)
{
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);
	unsigned char *der = NULL;
	int length;

	if (type == CKK_RSA || (type == vendor->sm2 && !vendor->wants_curve))
		return true;
	length = i2d_KeyParams(key, &der);
	if (length <= 0)
		return false;
	attribute_set(object, CKA_EC_PARAMS, der, (size_t)length);
	OPENSSL_free(der);
	return key_curve(object, type) != NULL;
}
