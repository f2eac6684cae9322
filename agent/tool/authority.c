/*
 * The authority on OpenSSL.
 */
#include "tool/authority.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define YEAR (365L * 24 * 60 * 60)
#define BEFORE (-60 * 60L) /* the clocks of two programs */
#define SERIAL_BITS 63

struct kh_authority {
	EVP_PKEY *key;
	X509 *certificate;
};

static inline void key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static inline void certificate_free(X509 **certificate)
{
	X509_free(*certificate);
}

static inline void request_free(X509_REQ **request)
{
	X509_REQ_free(*request);
}

static inline void bio_free(BIO **bio)
{
	BIO_free(*bio);
}

static EVP_PKEY *make_key(enum kh_any_key_type type)
{
	switch (type) {
	case KH_ANY_KEY_TYPE_RSA2048:
		return EVP_RSA_gen(2048);
	case KH_ANY_KEY_TYPE_RSA3072:
		return EVP_RSA_gen(3072);
	case KH_ANY_KEY_TYPE_RSA4096:
		return EVP_RSA_gen(4096);
	case KH_ANY_KEY_TYPE_EC_P384:
		return EVP_EC_gen("P-384");
	case KH_ANY_KEY_TYPE_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case KH_ANY_KEY_TYPE_NONE:
	case KH_ANY_KEY_TYPE_EC_P256:
	case KH_ANY_KEY_TYPE_SM2:
	case KH_ANY_KEY_TYPE_OTHER:
	default:
		return EVP_EC_gen("P-256");
	}
}

static bool extend(X509 *certificate, int which, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, which, value);
	bool good = extension && X509_add_ext(certificate, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return good;
}

static const char *usage_text(enum kh_usage usage)
{
	switch (usage) {
	case KH_USAGE_ENCRYPT:
		return "critical,keyEncipherment,dataEncipherment";
	case KH_USAGE_BOTH:
		return "critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment";
	case KH_USAGE_NONE:
	case KH_USAGE_SIGN:
	default:
		return "critical,digitalSignature,nonRepudiation";
	}
}

static X509_NAME *name_of(const char *text)
{
	X509_NAME *name = X509_NAME_new();

	if (name && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1)
		return name;
	X509_NAME_free(name);
	return NULL;
}

/* Not signed yet. */
static X509 *start(const X509_NAME *subject, const X509_NAME *issuer, EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	BIGNUM *serial = BN_new();
	bool good = certificate && serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) &&
		    X509_set_version(certificate, X509_VERSION_3) == 1 &&
		    X509_set_subject_name(certificate, subject) == 1 &&
		    X509_set_issuer_name(certificate, issuer) == 1 && X509_set_pubkey(certificate, key) == 1 &&
		    X509_gmtime_adj(X509_getm_notBefore(certificate), BEFORE) &&
		    X509_gmtime_adj(X509_getm_notAfter(certificate), YEAR);

	BN_free(serial);
	if (good)
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool sign(const struct kh_authority *authority, X509 *certificate)
{
	return X509_sign(certificate, authority->key, EVP_sha256()) > 0;
}

static bool take(BIO *bio, struct kh_buffer *pem)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	if (length > 0)
		kh_buffer_append(pem, data, (size_t)length);
	return length > 0 && !pem->failed;
}

static bool write_certificate(X509 *certificate, struct kh_buffer *pem)
{
	KH_AUTO(bio_free) BIO *bio = BIO_new(BIO_s_mem());

	return bio && PEM_write_bio_X509(bio, certificate) == 1 && take(bio, pem);
}

static bool certify_self(struct kh_authority *authority)
{
	X509_NAME *name = name_of("Keyhall replay");

	authority->key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	if (name && authority->key)
		authority->certificate = start(name, name, authority->key);
	X509_NAME_free(name);
	return authority->certificate && extend(authority->certificate, NID_basic_constraints, "critical,CA:TRUE") &&
	       extend(authority->certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       sign(authority, authority->certificate);
}

struct kh_authority *kh_authority_new(void)
{
	struct kh_authority *authority = calloc(1, sizeof(*authority));

	if (!authority || certify_self(authority))
		return authority;
	kh_authority_free(authority);
	return NULL;
}

void kh_authority_free(struct kh_authority *authority)
{
	if (!authority)
		return;
	X509_free(authority->certificate);
	EVP_PKEY_free(authority->key);
	free(authority);
}

bool kh_authority_root(const struct kh_authority *authority, struct kh_buffer *pem)
{
	return write_certificate(authority->certificate, pem);
}

/* 2026-11-30T07:15:00Z as 20261130071500Z. */
static bool set_time(ASN1_TIME *time, const char *text)
{
	char plain[KH_TIME_MAX + 1];
	size_t length = 0;

	for (; *text; text++) {
		if (!strchr("-:T", *text) && length + 1 < sizeof(plain))
			plain[length++] = *text;
	}
	plain[length] = '\0';
	return ASN1_TIME_set_string_X509(time, plain) == 1;
}

static X509 *certify_like(const struct kh_authority *authority, const struct kh_key_certificate *like, long number,
			  EVP_PKEY *key)
{
	X509_NAME *subject = name_of(like->subject);
	X509 *certificate = subject ? start(subject, X509_get_subject_name(authority->certificate), key) : NULL;

	X509_NAME_free(subject);
	if (certificate && ASN1_INTEGER_set(X509_get_serialNumber(certificate), number) == 1 &&
	    set_time(X509_getm_notBefore(certificate), like->not_before) &&
	    set_time(X509_getm_notAfter(certificate), like->not_after) &&
	    extend(certificate, NID_key_usage, usage_text(like->usage)) && sign(authority, certificate))
		return certificate;
	X509_free(certificate);
	return NULL;
}

bool kh_authority_make(struct kh_authority *authority, const struct kh_key_certificate *like, long number,
		       struct kh_buffer *pem)
{
	KH_AUTO(key_free) EVP_PKEY *key = make_key(like->key_type);
	KH_AUTO(certificate_free) X509 *certificate = key ? certify_like(authority, like, number, key) : NULL;
	KH_AUTO(bio_free) BIO *bio = BIO_new(BIO_s_mem());

	return bio && certificate && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	       take(bio, pem) && write_certificate(certificate, pem);
}

bool kh_authority_issue(struct kh_authority *authority, const char *text, enum kh_usage usage, struct kh_buffer *pem)
{
	KH_AUTO(bio_free) BIO *bio = BIO_new_mem_buf(text, -1);
	KH_AUTO(request_free) X509_REQ *request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = request ? X509_REQ_get0_pubkey(request) : NULL;
	KH_AUTO(certificate_free)
	X509 *certificate =
		key ? start(X509_REQ_get_subject_name(request), X509_get_subject_name(authority->certificate), key)
		    : NULL;

	return certificate && extend(certificate, NID_key_usage, usage_text(usage)) && sign(authority, certificate) &&
	       write_certificate(certificate, pem);
}
