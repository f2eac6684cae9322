/* Reading certificates. */
#include "x509/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "x509/charset.h"
#include "x509/name.h"

#define DER_MAX 12000 /* as PEM it fits the contract's Pem */
#define LABEL_MAX 192 /* bytes: 64 characters, as X.520 allows a common name */

enum { SIGN_BITS = 0xc0 };

#define OID_KEY_USAGE "2.5.29.15"
#define OID_EXTENDED_KEY_USAGE "2.5.29.37"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"

static void read_usage(struct kh_certificate *certificate, struct kh_span value)
{
	struct kh_tlv bits;
	unsigned first;

	if (!kh_der_expect(&value, KH_DER_BIT_STRING, &bits) || bits.body.length < 2)
		return;
	first = bits.body.data[1];
	certificate->usage_bits = first;
	if ((first & KH_USAGE_ENCRYPTS) && (first & SIGN_BITS))
		certificate->usage = KH_USAGE_BOTH;
	else
		certificate->usage = first & KH_USAGE_ENCRYPTS ? KH_USAGE_ENCRYPT : KH_USAGE_SIGN;
}

static void read_constraints(struct kh_certificate *certificate, struct kh_span value)
{
	struct kh_tlv list;
	struct kh_tlv flag;

	if (kh_der_expect(&value, KH_DER_SEQUENCE, &list) && kh_der_expect(&list.body, KH_DER_BOOLEAN, &flag))
		certificate->ca = flag.body.length == 1 && flag.body.data[0];
}

/* One Extension: its dotted OID, empty when it is too long to be one of ours,
 * and the content of extnValue. */
static bool read_extension(struct kh_span in, char oid[KH_OID_TEXT], struct kh_span *value)
{
	struct kh_tlv type;
	struct kh_tlv critical;
	struct kh_tlv octets;

	if (!kh_der_expect(&in, KH_DER_OID, &type))
		return false;
	if (!kh_der_oid_text(type.body, oid, KH_OID_TEXT))
		oid[0] = '\0';
	(void)kh_der_optional(&in, KH_DER_BOOLEAN, &critical);
	if (!kh_der_expect(&in, KH_DER_OCTET_STRING, &octets))
		return false;
	*value = octets.body;
	return true;
}

/* Takes the next Extension off the list; what is none is passed over. */
static bool next_extension(struct kh_span *list, struct kh_tlv *whole, char oid[KH_OID_TEXT], struct kh_span *value)
{
	while (kh_der_next(list, whole)) {
		if (whole->tag == KH_DER_SEQUENCE && read_extension(whole->body, oid, value))
			return true;
	}
	return false;
}

static void read_extensions(struct kh_certificate *certificate, struct kh_span tbs)
{
	struct kh_span list;
	struct kh_span value;
	struct kh_tlv outer = {.tag = 0};
	struct kh_tlv whole;
	char oid[KH_OID_TEXT];

	/* Unique identifiers (RFC 5280, 4.1.2.8) stand before them. */
	while (kh_der_next(&tbs, &outer) && outer.tag != KH_DER_CONTEXT + 3)
		continue;
	if (outer.tag != KH_DER_CONTEXT + 3 || !kh_der_expect(&outer.body, KH_DER_SEQUENCE, &whole))
		return;
	certificate->extensions = whole.body;
	list = whole.body;
	while (next_extension(&list, &whole, oid, &value)) {
		if (strcmp(oid, OID_KEY_USAGE) == 0) {
			certificate->key_usage = whole.whole;
			read_usage(certificate, value);
		} else if (strcmp(oid, OID_EXTENDED_KEY_USAGE) == 0) {
			certificate->extended_key_usage = whole.whole;
		} else if (strcmp(oid, OID_BASIC_CONSTRAINTS) == 0) {
			read_constraints(certificate, value);
		}
	}
}

/* A time that cannot be read is the beginning of 1970: the certificate is shown,
 * as one that is over. */
static void read_time(struct kh_span *in, int64_t *seconds, char text[KH_TIME_TEXT])
{
	struct kh_tlv value;

	if (kh_der_next(in, &value) && kh_time_read(&value, seconds, text))
		return;
	*seconds = 0;
	snprintf(text, KH_TIME_TEXT, "1970-01-01T00:00:00Z");
}

