/* Operations that make keys, requests and receipts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "key/csr.h"
#include "key/jws.h"
#include "key/key.h"
#include "key/sign.h"
#include "key/unwrap.h"
#include "log.h"
#include "op/order.h"
#include "op/pair.h"
#include "x509/moment.h"

static enum kh_code token_and_order(struct kh_host *host, const char *uri, const struct kh_order *order,
				    struct kh_token **token, struct kh_order_objects *objects, struct kh_error *error)
{
	enum kh_code code = kh_host_token(host, uri, token, error);

	if (code == KH_OK)
		code = kh_inventory_ensure(*token, error);
	if (code == KH_OK)
		code = kh_order_clean(*token, order, error);
	if (code == KH_OK)
		kh_order_find(*token, order, objects);
	return code;
}

static enum kh_code give_key(const struct kh_object *key, char **out, struct kh_error *error)
{
	return key->spki_id[0] ? kh_host_text(out, key->spki_id, error) : kh_fail(error, KH_TOKEN_UNSUPPORTED);
}

/* A pair whose request can get no proof would be left behind. */
static enum kh_code check_old(struct kh_token *token, const char *old_id, struct kh_error *error)
{
	struct kh_object *old, *key;
	enum kh_code code = old_id ? kh_pair_find(token, old_id, &old, &key, error) : KH_OK;

	if (code != KH_OK || !old_id)
		return code;
	return kh_sign_offered(token, old->certificate->key_type) ? KH_OK : kh_fail(error, KH_TOKEN_UNSUPPORTED);
}

enum kh_code kh_op_key_generate(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_key_generate_params *params = in;
	struct kh_host_key_generate_result *result = out;
	const struct kh_order order = {.id = params->order, .public_key = params->public_key, .made = params->made};
	struct kh_order_objects objects;
	struct kh_object *key = NULL;
	struct kh_token *token;
	enum kh_code code;

	code = token_and_order(host, params->token, &order, &token, &objects, error);
	if (code != KH_OK)
		return code;
	if (objects.private_key && objects.public_key)
		return give_key(objects.public_key, &result->public_key, error);
	if (objects.certificate)
		return kh_fail(error, KH_RENEWAL_STATE);
	code = check_old(token, params->old_certificate, error);
	if (code != KH_OK)
		return code;
	/* Looking for the old key may have read the token anew. */
	kh_order_find(token, &order, &objects);
	if (objects.private_key && !kh_order_is_half(&objects)) {
		if (objects.private_key->spki.length == 0)
			return kh_fail(error, KH_TOKEN_UNSUPPORTED);
		code = kh_key_write_public(token, &objects.private_key->spki, &objects.mark, &key, error);
	} else {
		/* A public key alone is what a cut generation leaves. */
		if (objects.public_key)
			code = kh_inventory_destroy(token, objects.public_key->handle, error);
		if (code == KH_OK)
			code = kh_key_generate(token, params->key_type, &objects.mark, &key, error);
		if (code == KH_OK)
			snprintf(token->made, sizeof(token->made), "%s", key->spki_id);
	}
	return code == KH_OK ? give_key(key, &result->public_key, error) : code;
}

static enum kh_code rebuild(struct kh_token *token, const struct kh_order_objects *objects, const char *pem,
			    struct kh_object **key, struct kh_error *error)
{
	const struct kh_bytes *known = &objects->private_key->spki;
	struct kh_certificate *certificate = NULL;
	struct kh_bytes spki;
	enum kh_code code;

	if (known->length > 0)
		return kh_key_write_public(token, known, &objects->mark, key, error);
	if (!pem)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	code = kh_pair_read(pem, "certificate", &certificate, error);
	if (code != KH_OK)
		return code;
	spki = (struct kh_bytes){(uint8_t *)(uintptr_t)certificate->spki.data, certificate->spki.length};
	code = kh_sign_prove(&(struct kh_signer){token, objects->private_key, certificate->spki}, error);
	if (code == KH_OK)
		code = kh_key_write_public(token, &spki, &objects->mark, key, error);
	kh_certificate_free(certificate);
	return code;
}

