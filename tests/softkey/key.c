/* Key pairs: between attributes and EVP_PKEY, and their generation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "softkey.h"

/* CKA_EC_PARAMS as programs write them: an OID, or a name. */
static const struct curve {
	const char *group; /* OpenSSL's */
	CK_KEY_TYPE key_type;
	unsigned char parameters[16];
	size_t length;
} curves[] = {
	{"P-256", CKK_EC, {0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, 10},
	{"P-384", CKK_EC, {0x06, 5, 0x2b, 0x81, 4, 0, 0x22}, 7},
	{"ED25519", CKK_EC_EDWARDS, {0x06, 3, 0x2b, 0x65, 0x70}, 5},
	{"ED25519", CKK_EC_EDWARDS, {0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'}, 14},
};

static const struct curve *find_curve(const struct object *object, CK_KEY_TYPE type)
{
	const struct attribute *parameters = attribute_get(object, CKA_EC_PARAMS);

	for (size_t i = 0; parameters && i < sizeof curves / sizeof *curves; i++)
		if (curves[i].key_type == type && curves[i].length == parameters->length &&
		    memcmp(curves[i].parameters, parameters->value, parameters->length) == 0)
			return &curves[i];
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

static EVP_PKEY *ec_public(const struct object *object, CK_KEY_TYPE type)
{
	const struct curve *curve = find_curve(object, type);
	const struct attribute *point = attribute_get(object, CKA_EC_POINT);
	const unsigned char *at = point ? point->value : NULL;
	ASN1_OCTET_STRING *octets = point ? d2i_ASN1_OCTET_STRING(NULL, &at, (long)point->length) : NULL;
	EVP_PKEY *key = NULL;
	char group[16];

	if (curve && octets && type == CKK_EC) {
		OSSL_PARAM parameters[3];

		strcpy(group, curve->group);
		parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
		parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets->data,
								  (size_t)octets->length);
		parameters[2] = OSSL_PARAM_construct_end();
		key = from_parameters("EC", parameters);
	} else if (curve && octets) {
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets->data, (size_t)octets->length);
	}
	ASN1_OCTET_STRING_free(octets);
	return key;
}

EVP_PKEY *key_of(const struct object *object)
{
	const struct attribute *pkcs8 = attribute_get(object, ATTRIBUTE_PKCS8);
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	if (pkcs8) {
		const unsigned char *at = pkcs8->value;

		return d2i_AutoPrivateKey(NULL, &at, (long)pkcs8->length);
	}
	if (type == CKK_RSA)
		return rsa_public(object);
	return type == CKK_EC || type == CKK_EC_EDWARDS ? ec_public(object, type) : NULL;
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
	    !ASN1_OCTET_STRING_set(octets, point, (int)length))
		return false;
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

static CK_RV generate(const struct mechanism *mechanism, const struct object *public, EVP_PKEY **key)
{
	CK_ULONG bits = attribute_number(public, CKA_MODULUS_BITS);
	const struct curve *curve;
	char kind[32];

	if (mechanism->work == WORK_RSA_PAIR) {
		if (bits == CK_UNAVAILABLE_INFORMATION)
			return CKR_TEMPLATE_INCOMPLETE;
		if (bits < mechanism->minimum || bits > mechanism->maximum)
			return CKR_KEY_SIZE_RANGE;
		snprintf(kind, sizeof kind, "rsa%lu", bits);
		*key = pool_take(kind);
		if (!*key)
			*key = EVP_RSA_gen(bits);
	} else {
		curve = find_curve(public, mechanism->key_type);
		if (!curve)
			return attribute_get(public, CKA_EC_PARAMS) ? CKR_CURVE_NOT_SUPPORTED
								    : CKR_TEMPLATE_INCOMPLETE;
		*key = curve->key_type == CKK_EC ? pool_take(curve->group) : NULL;
		if (!*key && curve->key_type == CKK_EC)
			*key = EVP_EC_gen(curve->group);
		else if (!*key)
			*key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return *key ? CKR_OK : CKR_FUNCTION_FAILED;
}

static void set_common(struct object *object, CK_OBJECT_CLASS class, const struct mechanism *mechanism)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	attribute_set(object, CKA_CLASS, &class, sizeof class);
	attribute_set(object, CKA_KEY_TYPE, &mechanism->key_type, sizeof mechanism->key_type);
	attribute_set(object, CKA_KEY_GEN_MECHANISM, &mechanism->type, sizeof mechanism->type);
	attribute_set(object, CKA_LOCAL, &yes, 1);
	attribute_set_default(object, CKA_TOKEN, &no, 1);
	attribute_set_default(object, CKA_MODIFIABLE, &yes, 1);
	attribute_set_default(object, CKA_ID, "", 0);
	attribute_set_default(object, CKA_LABEL, "", 0);
	attribute_set_default(object, CKA_SUBJECT, "", 0);
	attribute_set_default(object, CKA_DERIVE, &no, 1);
}

void key_set_private_defaults(struct object *object)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, rsa = attribute_number(object, CKA_KEY_TYPE) == CKK_RSA;

	attribute_set_default(object, CKA_PRIVATE, &yes, 1);
	attribute_set_default(object, CKA_SENSITIVE, &yes, 1);
	attribute_set_default(object, CKA_EXTRACTABLE, &no, 1);
	attribute_set_default(object, CKA_ALWAYS_SENSITIVE, &no, 1);
	attribute_set_default(object, CKA_NEVER_EXTRACTABLE, &no, 1);
	attribute_set_default(object, CKA_ALWAYS_AUTHENTICATE, &no, 1);
	attribute_set_default(object, CKA_LOCAL, &no, 1);
	attribute_set_default(object, CKA_SIGN, &yes, 1);
	attribute_set_default(object, CKA_DECRYPT, &rsa, 1);
	attribute_set_default(object, CKA_UNWRAP, &no, 1);
}

static bool set_private(struct object *object, const struct object *public, EVP_PKEY *key)
{
	const struct attribute *parameters = attribute_get(public, CKA_EC_PARAMS);
	unsigned char *der = NULL;
	CK_BBOOL yes = CK_TRUE;
	int length = i2d_PrivateKey(key, &der);

	if (length <= 0)
		return false;
	attribute_set(object, ATTRIBUTE_PKCS8, der, (size_t)length);
	OPENSSL_clear_free(der, (size_t)length);
	attribute_set(object, CKA_ALWAYS_SENSITIVE, &yes, 1);
	attribute_set(object, CKA_NEVER_EXTRACTABLE, &yes, 1);
	key_set_private_defaults(object);
	if (parameters)
		attribute_set(object, CKA_EC_PARAMS, parameters->value, parameters->length);
	return attribute_number(object, CKA_KEY_TYPE) != CKK_RSA || key_describe(object, key);
}

static bool set_public(struct object *object, EVP_PKEY *key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	attribute_set_default(object, CKA_PRIVATE, &no, 1);
	attribute_set_default(object, CKA_VERIFY, &yes, 1);
	attribute_set_default(object, CKA_ENCRYPT, &no, 1);
	attribute_set_default(object, CKA_WRAP, &no, 1);
	return key_describe(object, key);
}

/* Two writes, the private key first; a failure of the second takes the first back. */
static CK_RV write_pair(CK_SESSION_HANDLE handle, struct session *session, struct object *public,
			struct object *private, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_RV rv = object_add(handle, session, private, private_key);

	if (rv != CKR_OK) {
		object_free(public);
		return rv;
	}
	rv = object_add(handle, session, public, public_key);
	if (rv != CKR_OK)
		soft_DestroyObject(handle, *private_key);
	return rv;
}

CK_RV soft_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_template,
			   CK_ULONG public_count, CK_ATTRIBUTE *private_template, CK_ULONG private_count,
			   CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	const struct mechanism *row = mechanism ? mechanism_find(mechanism->mechanism, CKF_GENERATE_KEY_PAIR) : NULL;
	struct object *public, *private;
	struct session *session;
	EVP_PKEY *key = NULL;
	CK_RV rv = session_get_writable(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!row)
		return CKR_MECHANISM_INVALID;
	public = object_new();
	private = object_new();
	attributes_take(public, public_template, public_count);
	attributes_take(private, private_template, private_count);
	rv = generate(row, public, &key);
	if (rv == CKR_OK) {
		set_common(public, CKO_PUBLIC_KEY, row);
		set_common(private, CKO_PRIVATE_KEY, row);
		if (!set_public(public, key) || !set_private(private, public, key))
			rv = CKR_FUNCTION_FAILED;
	}
	EVP_PKEY_free(key);
	if (rv == CKR_OK)
		return write_pair(handle, session, public, private, public_key, private_key);
	object_free(public);
	object_free(private);
	return rv;
}
