/* certificate.list: all certificates, and a revision that spares the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "log.h"

#define PEM_MAX 16384 /* Pem in the contract */

static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u; /* FNV-1a */
	return hash;
}

static enum kh_code put_revision(struct kh_host *host, struct kh_token *const *tokens, size_t count, char **out,
				 struct kh_error *error)
{
	uint64_t hash = mix(0xcbf29ce484222325u, &host->configured, sizeof(host->configured));
	char text[48];

	for (size_t i = 0; i < count; i++) {
		hash = mix(hash, tokens[i]->uri, strlen(tokens[i]->uri) + 1);
		hash = mix(hash, &tokens[i]->inventory.revision, sizeof(tokens[i]->inventory.revision));
	}
	snprintf(text, sizeof(text), "%s-%016llx", host->nonce, (unsigned long long)hash);
	return kh_host_text(out, text, error);
}

static size_t count_certificates(struct kh_token *const *tokens, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < tokens[i]->inventory.count; k++)
			sum += tokens[i]->inventory.objects[k].certificate != NULL;
	}
	return sum;
}

/* The private key decides where it can be seen, else the public one. */
static bool has_key(struct kh_token *token, const struct kh_object *object)
{
	return kh_inventory_key(&token->inventory, token->lease.active ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY, object) !=
	       NULL;
}

static enum kh_code put_certificate(struct kh_host *host, struct kh_token *token, const struct kh_object *object,
				    struct kh_host_certificate_list_result *result, struct kh_error *error)
{
	struct kh_key_certificate *out = &result->certificates[result->certificates_count];
	enum kh_code code;

	if (object->certificate->der.length * 4 / 3 + 512 > PEM_MAX) {
		kh_log(KH_LOG_WARNING, "a certificate is too large to be listed");
		return KH_OK;
	}
	result->certificates_count++;
	code = kh_certificate_describe(object->certificate, out, error);
	if (code != KH_OK)
		return code;
	out->credit_code = kh_certificate_credit_code(object->certificate, host->settings.credit_code_oids,
						      host->settings.credit_code_oids_count);
	out->has_private_key = has_key(token, object);
	return kh_host_text(&out->token, token->uri, error);
}

static enum kh_code put_token(struct kh_host *host, struct kh_token *token,
			      struct kh_host_certificate_list_result *result, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < token->inventory.count && code == KH_OK; i++) {
		const struct kh_object *object = &token->inventory.objects[i];

		if (object->certificate)
			code = put_certificate(host, token, object, result, error);
	}
	return code;
}

static enum kh_code choose(struct kh_host *host, const char *uri, struct kh_token **tokens, size_t *count,
			   struct kh_error *error)
{
	enum kh_code code;

	if (uri) {
		*count = 1;
		return kh_tokens_find(&host->tokens, uri, &tokens[0], error);
	}
	code = kh_tokens_look(&host->tokens, error);
	if (code == KH_OK && host->tokens.count == 0 && host->module.starts > 0)
		code = kh_tokens_refresh(&host->tokens, error);
	*count = host->tokens.count;
	memcpy(tokens, host->tokens.list, sizeof(*tokens) * host->tokens.count);
	return code;
}

enum kh_code kh_op_certificate_list(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_list_params *params = in;
	struct kh_host_certificate_list_result *result = out;
	struct kh_token *tokens[KH_TOKENS_MAX];
	size_t count;
	enum kh_code code;

	code = choose(host, params->token, tokens, &count, error);
	for (size_t i = 0; code == KH_OK && i < count; i++)
		code = kh_inventory_refresh(tokens[i], error);
	if (code == KH_OK)
		code = put_revision(host, tokens, count, &result->revision, error);
	if (code != KH_OK)
		return code;
	result->changed = !params->revision || strcmp(params->revision, result->revision) != 0;
	if (!result->changed)
		return KH_OK;
	result->certificates = calloc(count_certificates(tokens, count) + 1, sizeof(*result->certificates));
	if (!result->certificates)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; code == KH_OK && i < count; i++)
		code = put_token(host, tokens[i], result, error);
	return code;
}
