/* JSON Web Signatures. */
#include "key/jws.h"

#include <inttypes.h>

#include "cleanup.h"
#include "key/sign.h"

static void put_text(struct kh_buffer *out, const char *text)
{
	kh_buffer_append_text(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			kh_buffer_printf(out, "\\%c", c);
		else if (c < 0x20)
			kh_buffer_printf(out, "\\u%04x", c);
		else
			kh_buffer_append(out, text, 1);
	}
	kh_buffer_append_text(out, "\"");
}

void kh_jws_claims(struct kh_buffer *out, const struct kh_claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		kh_buffer_append_text(out, i == 0 ? "{" : ",");
		put_text(out, claims[i].name);
		kh_buffer_append_text(out, ":");
		if (claims[i].text)
			put_text(out, claims[i].text);
		else
			kh_buffer_printf(out, "%" PRId64, claims[i].number);
	}
	kh_buffer_append_text(out, "}");
}

static void put_header(struct kh_buffer *out, const struct kh_certificate *certificate)
{
	kh_buffer_printf(out, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"x5c\":[\"", kh_sign_jws_name(certificate->key_type));
	kh_base64_append(out, certificate->der.data, certificate->der.length);
	kh_buffer_append_text(out, "\"]}");
}

enum kh_code kh_jws_sign(struct kh_token *token, const struct kh_object *key, const struct kh_certificate *certificate,
			 const struct kh_claim *claims, size_t count, char **out, struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer json = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer jws = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer signature = {0};
	const struct kh_signer signer = {token, key, certificate->spki};
	enum kh_code code;

	if (!kh_sign_jws_name(certificate->key_type))
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	put_header(&json, certificate);
	kh_base64url_append(&jws, json.data, json.length);
	kh_buffer_cut(&json, 0);
	kh_jws_claims(&json, claims, count);
	kh_buffer_append_text(&jws, ".");
	kh_base64url_append(&jws, json.data, json.length);
	if (json.failed || jws.failed)
		return kh_fail(error, KH_AGENT_FAILED);
	code = kh_sign_checked(&signer, jws.data, jws.length, &signature, error);
	if (code != KH_OK)
		return code;
	kh_buffer_append_text(&jws, ".");
	kh_base64url_append(&jws, signature.data, signature.length);
	if (jws.failed)
		return kh_fail(error, KH_AGENT_FAILED);
	*out = kh_steal(&jws.data);
	return KH_OK;
}
