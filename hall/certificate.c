/* Reading certificates and requests. */
#include "certificate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cleanup.h"
#include "clock.h"
#include "key.h"
#include "name.h"

/* The credit code stands under one of these; the first is what we write. */
static const char *const credit_oids[] = {"1.2.156.10260.4.1.4", "1.2.86.11.7.4"};

bool hall_request_hash(X509_REQ *request, char out[HALL_HASH_SIZE])
{
	uint8_t *der = NULL;
	int length = i2d_X509_REQ(request, &der);

	if (length <= 0)
		return false;
	hall_hash(der, (size_t)length, out);
	OPENSSL_free(der);
	return true;
}

static char *take_bio(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);
	char *text = length >= 0 ? strndup(data, (size_t)length) : NULL;
	BIO_free(bio);
	return text;
}

char *hall_certificate_pem(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	if (!bio || PEM_write_bio_X509(bio, certificate) != 1) {
		BIO_free(bio);
		return NULL;
	}
	return take_bio(bio);
}

X509_EXTENSION *hall_credit_extension(X509 *certificate)
{
	X509_EXTENSION *found = NULL;
	for (size_t i = 0; i < sizeof(credit_oids) / sizeof(*credit_oids) && !found; i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(credit_oids[i], 1);
		int at = !oid ? -1 : X509_get_ext_by_OBJ(certificate, oid, -1);
		if (at >= 0)
			found = X509_get_ext(certificate, at);
		ASN1_OBJECT_free(oid);
	}
	return found;
}

X509_EXTENSION *hall_credit_extension_asked(X509_REQ *request)
{
	STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(request);
	X509_EXTENSION *found = NULL;
	for (size_t i = 0; i < sizeof(credit_oids) / sizeof(*credit_oids) && !found; i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(credit_oids[i], 1);
		int at = !asked || !oid ? -1 : X509v3_get_ext_by_OBJ(asked, oid, -1);
		if (at >= 0)
			found = X509_EXTENSION_dup(X509v3_get_ext(asked, at));
		ASN1_OBJECT_free(oid);
	}
	sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
	return found;
}

X509_EXTENSION *hall_credit_extension_new(const char *credit_code)
{
	X509_EXTENSION *extension = NULL;
	ASN1_OBJECT *oid = OBJ_txt2obj(credit_oids[0], 1);
	ASN1_PRINTABLESTRING *text = ASN1_PRINTABLESTRING_new();
	ASN1_OCTET_STRING *wrapped = ASN1_OCTET_STRING_new();
	uint8_t *der = NULL;
	int length = text && ASN1_STRING_set(text, credit_code, -1) == 1 ? i2d_ASN1_PRINTABLESTRING(text, &der) : -1;

	if (oid && wrapped && length > 0 && ASN1_OCTET_STRING_set(wrapped, der, length) == 1)
		extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, wrapped);
	OPENSSL_free(der);
	ASN1_OCTET_STRING_free(wrapped);
	ASN1_PRINTABLESTRING_free(text);
	ASN1_OBJECT_free(oid);
	return extension;
}

/* The value stands plain or wrapped in string types, depending on who issued it. */
static char *credit_code(X509 *certificate)
{
	X509_EXTENSION *extension = hall_credit_extension(certificate);
	if (!extension)
		return NULL;
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
	const uint8_t *bytes = ASN1_STRING_get0_data(value);
	long length = ASN1_STRING_length(value);

	for (int depth = 0; depth < 3 && length > 2; depth++) {
		const uint8_t *inner = bytes;
		long inner_length;
		int tag, class;
		int form = ASN1_get_object(&inner, &inner_length, &tag, &class, length);
		if (form != 0 || class != V_ASN1_UNIVERSAL || inner + inner_length != bytes + length)
			break;
		bytes = inner;
		length = inner_length;
	}
	for (long i = 0; i < length; i++)
		if (!isalnum(bytes[i]))
			return NULL;
	return length > 0 && length <= 64 ? strndup((const char *)bytes, (size_t)length) : NULL;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm parts;
	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*out = (int64_t)timegm(&parts);
	return true;
}

static bool read_serial(X509 *x509, char *out, size_t size)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	int length = ASN1_STRING_length(serial);
	if (length <= 0 || (size_t)length * 2 >= size)
		return false;
	hall_hex(ASN1_STRING_get0_data(serial), (size_t)length, out);
	return true;
}

