/* Private keys that come from outside, as C_CreateObject gives them: attributes become PKCS#8. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "softkey.h"

static const struct {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
} rsa_parts[] = {
	{CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N},
	{CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E},
	{CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D},
	{CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1},
	{CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2},
	{CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
	{CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2},
	{CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};
#define RSA_PARTS (sizeof rsa_parts / sizeof *rsa_parts)

static EVP_PKEY *from_parts(OSSL_PARAM *parameters)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (context && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *rsa_private(const struct object *object)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[RSA_PARTS] = {0};
	OSSL_PARAM *parameters;
	EVP_PKEY *key = NULL;
	bool good = builder != NULL;

	for (size_t i = 0; good && i < RSA_PARTS; i++) {
		const struct attribute *part = attribute_get(object, rsa_parts[i].type);

		numbers[i] = part ? BN_bin2bn(part->value, (int)part->length, NULL) : NULL;
		good = numbers[i] && OSSL_PARAM_BLD_push_BN(builder, rsa_parts[i].name, numbers[i]) == 1;
	}
	parameters = good ? OSSL_PARAM_BLD_to_param(builder) : NULL;
	if (parameters)
		key = from_parts(parameters);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	for (size_t i = 0; i < RSA_PARTS; i++)
		BN_clear_free(numbers[i]);
	return key;
}

/* ECPrivateKey (RFC 5915) without the point, which OpenSSL then computes. */
EVP_PKEY *key_from_number(const unsigned char *parameters, size_t parameters_length, const unsigned char *number,
			  size_t length)
{
	unsigned char der[160] = {0x30, 0, 0x02, 1, 1, 0x04};
	const unsigned char *start = der;
	EVP_PKEY *key;
	size_t at = 6;

	if (length > 66 || parameters_length > 32)
		return NULL;
	der[at++] = (unsigned char)length;
	memcpy(der + at, number, length);
	at += length;
	der[at++] = 0xa0;
	der[at++] = (unsigned char)parameters_length;
	memcpy(der + at, parameters, parameters_length);
	at += parameters_length;
	der[1] = (unsigned char)(at - 2);
	key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &start, (long)at);
	OPENSSL_cleanse(der, sizeof der);
	return key;
}

static EVP_PKEY *ec_private(const struct object *object, CK_KEY_TYPE type, const struct attribute *value)
{
	const struct attribute *parameters = attribute_get(object, CKA_EC_PARAMS);

	if (!key_curve(object, type))
		return NULL;
	if (!parameters)
		return key_from_number(sm2_parameters, sizeof sm2_parameters, value->value, value->length);
	return key_from_number(parameters->value, parameters->length, value->value, value->length);
}

static EVP_PKEY *read_key(const struct object *object)
{
	const struct attribute *value = attribute_get(object, CKA_VALUE);
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	if (type == CKK_RSA)
		return rsa_private(object);
	if (!value || !key_curve(object, type))
		return NULL;
	if (type == CKK_EC_EDWARDS)
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, value->value, value->length);
	return type == CKK_EC || type == vendor->sm2 ? ec_private(object, type, value) : NULL;
}

bool key_import(struct object *object)
{
	EVP_PKEY *key = read_key(object);
	bool good = key && key_set_secret(object, key);

	EVP_PKEY_free(key);
	if (!good)
		return false;
	attribute_drop(object, CKA_VALUE);
	for (size_t i = 2; i < RSA_PARTS; i++)
		attribute_drop(object, rsa_parts[i].type);
	return true;
}
