/* The small CA: first certificates, renewals, revocation, the list, rehearsed outages. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca_build.h"
#include "ca_openssl.h"
#include "certificate.h"
#include "clock.h"
#include "key.h"
#include "system.h"

static char folder[64];
static struct hall_ca ca;

static int setup(void **state)
{
	(void)state;
	struct hall_error error;
	strcpy(folder, "/tmp/khhall-ca-XXXXXX");
	return mkdtemp(folder) == NULL ||
	       hall_ca_make(folder, "ec-p256", "http://hall/ca/crl.der", &error) != HALL_OK ||
	       hall_ca_open(folder, &ca, &error) != HALL_OK;
}

static int teardown(void **state)
{
	(void)state;
	char command[128];
	hall_ca_close(&ca);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static char *make_csr(EVP_PKEY *key, const char *name)
{
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "O", MBSTRING_UTF8, (const unsigned char *)name,
				   -1, -1, 0);
	assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
	EVP_MD_CTX *context = hall_key_sign_context(key);
	assert_true(X509_REQ_sign_ctx(request, context) > 0);
	EVP_MD_CTX_free(context);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, request), 1);
	long length = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)length);
	BIO_free(bio);
	X509_REQ_free(request);
	return text;
}

static void first(int from, int to, const char *usage, const char *code, struct hall_certificate *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *csr = make_csr(key, "示例公司"), *pem = NULL;
	struct hall_ca_certify certify = {csr, usage, code, from, to};
	assert_int_equal(hall_ca_certify(&ca, &certify, &pem, NULL), HALL_OK);
	assert_int_equal(hall_certificate_read(pem, "pem", out, NULL), HALL_OK);
	free(pem);
	free(csr);
	EVP_PKEY_free(key);
}

static enum hall_code renew(const char *request, const char *csr, X509 *old, const char *superseded,
			    struct hall_certificate *out)
{
	struct hall_ca_request parts = {request, csr, old};
	char *pem = NULL;
	enum hall_code code = superseded == NULL ? ca.issue(ca.self, &parts, &pem, NULL)
						 : ca.reissue(ca.self, &parts, superseded, &pem, NULL);
	if (code == HALL_OK)
		assert_int_equal(hall_certificate_read(pem, "pem", out, NULL), HALL_OK);
	free(pem);
	return code;
}

static enum hall_ca_status status(const struct hall_certificate *certificate)
{
	enum hall_ca_status out;
	assert_int_equal(ca.status(ca.self, certificate->x509, &out, NULL), HALL_OK);
	return out;
}

static bool on_list(const struct hall_certificate *certificate, long *number)
{
	uint8_t *der = NULL;
	size_t length;
	assert_int_equal(ca.crl(ca.self, &der, &length, NULL), HALL_OK);
	const uint8_t *at = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)length);
	assert_non_null(crl);
	X509_REVOKED *row = NULL;
	int found = X509_CRL_get0_by_cert(crl, &row, certificate->x509);
	ASN1_INTEGER *value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	*number = ASN1_INTEGER_get(value);
	ASN1_INTEGER_free(value);
	X509_CRL_free(crl);
	free(der);
	return found == 1;
}

static void test_first(void **state)
{
	(void)state;
	struct hall_certificate read;
	first(-10, 20, "both", "91140100MA00000016", &read);
	assert_string_equal(read.company, "示例公司");
	assert_string_equal(read.subject, "O=示例公司");
	assert_string_equal(read.credit_code, "91140100MA00000016");
	assert_int_equal(read.not_after - read.not_before, 30 * 86400);
	assert_int_equal(X509_get_key_usage(read.x509), KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_AGREEMENT);
	assert_true(strlen(read.serial) >= 24);
	assert_int_equal(status(&read), HALL_CA_GOOD);
	hall_certificate_finish(&read);
	first(-10, 20, "encrypt", NULL, &read);
	assert_null(read.credit_code);
	assert_int_equal(X509_get_key_usage(read.x509), KU_KEY_AGREEMENT);
	hall_certificate_finish(&read);
}

static void test_renewal(void **state)
{
	(void)state;
	struct hall_certificate old, fresh, again, other;
	long before, after;
	EVP_PKEY *key = EVP_EC_gen("P-384"), *second = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char *csr = make_csr(key, "Somebody Else");
	first(-340, 25, "sign", "91140100MA00000016", &old);

	assert_int_equal(renew("a:0:k", csr, old.x509, NULL, &fresh), HALL_OK);
	assert_string_equal(fresh.subject, old.subject);
	assert_string_equal(fresh.credit_code, old.credit_code);
	assert_int_equal(X509_get_key_usage(fresh.x509), X509_get_key_usage(old.x509));
	assert_int_equal(X509_get_extended_key_usage(fresh.x509), X509_get_extended_key_usage(old.x509));
	assert_in_range((uint64_t)(fresh.not_after - old.not_after), 365 * 86400, 366 * 86400);
	assert_true(fresh.not_before <= hall_clock_now());
	assert_string_not_equal(fresh.serial, old.serial);
	assert_string_not_equal(fresh.public_key, old.public_key);
	assert_int_equal(renew("a:0:k", csr, old.x509, NULL, &again), HALL_OK);
	assert_string_equal(again.id, fresh.id);

	assert_false(on_list(&old, &before));
	assert_int_equal(ca.revoke(ca.self, old.serial, NULL), HALL_OK);
	assert_int_equal(ca.revoke(ca.self, old.serial, NULL), HALL_OK);
	assert_true(on_list(&old, &after));
	assert_int_equal(after, before + 1);
	assert_int_equal(status(&old), HALL_CA_REVOKED);
	assert_false(on_list(&fresh, &after));
	assert_int_equal(ca.confirm(ca.self, fresh.serial, NULL), HALL_OK);

	free(csr);
	csr = make_csr(key, "x");
	assert_int_equal(renew("a:1:k", csr, old.x509, fresh.serial, &other), HALL_OK);
	assert_string_not_equal(other.id, fresh.id);
	assert_int_equal(status(&fresh), HALL_CA_REVOKED);
	assert_int_equal(status(&other), HALL_CA_GOOD);
	hall_certificate_finish(&old);
	hall_certificate_finish(&fresh);
	hall_certificate_finish(&again);
	hall_certificate_finish(&other);
	free(csr);
	EVP_PKEY_free(second);
	EVP_PKEY_free(key);
}

/* A request with the ID is taken, one with OpenSSL's empty ID is not; the key is no P-256 key. */
static void test_sm2(void **state)
{
	(void)state;
	struct hall_certificate old, fresh;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	X509_REQ *request = NULL;
	char *csr = make_csr(key, "x");
	first(-340, 25, "sign", NULL, &old);
	assert_int_equal(renew("s:0:k", csr, old.x509, NULL, &fresh), HALL_OK);
	assert_string_equal(hall_key_type(X509_get0_pubkey(fresh.x509)), "sm2");
	assert_int_equal(hall_request_read(csr, "csr", &request, NULL), HALL_OK);
	assert_true(X509_REQ_sign(request, key, EVP_sm3()) > 0);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	assert_int_equal(PEM_write_bio_X509_REQ(bio, request), 1);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	BIO_get_mem_data(bio, &data);
	X509_REQ *other = NULL;
	assert_int_equal(hall_request_read(data, "csr", &other, NULL), HALL_E_INPUT_INVALID);
	BIO_free(bio);
	X509_REQ_free(request);
	hall_certificate_finish(&old);
	hall_certificate_finish(&fresh);
	free(csr);
	EVP_PKEY_free(key);
}