static bool fill(struct hall_certificate *certificate)
{
	X509 *x509 = certificate->x509;
	const X509_NAME *name = X509_get_subject_name(x509);
	EVP_PKEY *key = X509_get0_pubkey(x509);
	uint8_t *der = NULL;
	int length = i2d_X509(x509, &der);

	if (length <= 0)
		return false;
	hall_hash(der, (size_t)length, certificate->id);
	OPENSSL_free(der);
	certificate->subject = hall_name_text(name);
	certificate->company = hall_name_part(name, NID_organizationName);
	if (!certificate->company)
		certificate->company = hall_name_part(name, NID_commonName);
	if (!certificate->company)
		certificate->company = strdup("");
	certificate->credit_code = credit_code(x509);
	return key && certificate->subject && certificate->company && hall_key_hash(key, certificate->public_key) &&
	       read_serial(x509, certificate->serial, sizeof(certificate->serial)) &&
	       read_time(X509_get0_notBefore(x509), &certificate->not_before) &&
	       read_time(X509_get0_notAfter(x509), &certificate->not_after);
}

/* The DER of the one PEM block of this type in text. */
static uint8_t *one_block(const char *pem, const char *const *types, long *length)
{
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	BIO *bio = NULL;
	const char *start = pem + strspn(pem, " \t\r\n");
	const char *end = strstr(start, "-----END ");
	const char *tail = !end ? NULL : strchr(end, '\n');
	bool known = false;

	if (strlen(pem) > HALL_PEM_MAX || strncmp(start, "-----BEGIN ", 11) != 0 || !end)
		return NULL;
	if (tail && tail[strspn(tail, " \t\r\n")] != '\0')
		return NULL;
	bio = BIO_new_mem_buf(start, -1);
	if (bio && PEM_read_bio(bio, &name, &header, &der, length) == 1)
		for (; *types; types++)
			known |= strcmp(name, *types) == 0;
	BIO_free(bio);
	OPENSSL_free(name);
	OPENSSL_free(header);
	if (!known) {
		OPENSSL_free(der);
		return NULL;
	}
	return der;
}

enum hall_code hall_certificate_read(const char *pem, const char *field, struct hall_certificate *certificate,
				     struct hall_error *error)
{
	static const char *const types[] = {PEM_STRING_X509, PEM_STRING_X509_OLD, NULL};
	struct hall_certificate out = {0};
	long length = 0;
	uint8_t *der = one_block(pem, types, &length);
	const uint8_t *at = der;

	if (der)
		out.x509 = d2i_X509(NULL, &at, length);
	bool good = out.x509 && at == der + length && fill(&out);
	OPENSSL_free(der);
	if (!good) {
		hall_certificate_finish(&out);
		return hall_fail_field(error, field);
	}
	*certificate = out;
	return HALL_OK;
}

void hall_certificate_finish(struct hall_certificate *certificate)
{
	X509_free(certificate->x509);
	free(certificate->subject);
	free(certificate->company);
	free(certificate->credit_code);
	*certificate = (struct hall_certificate){0};
}

json_t *hall_certificate_json(const struct hall_certificate *certificate)
{
	char not_before[HALL_TIME_SIZE], not_after[HALL_TIME_SIZE];
	hall_clock_format(certificate->not_before, not_before);
	hall_clock_format(certificate->not_after, not_after);
	return json_pack("{s:s, s:s, s:s, s:s*, s:s, s:s, s:s}", "id", certificate->id, "subject", certificate->subject,
			 "company", certificate->company, "creditCode", certificate->credit_code, "serialNumber",
			 certificate->serial, "notBefore", not_before, "notAfter", not_after);
}

/* For SM2 keys only: verifying by another one fails when there is an ID. */
static bool set_id(X509_REQ *request, EVP_PKEY *key)
{
	if (!EVP_PKEY_is_a(key, "SM2"))
		return true;
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	if (!id || ASN1_OCTET_STRING_set(id, (const uint8_t *)HALL_SM2_ID, (int)strlen(HALL_SM2_ID)) != 1) {
		ASN1_OCTET_STRING_free(id);
		return false;
	}
	X509_REQ_set0_distinguishing_id(request, id);
	return true;
}

enum hall_code hall_request_read(const char *pem, const char *field, X509_REQ **request, struct hall_error *error)
{
	static const char *const types[] = {PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, NULL};
	long length = 0;
	uint8_t *der = one_block(pem, types, &length);
	const uint8_t *at = der;
	X509_REQ *out = !der ? NULL : d2i_X509_REQ(NULL, &at, length);
	EVP_PKEY *key = !out ? NULL : X509_REQ_get0_pubkey(out);

	bool good = key && at == der + length && hall_key_type(key) && hall_key_is_sound(key) && set_id(out, key) &&
		    X509_REQ_verify(out, key) == 1;
	OPENSSL_free(der);
	if (!good) {
		X509_REQ_free(out);
		return hall_fail_field(error, field);
	}
	*request = out;
	return HALL_OK;
}