enum kh_code kh_op_key_rebuild(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_key_rebuild_params *params = in;
	struct kh_host_key_rebuild_result *result = out;
	struct kh_order_objects objects;
	struct kh_token *token;
	struct kh_object *key;
	enum kh_code code;

	code = token_and_order(
		host, params->token,
		&(struct kh_order){.id = params->order, .public_key = params->public_key, .made = params->made}, &token,
		&objects, error);
	if (code != KH_OK)
		return code;
	key = objects.public_key;
	if (!key && !objects.private_key)
		return kh_fail(error, KH_RENEWAL_STATE);
	if (!key)
		code = rebuild(token, &objects, params->certificate, &key, error);
	return code == KH_OK ? give_key(key, &result->public_key, error) : code;
}

struct request {
	const struct kh_object *old;
	const struct kh_object *old_key;
	struct kh_signer signer; /* the key to be certified */
	struct kh_buffer normal; /* SPKI of the old key */
};

static enum kh_code choose_key(const struct kh_order_objects *objects, enum kh_key_choice choice,
			       struct request *request, struct kh_error *error)
{
	if (choice == KH_KEY_CHOICE_SAME) {
		kh_spki_put_normal(&request->normal, request->old->certificate->spki);
		request->signer.key = request->old_key;
		request->signer.spki = (struct kh_span){(uint8_t *)request->normal.data, request->normal.length};
		return request->normal.failed ? kh_fail(error, KH_AGENT_FAILED) : KH_OK;
	}
	if (!objects->private_key || !objects->public_key || objects->public_key->spki.length == 0)
		return kh_fail(error, KH_RENEWAL_STATE);
	request->signer.key = objects->private_key;
	request->signer.spki = (struct kh_span){objects->public_key->spki.data, objects->public_key->spki.length};
	return KH_OK;
}

/* What a key can be the reason for, and not only the token. */
static bool may_be_key(const struct kh_error *error)
{
	return (error->code == KH_TOKEN_FAILED || error->code == KH_TOKEN_UNSUPPORTED) && error->call[0] &&
	       error->native != CKR_MECHANISM_INVALID && error->native != CKR_MECHANISM_PARAM_INVALID;
}

/* The order's key is broken when it fails twice and the old one signs in the
 * same session right then: so the token is well. */
static enum kh_code make_csr(struct kh_token *token, const struct request *request, struct kh_buffer *csr, bool *broken,
			     struct kh_error *error)
{
	const struct kh_signer old = {token, request->old_key, request->old->certificate->spki};
	struct kh_error failure = {.code = KH_OK};

	if (kh_csr_create(&request->signer, request->old->certificate, csr, error) == KH_OK)
		return KH_OK;
	if (request->signer.key == request->old_key || !may_be_key(error))
		return error->code;
	kh_buffer_cut(csr, 0);
	if (kh_csr_create(&request->signer, request->old->certificate, csr, &failure) == KH_OK)
		return KH_OK;
	if (!may_be_key(&failure) || kh_sign_prove(&old, &failure) != KH_OK)
		return error->code;
	kh_log(KH_LOG_WARNING, "the order's key does not sign: %s %s", error->call, error->value);
	*broken = true;
	return KH_OK;
}

/* The pair was made since the login, and the token does not sign with it. */
static bool is_useless(struct kh_token *token, const struct kh_order_objects *objects, bool broken,
		       const struct kh_error *error)
{
	bool refused = error->code != KH_OK && kh_rv_kind(error->native) == KH_RV_MECHANISM;

	return objects->public_key && (broken || refused) && strcmp(token->made, objects->public_key->spki_id) == 0;
}

static enum kh_code make_proof(struct kh_token *token, const struct request *request, const struct kh_buffer *csr,
			       const struct kh_host_request_create_params *params, char **out, struct kh_error *error)
{
	char hash[KH_SHA256_HEX];
	const struct kh_claim claims[] = {
		{"order", params->order, 0},   {"csrSha256", hash, 0},
		{"origin", params->origin, 0}, {"tokenSerial", token->name.serial, 0},
		{"iat", NULL, kh_time_now()},
	};

	kh_sha256_hex(csr->data, csr->length, hash);
	return kh_jws_sign(token, request->old_key, request->old->certificate, claims, 5, out, error);
}

