/* Certificates as PEM and as the contract shows them. */
#include "x509/certificate.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "x509/name.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"
#define PEM_LINE 48 /* bytes a line: 64 characters */

void kh_pem_append(struct kh_buffer *out, const char *label, const void *der, size_t length)
{
	const uint8_t *bytes = der;

	kh_buffer_printf(out, "-----BEGIN %s-----\n", label);
	while (length > 0) {
		unsigned char line[PEM_LINE / 3 * 4 + 2];
		size_t count = length < PEM_LINE ? length : PEM_LINE;
		int written = EVP_EncodeBlock(line, bytes, (int)count);

		line[written] = '\n';
		kh_buffer_append(out, line, (size_t)written + 1);
		bytes += count;
		length -= count;
	}
	kh_buffer_printf(out, "-----END %s-----\n", label);
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

struct kh_certificate *kh_certificate_from_pem(const char *pem)
{
	KH_AUTO_FREE unsigned char *der = NULL;
	EVP_ENCODE_CTX *context;
	const char *end;
	int length = 0;
	int tail = 0;
	int state;

	pem = skip_blanks(pem);
	if (strncmp(pem, PEM_BEGIN, strlen(PEM_BEGIN)) != 0)
		return NULL;
	pem += strlen(PEM_BEGIN);
	end = strstr(pem, PEM_END);
	if (!end || *skip_blanks(end + strlen(PEM_END)))
		return NULL;
	der = malloc((size_t)(end - pem) + 4);
	context = EVP_ENCODE_CTX_new();
	if (!der || !context) {
		EVP_ENCODE_CTX_free(context);
		return NULL;
	}
	EVP_DecodeInit(context);
	state = EVP_DecodeUpdate(context, der, &length, (const unsigned char *)pem, (int)(end - pem));
	if (state >= 0)
		state = EVP_DecodeFinal(context, der + length, &tail) == 1 ? 0 : -1;
	EVP_ENCODE_CTX_free(context);
	return state < 0 ? NULL : kh_certificate_parse(der, (size_t)(length + tail));
}

static char *name_text(struct kh_span name)
{
	struct kh_buffer text = {0};

	kh_name_text(name, &text);
	if (text.failed)
		kh_buffer_finish(&text);
	return text.data;
}

static char *serial_text(const struct kh_certificate *certificate)
{
	struct kh_span in = certificate->serial;
	struct kh_tlv number;
	char *text;

	if (!kh_der_next(&in, &number))
		return NULL;
	while (number.body.length > 1 && number.body.data[0] == 0) {
		number.body.data++;
		number.body.length--;
	}
	if (number.body.length > 32)
		number.body.length = 32;
	text = malloc(2 * number.body.length + 1);
	if (text)
		kh_hex(number.body.data, number.body.length, text);
	return text;
}

enum kh_code kh_certificate_describe(const struct kh_certificate *certificate, struct kh_key_certificate *out,
				     struct kh_error *error)
{
	struct kh_buffer pem = {0};

	kh_pem_append(&pem, "CERTIFICATE", certificate->der.data, certificate->der.length);
	out->id = strdup(certificate->id);
	out->usage = certificate->usage;
	out->subject = name_text(certificate->subject);
	out->company = kh_certificate_company(certificate);
	out->issuer = name_text(certificate->issuer);
	out->serial_number = serial_text(certificate);
	out->not_before = strdup(certificate->not_before);
	out->not_after = strdup(certificate->not_after);
	out->key_type = certificate->key_type;
	out->pem = pem.data;
	if (pem.failed || !out->id || !out->subject || !out->issuer || !out->serial_number || !out->not_before ||
	    !out->not_after)
		return kh_fail(error, KH_AGENT_FAILED);
	return KH_OK;
}
