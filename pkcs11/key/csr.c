/* Certificate requests. */
#include "key/csr.h"

#include "cleanup.h"

/* 1.2.840.113549.1.9.14, extensionRequest */
#define OID_EXTENSION_REQUEST "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"

static void put_extensions(struct kh_buffer *out, const struct kh_certificate *old)
{
	size_t from = out->length;
	size_t list;

	if (old->key_usage.length == 0 && old->extended_key_usage.length == 0) {
		kh_der_wrap(out, from, KH_DER_CONTEXT);
		return;
	}
	kh_der_put(out, KH_DER_OID, OID_EXTENSION_REQUEST, sizeof(OID_EXTENSION_REQUEST) - 1);
	list = out->length;
	kh_buffer_append(out, old->key_usage.data, old->key_usage.length);
	kh_buffer_append(out, old->extended_key_usage.data, old->extended_key_usage.length);
	kh_der_wrap(out, list, KH_DER_SEQUENCE);
	kh_der_wrap(out, list, KH_DER_SET);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	kh_der_wrap(out, from, KH_DER_CONTEXT);
}

enum kh_code kh_csr_create(const struct kh_signer *signer, const struct kh_certificate *old, struct kh_buffer *der,
			   struct kh_error *error)
{
	enum kh_any_key_type type = kh_spki_type(signer->spki);
	KH_AUTO(kh_buffer_finish) struct kh_buffer signature = {0};
	size_t from = der->length;
	size_t value;
	enum kh_code code;

	kh_der_put(der, KH_DER_INTEGER, "", 1);
	kh_buffer_append(der, old->subject.data, old->subject.length);
	kh_buffer_append(der, signer->spki.data, signer->spki.length);
	put_extensions(der, old);
	kh_der_wrap(der, from, KH_DER_SEQUENCE);
	if (der->failed)
		return kh_fail(error, KH_AGENT_FAILED);
	code = kh_sign_checked(signer, der->data + from, der->length - from, &signature, error);
	if (code == KH_OK)
		code = kh_sign_put_algorithm(type, der, error);
	if (code != KH_OK)
		return code;
	value = der->length;
	kh_buffer_append(der, "", 1);
	kh_sign_put_value(type, &signature, der);
	kh_der_wrap(der, value, KH_DER_BIT_STRING);
	kh_der_wrap(der, from, KH_DER_SEQUENCE);
	return der->failed ? kh_fail(error, KH_AGENT_FAILED) : KH_OK;
}
