/* Path validation. */
#include "chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static int add_file(X509_STORE *store, const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *certificate;
	int count = 0;

	if (!file)
		return 0;
	while ((certificate = PEM_read_bio_X509(file, NULL, NULL, NULL))) {
		count += X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
	}
	ERR_clear_error();
	BIO_free(file);
	return count;
}

struct x509_store_st *kh_chain_store(char *const *files, size_t count)
{
	X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; store && i < count; i++) {
		if (add_file(store, files[i]) == 0)
			kh_log(KH_LOG_ERROR, "no certificate can be read from anchor %s", files[i]);
	}
	return store;
}

void kh_chain_free(struct x509_store_st *store)
{
	X509_STORE_free(store);
}

static X509 *decode(const struct kh_certificate *certificate)
{
	const unsigned char *in = certificate->der.data;

	return d2i_X509(NULL, &in, (long)certificate->der.length);
}

static enum kh_code read_chain(STACK_OF(X509) *out, char *const *chain, size_t count, struct kh_error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct kh_certificate *parsed = kh_certificate_from_pem(chain[i]);
		X509 *certificate = parsed ? decode(parsed) : NULL;
		char field[32];

		kh_certificate_free(parsed);
		if (!certificate || !sk_X509_push(out, certificate)) {
			X509_free(certificate);
			snprintf(field, sizeof(field), "chain.%zu", i);
			return kh_fail_field(error, field);
		}
	}
	return KH_OK;
}

static bool verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) *chain, int64_t at)
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

enum kh_code kh_chain_verify(struct x509_store_st *store, const struct kh_certificate *certificate,
			     char *const *chain, size_t count, int64_t at, struct kh_error *error)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = decode(certificate);
	enum kh_code code;

	code = others ? read_chain(others, chain, count, error) : kh_fail(error, KH_AGENT_FAILED);
	if (code == KH_OK && !leaf)
		code = kh_fail_field(error, "certificate");
	if (code == KH_OK && !verify(store, leaf, others, at))
		code = kh_fail(error, KH_CERTIFICATE_UNTRUSTED);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	return code;
}

bool kh_chain_same_name(struct kh_span a, struct kh_span b)
{
	const unsigned char *in_a = a.data;
	const unsigned char *in_b = b.data;
	X509_NAME *name_a;
	X509_NAME *name_b;
	bool same;

	if (kh_span_equal(a, b))
		return true;
	name_a = d2i_X509_NAME(NULL, &in_a, (long)a.length);
	name_b = d2i_X509_NAME(NULL, &in_b, (long)b.length);
	same = name_a && name_b && X509_NAME_cmp(name_a, name_b) == 0;
	X509_NAME_free(name_a);
	X509_NAME_free(name_b);
	return same;
}
