/*
 * Any bytes as a certificate that a token hands out. What is read must be fit
 * for a message, whatever names it holds.
 */
#include "x509/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void look_at(const struct kh_certificate *certificate)
{
	static char first[] = "1.2.156.10260.4.1.4", second[] = "2.5.4.97";
	char *const oids[] = {first, second};
	struct kh_key_certificate described = {0};
	struct kh_buffer out = {0};

	require(kh_certificate_describe(certificate, &described, NULL) == KH_OK);
	free(described.token);
	described.token = strdup("pkcs11:");
	free(described.credit_code);
	described.credit_code = kh_certificate_credit_code(certificate, oids, 2);
	require(kh_encode(&kh_key_certificate_type, &described, &out, NULL) == KH_OK);
	kh_clear(&kh_key_certificate_type, &described);
	kh_buffer_finish(&out);
	free(kh_certificate_common_name(certificate));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kh_certificate *certificate = kh_certificate_parse(data, size);
	char *text = malloc(size + 1);

	if (certificate)
		look_at(certificate);
	kh_certificate_free(certificate);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	kh_certificate_free(kh_certificate_from_pem(text));
	free(text);
	return 0;
}
