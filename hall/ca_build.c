/* Building certificates and lists. */
#include "ca_build.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "certificate.h"
#include "clock.h"
#include "key.h"
#include "window.h"

#define CRL_DAYS 7

EVP_PKEY *hall_ca_build_key(const char *type)
{
	if (strcmp(type, "rsa3072") == 0)
		return EVP_RSA_gen(3072);
	if (strcmp(type, "sm2") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	return strcmp(type, "ec-p256") == 0 ? EVP_EC_gen("P-256") : NULL;
}

static bool sign(X509 *certificate, EVP_PKEY *key)
{
	EVP_MD_CTX *context = hall_key_sign_context(key);
	bool done = context && X509_sign_ctx(certificate, context) > 0;
	EVP_MD_CTX_free(context);
	return done;
}

bool hall_ca_build_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool done = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

bool hall_ca_build_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool done = number && BN_rand(number, 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 && !BN_is_zero(number) &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return done;
}

/* RFC 5280, 4.1.2.5: UTCTime until 2049, then GeneralizedTime; X509_time_adj_ex
 * counts from the PC's time, so that the hall's own is set here. */
bool hall_ca_build_validity(X509 *certificate, int64_t not_before, int64_t not_after)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after);
}

static bool set_name(X509 *certificate, const char *common_name)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	return X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"CN", -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Keyhall", -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) ==
		       1;
}

X509 *hall_ca_build_authority(EVP_PKEY *key, const char *name, int path, X509 *issuer, EVP_PKEY *issuer_key, int years)
{
	X509 *certificate = X509_new();
	X509 *parent = !issuer ? certificate : issuer;
	struct hall_span life = {.years = years};
	int64_t start = hall_clock_now() - HALL_CA_BACKDATE;
	char constraints[48];

	snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d", path);
	if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 && hall_ca_build_serial(certificate) &&
	    set_name(certificate, name) && X509_set_issuer_name(certificate, X509_get_subject_name(parent)) == 1 &&
	    hall_ca_build_validity(certificate, start, hall_span_add(start, &life, 1)) &&
	    X509_set_pubkey(certificate, key) == 1 &&
	    hall_ca_build_extension(certificate, parent, NID_basic_constraints, constraints) &&
	    hall_ca_build_extension(certificate, parent, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    hall_ca_build_extension(certificate, parent, NID_subject_key_identifier, "hash") &&
	    hall_ca_build_extension(certificate, parent, NID_authority_key_identifier, "keyid") &&
	    sign(certificate, !issuer ? key : issuer_key))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool copy_extension(X509 *to, X509 *from, int nid)
{
	int at = X509_get_ext_by_NID(from, nid, -1);
	return at < 0 || X509_add_ext(to, X509_get_ext(from, at), -1) == 1;
}

static bool extend_like(X509 *certificate, X509 *old)
{
	X509_EXTENSION *credit = hall_credit_extension(old);
	return copy_extension(certificate, old, NID_key_usage) && copy_extension(certificate, old, NID_ext_key_usage) &&
	       copy_extension(certificate, old, NID_subject_alt_name) &&
	       (!credit || X509_add_ext(certificate, credit, -1) == 1);
}

#define SIGNS "digitalSignature,nonRepudiation"

/* By what a key can do: RSA enciphers, EC agrees, SM2 both. */
static const char *encrypts(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return "keyEncipherment,dataEncipherment";
	return EVP_PKEY_is_a(key, "SM2") ? "keyEncipherment,dataEncipherment,keyAgreement" : "keyAgreement";
}

static bool add_usage(X509 *certificate, X509 *issuer, const char *usage, EVP_PKEY *key)
{
	char text[128];
	if (strcmp(usage, "sign") == 0)
		snprintf(text, sizeof(text), "critical,%s", SIGNS);
	else if (strcmp(usage, "encrypt") == 0)
		snprintf(text, sizeof(text), "critical,%s", encrypts(key));
	else if (strcmp(usage, "both") == 0)
		snprintf(text, sizeof(text), "critical,%s,%s", SIGNS, encrypts(key));
	else
		return false;
	return hall_ca_build_extension(certificate, issuer, NID_key_usage, text);
}

static bool extend_new(X509 *certificate, X509 *issuer, const struct hall_ca_leaf *leaf)
{
	const char *purposes = strcmp(leaf->usage, "encrypt") == 0 ? "emailProtection" : "clientAuth,emailProtection";
	return add_usage(certificate, issuer, leaf->usage, leaf->key) &&
	       hall_ca_build_extension(certificate, issuer, NID_ext_key_usage, purposes) &&
	       (!leaf->names || copy_extension(certificate, leaf->names, NID_subject_alt_name)) &&
	       (!leaf->credit || X509_add_ext(certificate, leaf->credit, -1) == 1);
}

static bool extend(X509 *certificate, X509 *issuer, const struct hall_ca_leaf *leaf)
{
	char point[300];
	snprintf(point, sizeof(point), "URI:%s", leaf->crl_url);
	return hall_ca_build_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	       hall_ca_build_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
	       hall_ca_build_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
	       hall_ca_build_extension(certificate, issuer, NID_crl_distribution_points, point) &&
	       (leaf->like ? extend_like(certificate, leaf->like) : extend_new(certificate, issuer, leaf));
}

/* No certificate outlives the one that signs it. */
static bool set_leaf_validity(X509 *certificate, const struct hall_ca_leaf *leaf, X509 *issuer)
{
	const ASN1_TIME *end = X509_get0_notAfter(issuer);
	if (!hall_ca_build_validity(certificate, leaf->not_before, leaf->not_after))
		return false;
	if (ASN1_TIME_compare(X509_get0_notAfter(certificate), end) <= 0)
		return true;
	return ASN1_TIME_compare(X509_get0_notBefore(certificate), end) < 0 &&
	       X509_set1_notAfter(certificate, end) == 1;
}

X509 *hall_ca_build_leaf(const struct hall_ca_leaf *leaf, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *certificate = X509_new();
	if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 && hall_ca_build_serial(certificate) &&
	    X509_set_subject_name(certificate, leaf->subject) == 1 &&
	    X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
	    set_leaf_validity(certificate, leaf, issuer) && X509_set_pubkey(certificate, leaf->key) == 1 &&
	    extend(certificate, issuer, leaf) && sign(certificate, issuer_key))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool add_revoked(X509_CRL *crl, const struct hall_ca_revoked *revoked)
{
	X509_REVOKED *row = X509_REVOKED_new();
	BIGNUM *number = NULL;
	ASN1_INTEGER *serial = NULL;
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)revoked->time);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	bool done = row && time && reason && BN_hex2bn(&number, revoked->serial) > 0 &&
		    (serial = BN_to_ASN1_INTEGER(number, NULL)) && X509_REVOKED_set_serialNumber(row, serial) == 1 &&
		    X509_REVOKED_set_revocationDate(row, time) == 1 &&
		    ASN1_ENUMERATED_set(reason, CRL_REASON_SUPERSEDED) == 1 &&
		    X509_REVOKED_add1_ext_i2d(row, NID_crl_reason, reason, 0, 0) == 1 &&
		    X509_CRL_add0_revoked(crl, row) == 1;
	if (!done)
		X509_REVOKED_free(row);
	BN_free(number);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(time);
	ASN1_ENUMERATED_free(reason);
	return done;
}

