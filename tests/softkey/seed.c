/*
 * What the tokens of a new store begin with: DIR/seed/NAME.pem, private keys, each
 * with its certificate behind it. The token is then initialised: its label is "seed
 * NAME", its PIN 123456.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "softkey.h"

#define SEED_PIN "123456"
#define SEED_SO_PIN "87654321"

static const unsigned char ed25519[] = {0x06, 3, 0x2b, 0x65, 0x70};

static CK_KEY_TYPE type_of(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return CKK_RSA;
	return EVP_PKEY_is_a(key, "ED25519") ? CKK_EC_EDWARDS : CKK_EC;
}

static struct object *start(CK_OBJECT_CLASS class, int number)
{
	CK_BBOOL yes = CK_TRUE;
	unsigned char id = (unsigned char)number;
	struct object *object = object_new();

	attribute_set(object, CKA_CLASS, &class, sizeof class);
	attribute_set(object, CKA_TOKEN, &yes, 1);
	attribute_set(object, CKA_MODIFIABLE, &yes, 1);
	attribute_set(object, CKA_LABEL, "seed", 4);
	attribute_set(object, CKA_ID, &id, 1);
	return object;
}

static CK_RV finish(const char *token, struct object *object, const char *kind)
{
	int number = (int)attribute_get(object, CKA_ID)->value[0];
	size_t length;
	void *data = attributes_pack(object, &length);
	char file[NAME];
	CK_RV rv;

	snprintf(file, sizeof file, "seed-%d-%s.object", number, kind);
	rv = store_write(token, file, data, length);
	free(data);
	object_free(object);
	return rv;
}

static bool describe(struct object *object, EVP_PKEY *key)
{
	CK_KEY_TYPE type = type_of(key);

	attribute_set(object, CKA_KEY_TYPE, &type, sizeof type);
	if (type != CKK_EC_EDWARDS)
		return key_set_curve(object, key);
	attribute_set(object, CKA_EC_PARAMS, ed25519, sizeof ed25519);
	return true;
}

static CK_RV add_pair(const char *token, int number, EVP_PKEY *key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	struct object *private = start(CKO_PRIVATE_KEY, number), *public = start(CKO_PUBLIC_KEY, number);
	bool good = describe(private, key) && describe(public, key);
	CK_RV rv;

	key_set_private_defaults(private);
	attribute_set(public, CKA_PRIVATE, &no, 1);
	attribute_set(public, CKA_VERIFY, &yes, 1);
	good = good && key_set_secret(private, key) && key_describe(public, key);
	rv = finish(token, private, "private");
	if (rv == CKR_OK)
		rv = finish(token, public, "public");
	else
		object_free(public);
	return good ? rv : CKR_DATA_INVALID;
}

static CK_RV add_certificate(const char *token, int number, X509 *certificate)
{
	CK_BBOOL no = CK_FALSE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	struct object *object = start(CKO_CERTIFICATE, number);
	unsigned char *der[4] = {NULL};
	const int lengths[4] = {
		i2d_X509(certificate, &der[0]),
		i2d_X509_NAME(X509_get_subject_name(certificate), &der[1]),
		i2d_X509_NAME(X509_get_issuer_name(certificate), &der[2]),
		i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &der[3]),
	};
	static const CK_ATTRIBUTE_TYPE types[4] = {CKA_VALUE, CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER};

	attribute_set(object, CKA_PRIVATE, &no, 1);
	attribute_set(object, CKA_CERTIFICATE_TYPE, &type, sizeof type);
	for (int i = 0; i < 4; i++) {
		attribute_set(object, types[i], der[i], (size_t)lengths[i]);
		OPENSSL_free(der[i]);
	}
	return finish(token, object, "certificate");
}

static CK_RV add_all(const char *token, FILE *file)
{
	CK_RV rv = CKR_OK;
	EVP_PKEY *key;

	for (int number = 1; rv == CKR_OK && (key = PEM_read_PrivateKey(file, NULL, NULL, NULL)); number++) {
		X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

		rv = add_pair(token, number, key);
		if (rv == CKR_OK && certificate)
			rv = add_certificate(token, number, certificate);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
	return rv;
}

static CK_RV initialise(const char *name)
{
	struct token token;
	CK_RV rv = store_read_token(name, &token);

	if (rv == CKR_OK)
		rv = pin_set(&token, CKU_SO, (const CK_BYTE *)SEED_SO_PIN, strlen(SEED_SO_PIN));
	if (rv == CKR_OK)
		rv = pin_set(&token, CKU_USER, (const CK_BYTE *)SEED_PIN, strlen(SEED_PIN));
	if (rv != CKR_OK)
		return rv;
	snprintf(token.label, sizeof token.label, "seed %s", name);
	return store_write_token(&token);
}

CK_RV seed_token(const char *name)
{
	char path[PATH];
	FILE *file;
	CK_RV rv;

	snprintf(path, sizeof path, "%.300s/seed/%.31s.pem", store_path(), name);
	file = fopen(path, "re");
	if (!file)
		return CKR_OK;
	rv = initialise(name);
	if (rv == CKR_OK)
		rv = add_all(name, file);
	fclose(file);
	return rv;
}
