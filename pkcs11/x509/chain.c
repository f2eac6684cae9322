/* Path validation. */
#include "x509/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "x509/sm2.h"

#define ANCHORS_MAX 256

struct kh_anchors {
	X509_STORE *store;
	char ids[ANCHORS_MAX][KH_SHA256_HEX]; /* SHA-256 of the DER */
	size_t count;
};

/* OpenSSL takes an empty ID unless each certificate whose signature is to be verified has one; for other
 * algorithms one would be an error. */
static bool set_id(X509 *certificate)
{
	ASN1_OCTET_STRING *id;

	if (X509_get_signature_nid(certificate) != NID_SM2_with_SM3)
		return true;
	id = ASN1_OCTET_STRING_new();
	if (!id || ASN1_OCTET_STRING_set(id, (const unsigned char *)KH_SM2_ID, sizeof(KH_SM2_ID) - 1) != 1) {
		ASN1_OCTET_STRING_free(id);
		return false;
	}
	X509_set0_distinguishing_id(certificate, id);
	return true;
}

static bool add_anchor(struct kh_anchors *anchors, X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	if (length <= 0 || anchors->count == ANCHORS_MAX || !set_id(certificate) ||
	    X509_STORE_add_cert(anchors->store, certificate) != 1) {
		OPENSSL_free(der);
		return false;
	}
	kh_sha256_hex(der, (size_t)length, anchors->ids[anchors->count++]);
	OPENSSL_free(der);
	return true;
}

static bool add_file(struct kh_anchors *anchors, const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *certificate;
	bool added = false;

	while (file && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL))) {
		added = add_anchor(anchors, certificate) || added;
		X509_free(certificate);
	}
	ERR_clear_error();
	BIO_free(file);
	return added;
}

struct kh_anchors *kh_anchors_new(char *const *files, size_t count)
{
	struct kh_anchors *anchors = calloc(1, sizeof(*anchors));

	if (!anchors)
		return NULL;
	anchors->store = X509_STORE_new();
	if (!anchors->store) {
		free(anchors);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (!add_file(anchors, files[i]))
			kh_log(KH_LOG_ERROR, "no certificate can be read from anchor %s", files[i]);
	}
	return anchors;
}

void kh_anchors_free(struct kh_anchors *anchors)
{
	if (!anchors)
		return;
	X509_STORE_free(anchors->store);
	free(anchors);
}

static bool is_anchor(const struct kh_anchors *anchors, const struct kh_certificate *certificate)
{
	for (size_t i = 0; i < anchors->count; i++) {
		if (strcmp(anchors->ids[i], certificate->id) == 0)
			return true;
	}
	return false;
}

static X509 *decode(const struct kh_certificate *certificate)
{
	const unsigned char *in = certificate->der.data;
	X509 *decoded = d2i_X509(NULL, &in, (long)certificate->der.length);

	if (decoded && set_id(decoded))
		return decoded;
	X509_free(decoded);
	return NULL;
}

/* An anchor that comes with the chain is in the store already: decoding is
 * what takes time here. */
static bool push(STACK_OF(X509) * out, const struct kh_anchors *anchors, const struct kh_certificate *parsed)
{
	X509 *certificate;

	if (is_anchor(anchors, parsed))
		return true;
	certificate = decode(parsed);
	if (certificate && sk_X509_push(out, certificate))
		return true;
	X509_free(certificate);
	return false;
}

static enum kh_code read_chain(STACK_OF(X509) * out, const struct kh_anchors *anchors, char *const *chain, size_t count,
			       struct kh_error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct kh_certificate *parsed = kh_certificate_from_pem(chain[i]);
		bool taken = parsed && push(out, anchors, parsed);
		char field[32];

		kh_certificate_free(parsed);
		if (!taken) {
			snprintf(field, sizeof(field), "chain.%zu", i);
			return kh_fail_field(error, field);
		}
	}
	return KH_OK;
}

static bool verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) * chain, int64_t at)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *parameters;
	bool trusted = false;

	if (context && X509_STORE_CTX_init(context, store, leaf, chain) == 1) {
		parameters = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
		X509_VERIFY_PARAM_set_time(parameters, (time_t)at);
		X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
		trusted = X509_verify_cert(context) == 1;
		if (!trusted)
			kh_log(KH_LOG_INFO, "chain: %s at depth %d",
			       X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)),
			       X509_STORE_CTX_get_error_depth(context));
	}
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return trusted;
}

enum kh_code kh_chain_verify(const struct kh_anchors *anchors, const struct kh_certificate *certificate,
			     char *const *chain, size_t count, int64_t at, struct kh_error *error)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = decode(certificate);
	enum kh_code code;

	code = others ? read_chain(others, anchors, chain, count, error) : kh_fail(error, KH_AGENT_FAILED);
	if (code == KH_OK && !leaf)
		code = kh_fail_field(error, "certificate");
	if (code == KH_OK && !verify(anchors->store, leaf, others, at))
		code = kh_fail(error, KH_CERTIFICATE_UNTRUSTED);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	return code;
}