static bool set_crl_times(X509_CRL *crl, int64_t now)
{
	ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)(now - HALL_CA_BACKDATE));
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)(now + CRL_DAYS * 86400));
	bool done =
		last && next && X509_CRL_set1_lastUpdate(crl, last) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1;
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return done;
}

static bool extend_crl(X509_CRL *crl, X509 *issuer, int64_t number)
{
	ASN1_INTEGER *value = ASN1_INTEGER_new();
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
	X509_EXTENSION *key = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
	bool done = value && key && X509_CRL_add_ext(crl, key, -1) == 1 && ASN1_INTEGER_set_int64(value, number) == 1 &&
		    X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
	X509_EXTENSION_free(key);
	ASN1_INTEGER_free(value);
	return done;
}

X509_CRL *hall_ca_build_crl(X509 *issuer, EVP_PKEY *issuer_key, int64_t number, const struct hall_ca_revoked *revoked,
			    size_t count)
{
	X509_CRL *crl = X509_CRL_new();
	bool done = crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
		    set_crl_times(crl, hall_clock_now()) && extend_crl(crl, issuer, number);
	for (size_t i = 0; done && i < count; i++)
		done = add_revoked(crl, &revoked[i]);
	EVP_MD_CTX *context = hall_key_sign_context(issuer_key);
	done = done && context && X509_CRL_sort(crl) == 1 && X509_CRL_sign_ctx(crl, context) > 0;
	EVP_MD_CTX_free(context);
	if (done)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}