static bool read_fields(struct kh_certificate *certificate, struct kh_span der)
{
	struct kh_tlv whole;
	struct kh_tlv tbs;
	struct kh_tlv skipped;
	struct kh_tlv serial;
	struct kh_tlv issuer;
	struct kh_tlv validity;
	struct kh_tlv subject;
	struct kh_tlv spki;

	if (!kh_der_expect(&der, KH_DER_SEQUENCE, &whole) || !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &tbs))
		return false;
	(void)kh_der_optional(&tbs.body, KH_DER_CONTEXT, &skipped); /* version */
	if (!kh_der_expect(&tbs.body, KH_DER_INTEGER, &serial) ||
	    !kh_der_expect(&tbs.body, KH_DER_SEQUENCE, &skipped) ||
	    !kh_der_expect(&tbs.body, KH_DER_SEQUENCE, &issuer) ||
	    !kh_der_expect(&tbs.body, KH_DER_SEQUENCE, &validity) ||
	    !kh_der_expect(&tbs.body, KH_DER_SEQUENCE, &subject) || !kh_der_expect(&tbs.body, KH_DER_SEQUENCE, &spki))
		return false;
	certificate->serial = serial.whole;
	certificate->issuer = issuer.whole;
	certificate->subject = subject.whole;
	certificate->spki = spki.whole;
	certificate->usage = KH_USAGE_BOTH;
	certificate->key_type = kh_spki_type(spki.whole);
	read_time(&validity.body, &certificate->begins, certificate->not_before);
	read_time(&validity.body, &certificate->ends, certificate->not_after);
	read_extensions(certificate, tbs.body);
	return true;
}

struct kh_certificate *kh_certificate_parse(const void *der, size_t length)
{
	struct kh_span in = {der, length};
	struct kh_certificate *certificate;
	struct kh_tlv whole;

	if (!kh_der_expect(&in, KH_DER_SEQUENCE, &whole) || whole.whole.length > DER_MAX)
		return NULL;
	for (size_t i = 0; i < in.length; i++) {
		if (in.data[i] != 0)
			return NULL;
	}
	certificate = calloc(1, sizeof(*certificate));
	if (!certificate)
		return NULL;
	if (kh_bytes_copy(&certificate->der, whole.whole.data, whole.whole.length) != KH_OK ||
	    !read_fields(certificate, (struct kh_span){certificate->der.data, certificate->der.length})) {
		kh_certificate_free(certificate);
		return NULL;
	}
	kh_sha256_hex(certificate->der.data, certificate->der.length, certificate->id);
	kh_sha256_hex(certificate->spki.data, certificate->spki.length, certificate->spki_id);
	kh_spki_id(certificate->spki, certificate->key_id);
	return certificate;
}

void kh_certificate_auto_free(void *address)
{
	kh_certificate_free(*(struct kh_certificate **)address);
}

void kh_certificate_free(struct kh_certificate *certificate)
{
	if (!certificate)
		return;
	kh_bytes_finish(&certificate->der);
	free(certificate);
}

/* A text that a terminal may show, or nothing. */
static char *take_text(struct kh_buffer *text)
{
	for (size_t i = 0; i < text->length; i++) {
		if ((unsigned char)text->data[i] < 0x20 || text->data[i] == 0x7f)
			text->failed = true;
	}
	if (text->failed || text->length == 0)
		kh_buffer_finish(text);
	return text->data;
}

/* What the extension holds: the text plain, or in string types, which may stand
 * in an OCTET STRING or a SEQUENCE of one element again. */
static char *unwrap_text(struct kh_span value)
{
	struct kh_buffer text = {0};
	struct kh_span in = value;
	struct kh_tlv inner;

	while (kh_der_next(&in, &inner) && in.length == 0) {
		if (kh_name_value(&inner, &text))
			return take_text(&text);
		if (inner.tag != KH_DER_OCTET_STRING && inner.tag != KH_DER_SEQUENCE)
			break;
		value = in = inner.body;
	}
	(void)kh_charset_append(&text, value.data, value.length);
	return take_text(&text);
}

static char *find_extension_text(const struct kh_certificate *certificate, const char *wanted)
{
	struct kh_span list = certificate->extensions;
	struct kh_span value;
	struct kh_tlv whole;
	char oid[KH_OID_TEXT];

	while (next_extension(&list, &whole, oid, &value)) {
		if (strcmp(oid, wanted) == 0)
			return unwrap_text(value);
	}
	return NULL;
}

char *kh_certificate_credit_code(const struct kh_certificate *certificate, char *const *oids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct kh_buffer text = {0};
		char *found = find_extension_text(certificate, oids[i]);

		if (!found && kh_name_find(certificate->subject, oids[i], &text) && text.length > 0)
			found = kh_steal(&text.data);
		kh_buffer_finish(&text);
		if (found && strlen(found) <= 64)
			return found;
		free(found);
	}
	return NULL;
}

char *kh_certificate_company(const struct kh_certificate *certificate)
{
	static const char *const oids[] = {"2.5.4.10", "2.5.4.3"};
	struct kh_buffer text = {0};

	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]) && text.length == 0; i++)
		(void)kh_name_find(certificate->subject, oids[i], &text);
	kh_utf8_shorten(&text, 0, LABEL_MAX);
	if (text.failed || text.length == 0)
		kh_buffer_finish(&text);
	return text.data;
}

char *kh_certificate_common_name(const struct kh_certificate *certificate)
{
	struct kh_buffer text = {0};

	if ((!kh_name_find(certificate->subject, "2.5.4.3", &text) || text.length == 0) && !text.failed)
		kh_name_text(certificate->subject, &text);
	kh_utf8_shorten(&text, 0, LABEL_MAX);
	if (text.failed)
		kh_buffer_finish(&text);
	return text.data;
}