/* Everything but key and usage is the signing certificate's; a request's key is settled. */
static void test_encryption(void **state)
{
	(void)state;
	struct hall_certificate signing, read;
	char *pem = NULL, *again = NULL;
	EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_EC_gen("P-256");
	first(-1, 300, "sign", "91140100MA00000016", &signing);
	assert_int_equal(ca.encryption(ca.self, "e:0:k:encrypt", signing.x509, key, &pem, NULL), HALL_OK);
	assert_int_equal(ca.encryption(ca.self, "e:0:k:encrypt", signing.x509, key, &again, NULL), HALL_OK);
	assert_string_equal(pem, again);
	assert_int_equal(hall_certificate_read(pem, "pem", &read, NULL), HALL_OK);
	assert_string_equal(read.subject, signing.subject);
	assert_string_equal(read.credit_code, signing.credit_code);
	assert_int_equal(read.not_before, signing.not_before);
	assert_int_equal(read.not_after, signing.not_after);
	assert_int_equal(X509_get_key_usage(read.x509), KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT);
	assert_int_equal(X509_get_extended_key_usage(read.x509), XKU_SMIME);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(read.x509), key), 1);
	assert_int_equal(status(&read), HALL_CA_GOOD);

	free(again);
	again = NULL;
	assert_int_equal(ca.encryption(ca.self, "e:0:k:encrypt", signing.x509, other, &again, NULL), HALL_E_CA_REFUSED);
	assert_null(again);
	assert_int_equal(ca.revoke(ca.self, read.serial, NULL), HALL_OK);
	assert_int_equal(status(&read), HALL_CA_REVOKED);
	assert_int_equal(status(&signing), HALL_CA_GOOD);
	free(pem);
	hall_certificate_finish(&read);
	hall_certificate_finish(&signing);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
}

