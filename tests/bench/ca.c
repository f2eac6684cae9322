/* A small CA for the measured tokens: P-256, one root, certificates as a company key carries them. */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "bench.h"

#define DAY 86400L

static void need(bool ok)
{
	if (!ok)
		bench_die("OpenSSL: %s", ERR_error_string(ERR_get_error(), NULL));
}

static void set_serial(X509 *certificate)
{
	unsigned char bytes[16];
	BIGNUM *number;

	need(RAND_bytes(bytes, sizeof bytes) == 1);
	bytes[0] &= 0x7f;
	number = BN_bin2bn(bytes, sizeof bytes, NULL);
	need(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)));
	BN_free(number);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	need(extension && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void add_name(X509_NAME *name, const char *field, const char *text)
{
	need(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0));
}

static X509 *certificate_new(EVP_PKEY *key, long from, long to)
{
	X509 *certificate = X509_new();

	need(certificate && X509_set_version(certificate, 2) && X509_set_pubkey(certificate, key));
	need(X509_gmtime_adj(X509_getm_notBefore(certificate), from * DAY) &&
	     X509_gmtime_adj(X509_getm_notAfter(certificate), to * DAY));
	set_serial(certificate);
	return certificate;
}

struct ca ca_new(const char *pem_path)
{
	struct ca ca = {.key = EVP_EC_gen("P-256")};
	FILE *file = fopen(pem_path, "w");

	need(ca.key != NULL);
	ca.root = certificate_new(ca.key, -400, 4000);
	add_name(X509_get_subject_name(ca.root), "C", "CN");
	add_name(X509_get_subject_name(ca.root), "O", "测试CA");
	add_name(X509_get_subject_name(ca.root), "CN", "Bench CA");
	need(X509_set_issuer_name(ca.root, X509_get_subject_name(ca.root)));
	add_extension(ca.root, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca.root, NID_key_usage, "critical,keyCertSign,cRLSign");
	need(X509_sign(ca.root, ca.key, EVP_sha256()) > 0);
	need(file && PEM_write_X509(file, ca.root) && fclose(file) == 0);
	return ca;
}

static void sign_company(const struct ca *ca, X509 *certificate)
{
	need(X509_set_issuer_name(certificate, X509_get_subject_name(ca->root)));
	add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(certificate, NID_key_usage, "critical,digitalSignature,nonRepudiation");
	add_extension(certificate, NID_ext_key_usage, "clientAuth");
	need(X509_sign(certificate, ca->key, EVP_sha256()) > 0);
}

size_t ca_issue(const struct ca *ca, EVP_PKEY *key, const char *name, unsigned char **der)
{
	X509 *certificate = certificate_new(key, -345, 20);
	X509_NAME *subject = X509_get_subject_name(certificate);
	int length;

	add_name(subject, "C", "CN");
	add_name(subject, "ST", "山西省");
	add_name(subject, "O", "山西示例焦煤有限公司");
	add_name(subject, "CN", name);
	sign_company(ca, certificate);
	*der = NULL;
	length = i2d_X509(certificate, der);
	need(length > 0);
	X509_free(certificate);
	return (size_t)length;
}

char *ca_renew(const struct ca *ca, const char *request_pem)
{
	BIO *in = BIO_new_mem_buf(request_pem, -1), *out = BIO_new(BIO_s_mem());
	X509_REQ *request = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
	X509 *certificate;
	char *data, *pem;
	long length;

	need(request != NULL);
	need(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
	certificate = certificate_new(X509_REQ_get0_pubkey(request), 0, 365);
	need(X509_set_subject_name(certificate, X509_REQ_get_subject_name(request)));
	sign_company(ca, certificate);
	need(PEM_write_bio_X509(out, certificate));
	length = BIO_get_mem_data(out, &data);
	pem = strndup(data, (size_t)length);
	X509_free(certificate);
	X509_REQ_free(request);
	BIO_free(in);
	BIO_free(out);
	return pem;
}

char *ca_fingerprint(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
	unsigned char digest[32];
	char *text = malloc(65);

	need(certificate && text && X509_digest(certificate, EVP_sha256(), digest, NULL) == 1);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	X509_free(certificate);
	BIO_free(in);
	return text;
}

EVP_PKEY *ca_p256(const unsigned char *point, size_t length)
{
	char group[] = "P-256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, length),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	need(context && EVP_PKEY_fromdata_init(context) == 1 &&
	     EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
	EVP_PKEY_CTX_free(context);
	return key;
}
