/* Path validation. */
#include "x509/chain.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "log.h"
#include "x509/legible.h"
#include "x509/name.h"

static X509 *decode(const struct kh_certificate *certificate)
{
	return kh_legible_new((struct kh_span){certificate->der.data, certificate->der.length});
}

/* An anchor that comes with the chain is known already: decoding is what takes
 * time here. */
static bool push(STACK_OF(X509) * out, const struct kh_anchors *anchors, const struct kh_certificate *parsed)
{
	X509 *certificate;

	if (kh_anchors_have(anchors, parsed->id))
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

static bool is_same_name(const X509_NAME *a, const X509_NAME *b)
{
	struct kh_span left, right;

	return X509_NAME_get0_der(a, &left.data, &left.length) == 1 &&
	       X509_NAME_get0_der(b, &right.data, &right.length) == 1 && kh_name_same(left, right);
}

/* What X509_check_issued() looks at behind the names: the key's identifier, and
 * that it may sign certificates. */
static int is_issued(X509_STORE_CTX *context, X509 *certificate, X509 *issuer)
{
	AUTHORITY_KEYID *key;
	int code = X509_check_issued(issuer, certificate);

	(void)context;
	if (code != X509_V_ERR_SUBJECT_ISSUER_MISMATCH)
		return code == X509_V_OK;
	if (!is_same_name(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) ||
	    !(X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN))
		return 0;
	key = X509_get_ext_d2i(certificate, NID_authority_key_identifier, NULL, NULL);
	code = key ? X509_check_akid(issuer, key) : X509_V_OK;
	AUTHORITY_KEYID_free(key);
	return code == X509_V_OK;
}

/* A copy's signature is checked here. */
static int on_error(int good, X509_STORE_CTX *context)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(context);
	int issuer = X509_STORE_CTX_get_error_depth(context) + 1;

	if (good || X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_SIGNATURE_FAILURE ||
	    issuer >= sk_X509_num(path) ||
	    !kh_legible_verify(X509_STORE_CTX_get_current_cert(context), X509_get0_pubkey(sk_X509_value(path, issuer))))
		return good;
	X509_STORE_CTX_set_error(context, X509_V_OK);
	return 1;
}

/* X509_V_OK or why not. */
static int verify(const struct kh_anchors *anchors, X509 *leaf, STACK_OF(X509) * chain, int64_t at)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *parameters;
	int found = X509_V_ERR_OUT_OF_MEM;

	X509_STORE_set_check_issued(anchors->store, is_issued);
	if (context && X509_STORE_CTX_init(context, anchors->store, leaf, chain) == 1) {
		X509_STORE_CTX_set0_trusted_stack(context, anchors->list);
		X509_STORE_CTX_set_verify_cb(context, on_error);
		parameters = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
		X509_VERIFY_PARAM_set_time(parameters, (time_t)at);
		X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
		found = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
		if (found != X509_V_OK)
			kh_log(KH_LOG_INFO, "chain: %s at depth %d", X509_verify_cert_error_string(found),
			       X509_STORE_CTX_get_error_depth(context));
	}
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return found;
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
	if (code == KH_OK && verify(anchors, leaf, others, at) != X509_V_OK)
		code = kh_fail(error, KH_CERTIFICATE_UNTRUSTED);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	return code;
}

bool kh_chain_foreign(const struct kh_anchors *anchors, const struct kh_certificate *certificate,
		      struct kh_certificate *const *others, size_t count)
{
	STACK_OF(X509) *between = sk_X509_new_null();
	X509 *leaf = decode(certificate);
	bool known = between && leaf;
	int found = X509_V_OK;

	for (size_t i = 0; known && i < count; i++)
		known = !others[i] || push(between, anchors, others[i]);
	if (known && !kh_anchors_have(anchors, certificate->id))
		found = verify(anchors, leaf, between, certificate->begins);
	X509_free(leaf);
	sk_X509_pop_free(between, X509_free);
	return found == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || found == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
}