static void finish_request(struct request *request)
{
	kh_buffer_finish(&request->normal);
}

/* How the new key can take an encryption key. */
static enum kh_code tell_formats(struct kh_host *host, struct kh_token *token, const struct request *request,
				 struct kh_host_request_create_result *result, struct kh_error *error)
{
	result->import_algorithms = calloc(KH_UNWRAP_FORMATS, sizeof(*result->import_algorithms));
	if (!result->import_algorithms)
		return kh_fail(error, KH_AGENT_FAILED);
	result->import_algorithms_count =
		kh_unwrap_formats(token, request->signer.key->handle, kh_spki_type(request->signer.spki),
				  host->settings.import_on_host, result->import_algorithms);
	return KH_OK;
}

enum kh_code kh_op_request_create(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer csr = {0};
	const struct kh_host_request_create_params *params = in;
	struct kh_host_request_create_result *result = out;
	struct kh_order_objects objects;
	struct kh_object *old_key;
	struct kh_buffer pem = {0};
	KH_AUTO(finish_request) struct request request = {.old = NULL};
	struct kh_object *old;
	struct kh_token *token;
	char spki_id[KH_SHA256_HEX];
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &old, &old_key, error);
	if (code != KH_OK)
		return code;
	/* Keys that are for other things sign no requests and proofs. */
	if (old->certificate->ca || old->certificate->usage == KH_USAGE_ENCRYPT)
		return kh_fail_field(error, "certificate");
	kh_order_find(token,
		      &(struct kh_order){.id = params->order, .public_key = params->public_key, .made = params->made},
		      &objects);
	request = (struct request){old, old_key, {token, NULL, {NULL, 0}}, {0}};
	code = choose_key(&objects, params->key, &request, error);
	if (code == KH_OK)
		code = make_csr(token, &request, &csr, &result->broken, error);
	if (params->key == KH_KEY_CHOICE_NEW && is_useless(token, &objects, result->broken, error)) {
		const CK_OBJECT_HANDLE pair[] = {objects.private_key->handle, objects.public_key->handle};

		result->broken = false;
		token->made[0] = '\0';
		kh_key_take_back(token, pair, "it does not sign");
		return error->code;
	}
	if (result->broken)
		return code;
	if (code == KH_OK)
		code = make_proof(token, &request, &csr, params, &result->proof, error);
	if (code == KH_OK)
		code = tell_formats(host, token, &request, result, error);
	if (code != KH_OK)
		return code;
	kh_pem_append(&pem, "CERTIFICATE REQUEST", csr.data, csr.length);
	result->csr = pem.data;
	kh_sha256_hex(request.signer.spki.data, request.signer.spki.length, spki_id);
	return pem.failed ? kh_fail(error, KH_AGENT_FAILED) : kh_host_text(&result->public_key, spki_id, error);
}

/* It signs, and not for this certificate. */
static bool is_wrong_key(const struct kh_error *error)
{
	return error->code == KH_TOKEN_FAILED && strcmp(error->value, "signature") == 0;
}

enum kh_code kh_op_receipt_create(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_receipt_create_params *params = in;
	struct kh_host_receipt_create_result *result = out;
	struct kh_object *certificate;
	struct kh_token *token;
	struct kh_object *key;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &certificate, &key, error);
	if (code != KH_OK)
		return code;
	const struct kh_claim claims[] = {
		{"order", params->order, 0},
		{"certificateSha256", params->certificate, 0},
		{"tokenSerial", token->name.serial, 0},
		{"origin", params->origin, 0},
		{"iat", NULL, kh_time_now()},
	};
	code = kh_jws_sign(token, key, certificate->certificate, claims, 5, &result->receipt, error);
	return code != KH_OK && is_wrong_key(error) ? kh_pair_mismatch(error, "spki") : code;
}