static void test_down_and_refused(void **state)
{
	(void)state;
	struct hall_certificate old, fresh;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *csr = make_csr(key, "x");
	char *down = hall_path(folder, "ca-down");
	first(-340, 25, "sign", NULL, &old);

	assert_true(hall_file_write(down, "", 0, false));
	assert_int_equal(renew("b:0:k", csr, old.x509, NULL, &fresh), HALL_E_CA_UNAVAILABLE);
	assert_int_equal(ca.revoke(ca.self, old.serial, NULL), HALL_E_CA_UNAVAILABLE);
	assert_int_equal(ca.confirm(ca.self, old.serial, NULL), HALL_E_CA_UNAVAILABLE);
	assert_int_equal(remove(down), 0);
	assert_int_equal(renew("b:0:k", "garbage", old.x509, NULL, &fresh), HALL_E_CA_REFUSED);
	assert_int_equal(renew("b:0:k", csr, old.x509, NULL, &fresh), HALL_OK);
	hall_certificate_finish(&fresh);
	hall_certificate_finish(&old);
	free(down);
	free(csr);
	EVP_PKEY_free(key);
}

/* What was issued and revoked is there after closing; a lost list comes back. */
static void test_reopened(void **state)
{
	(void)state;
	struct hall_certificate old;
	struct hall_error error;
	long number;
	char path[128];
	first(-340, 25, "sign", NULL, &old);
	assert_int_equal(ca.revoke(ca.self, old.serial, NULL), HALL_OK);
	hall_ca_close(&ca);
	snprintf(path, sizeof(path), "%s/ca/crl.der", folder);
	assert_int_equal(remove(path), 0);
	assert_int_equal(hall_ca_make(folder, "rsa3072", "http://other/", &error), HALL_OK);
	assert_int_equal(hall_ca_open(folder, &ca, &error), HALL_OK);
	assert_true(on_list(&old, &number));
	assert_int_equal(status(&old), HALL_CA_REVOKED);
	hall_certificate_finish(&old);
}

static void test_foreign(void **state)
{
	(void)state;
	struct hall_certificate read;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *own = hall_ca_build_authority(key, "Keyhall Demo Issuing CA", 0, NULL, NULL, 1);
	char *pem = hall_certificate_pem(own);
	assert_int_equal(hall_certificate_read(pem, "pem", &read, NULL), HALL_OK);
	assert_int_equal(status(&read), HALL_CA_FOREIGN);
	hall_certificate_finish(&read);
	free(pem);
	X509_free(own);
	EVP_PKEY_free(key);
}

/* C4: the subject is the old one's byte by byte, in whatever types. */
static void test_subject_bytes(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *old = X509_new();
	X509_NAME *name = X509_get_subject_name(old);
	char *csr = make_csr(key, "another name");
	struct hall_certificate read;
	const unsigned char *expected, *found;
	size_t expected_length, found_length;

	X509_NAME_add_entry_by_txt(name, "O", V_ASN1_T61STRING, (const unsigned char *)"\xc9\xbd\xce\xf7", 4, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_BMPSTRING, (const unsigned char *)"\x5c\x71\x89\x7f", 4, -1, 0);
	ASN1_TIME_set(X509_getm_notBefore(old), 0);
	ASN1_TIME_set(X509_getm_notAfter(old), (time_t)hall_clock_now() + 86400);
	assert_int_equal(renew("bytes", csr, old, NULL, &read), HALL_OK);
	assert_string_equal(read.subject, "CN=山西,O=山西");
	assert_string_equal(read.company, "山西");
	assert_int_equal(X509_NAME_get0_der(name, &expected, &expected_length), 1);
	assert_int_equal(X509_NAME_get0_der(X509_get_subject_name(read.x509), &found, &found_length), 1);
	assert_int_equal(found_length, expected_length);
	assert_memory_equal(found, expected, found_length);
	hall_certificate_finish(&read);
	free(csr);
	X509_free(old);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),	      cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_subject_bytes), cmocka_unit_test(test_down_and_refused),
		cmocka_unit_test(test_reopened),      cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_sm2),	      cmocka_unit_test(test_encryption),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
