/*
 * Keys and certificates made with OpenSSL, for comparison.
 */
#ifndef KH_TEST_ISSUE_H
#define KH_TEST_ISSUE_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "unit.h"
#include "x509/certificate.h"

static inline EVP_PKEY *make_key(enum kh_any_key_type type)
{
	switch ((int)type) {
	case KH_ANY_KEY_TYPE_RSA2048:
		return EVP_RSA_gen(2048);
	case KH_ANY_KEY_TYPE_EC_P256:
		return EVP_EC_gen("P-256");
	case KH_ANY_KEY_TYPE_EC_P384:
		return EVP_EC_gen("P-384");
	case KH_ANY_KEY_TYPE_SM2:
		return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	case KH_ANY_KEY_TYPE_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_EC_gen("P-521");
	}
}

static inline void add_extension(X509 *certificate, const char *name, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf(NULL, NULL, name, value);

	assert_non_null(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* Signed with its own key; extensions: name, value pairs, ended by NULL. */
static inline X509 *make_certificate(EVP_PKEY *key, const char *const *extensions)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, extensions && *extensions ? X509_VERSION_3 : X509_VERSION_1);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), 0xf123456789abcdefu);
	X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"CN", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"山西示例公司", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20250601000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "20510601235959Z");
	X509_set_pubkey(certificate, key);
	for (; extensions && extensions[0]; extensions += 2)
		add_extension(certificate, extensions[0], extensions[1]);
	if (EVP_PKEY_is_a(key, "SM2"))
		X509_sign(certificate, key, EVP_sm3());
	else
		X509_sign(certificate, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256());
	return certificate;
}

static inline struct kh_certificate *parse_certificate(X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);
	struct kh_certificate *parsed = kh_certificate_parse(der, (size_t)length);

	OPENSSL_free(der);
	return parsed;
}

#endif
