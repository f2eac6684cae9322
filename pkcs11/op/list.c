/*
 * certificate.list: all certificates, and a revision that spares the rest. They
 * are sent in pieces while the next ones are read, so that the daemon decodes
 * them meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "log.h"
#include "op/pair.h"
#include "pin/fresh.h"

#define LIST_MAX KH_CERTIFICATE_LIST_RESULT_CERTIFICATES_MAX
#define PIECE 16

enum keyed { KEYED, KEYLESS, UNKNOWN };

struct listing {
	struct kh_host *host;
	struct kh_token *tokens[KH_TOKENS_MAX];
	size_t count;
	size_t at;   /* the token that is read */
	size_t done; /* tokens whose certificates were put */
	struct kh_host_certificate_found_params piece;
	struct kh_key_certificate certificates[PIECE];
};

static enum kh_code put_revision(struct kh_host *host, struct kh_token *const *tokens, size_t count, char **out,
				 struct kh_error *error)
{
	uint64_t hash = kh_hash(KH_HASH_START, &host->configured, sizeof(host->configured));
	char text[48];

	for (size_t i = 0; i < count; i++) {
		hash = kh_hash(hash, tokens[i]->uri, strlen(tokens[i]->uri) + 1);
		hash = kh_hash(hash, &tokens[i]->inventory.revision, sizeof(tokens[i]->inventory.revision));
	}
	snprintf(text, sizeof(text), "%s-%016llx", host->nonce, (unsigned long long)hash);
	return kh_host_text(out, text, error);
}

/* The private key decides where it can be seen and tells whose it is; else the
 * public one says yes, and nothing says no, but that nobody has a CA's key on his token. */
static enum keyed has_key(struct kh_token *token, const struct kh_object *object)
{
	if (kh_inventory_key(&token->inventory, CKO_PRIVATE_KEY, object))
		return KEYED;
	if (token->lease.active && !kh_pair_may_have_key(&token->inventory, object))
		return KEYLESS;
	if (kh_inventory_key(&token->inventory, CKO_PUBLIC_KEY, object))
		return KEYED;
	return object->certificate->ca ? KEYLESS : UNKNOWN;
}

static bool is_listed(const struct kh_object *object)
{
	return object->certificate && object->certificate->der.length * 4 / 3 + 512 <= KH_PEM_MAX;
}

static void clear_piece(struct listing *listing)
{
	for (size_t i = 0; i < listing->piece.certificates_count; i++)
		kh_clear(&kh_key_certificate_type, &listing->certificates[i]);
	listing->piece.certificates_count = 0;
}

/* An empty list has one piece too: it takes back what came before an operation was done over. */
static enum kh_code send_piece(struct listing *listing, struct kh_error *error)
{
	struct kh_host_certificate_found_params *piece = &listing->piece;
	enum kh_code code;

	if (piece->certificates_count == 0 && piece->at > 0)
		return KH_OK;
	code = kh_loop_notify(&listing->host->loop, KH_HOST_METHOD_CERTIFICATE_FOUND, piece, error);
	piece->at += (int64_t)piece->certificates_count;
	clear_piece(listing);
	return code;
}

static enum kh_code put_certificate(struct listing *listing, const struct kh_token *token,
				    const struct kh_object *object, struct kh_error *error)
{
	const struct kh_host_settings *settings = &listing->host->settings;
	struct kh_key_certificate *out = &listing->certificates[listing->piece.certificates_count++];
	enum kh_code code;

	*out = (struct kh_key_certificate){0};
	code = kh_certificate_describe(object->certificate, out, error);
	if (code == KH_OK)
		code = kh_host_text(&out->token, token->uri, error);
	if (code != KH_OK)
		return code;
	out->credit_code = kh_certificate_credit_code(object->certificate, settings->credit_code_oids,
						      settings->credit_code_oids_count);
	return listing->piece.certificates_count == PIECE ? send_piece(listing, error) : KH_OK;
}

static enum kh_code put_object(struct listing *listing, const struct kh_token *token, const struct kh_object *object,
			       struct kh_error *error)
{
	if (!object->certificate)
		return KH_OK;
	if (!is_listed(object) || listing->piece.at + (int64_t)listing->piece.certificates_count >= LIST_MAX) {
		kh_log(KH_LOG_WARNING, "a certificate is too large to be listed, or one too many");
		return KH_OK;
	}
	return put_certificate(listing, token, object, error);
}

/* The certificates of the tokens before this one. */
static enum kh_code put_until(struct listing *listing, size_t end, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	for (; code == KH_OK && listing->done < end; listing->done++) {
		const struct kh_token *token = listing->tokens[listing->done];

		for (size_t i = 0; i < token->inventory.count && code == KH_OK; i++)
			code = put_object(listing, token, &token->inventory.objects[i], error);
	}
	return code;
}

/* A token that has changed is being read: the list has changed. */
static enum kh_code put_read(void *context, const struct kh_object *object, struct kh_error *error)
{
	struct listing *listing = context;
	enum kh_code code = put_until(listing, listing->at, error);

	return code == KH_OK ? put_object(listing, listing->tokens[listing->at], object, error) : code;
}

static enum kh_code read_token(struct listing *listing, struct kh_error *error)
{
	struct kh_token *token = listing->tokens[listing->at];
	uint64_t revision = token->inventory.revision;
	enum kh_code code = kh_inventory_follow(token, put_read, listing, error);

	if (code != KH_OK || token->inventory.revision == revision)
		return code;
	code = put_until(listing, listing->at, error);
	listing->done = listing->at + 1;
	return code;
}

/* The keys may have been read after the certificates were sent. */
static enum kh_code put_keys(const struct listing *listing, struct kh_host_certificate_list_result *result,
			     struct kh_error *error)
{
	size_t count = (size_t)listing->piece.at, place = 0;

	result->with_key = calloc(count + 1, sizeof(*result->with_key));
	result->keyless = calloc(count + 1, sizeof(*result->keyless));
	if (!result->with_key || !result->keyless)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < listing->count; i++) {
		struct kh_token *token = listing->tokens[i];

		for (size_t k = 0; k < token->inventory.count && place < count; k++) {
			const struct kh_object *object = &token->inventory.objects[k];

			if (!is_listed(object))
				continue;
			switch (has_key(token, object)) {
			case KEYED:
				result->with_key[result->with_key_count++] = (int64_t)place;
				break;
			case KEYLESS:
				result->keyless[result->keyless_count++] = (int64_t)place;
				break;
			case UNKNOWN:
				break;
			}
			place++;
		}
	}
	return KH_OK;
}

static enum kh_code choose(struct kh_host *host, const struct kh_host_certificate_list_params *params,
			   struct kh_token **tokens, size_t *count, struct kh_error *error)
{
	enum kh_code code = params->known ? KH_OK : kh_fresh_list(host, error);

	if (code != KH_OK)
		return code;
	if (params->token) {
		*count = 1;
		return kh_tokens_find(&host->tokens, params->token, &tokens[0], error);
	}
	code = kh_tokens_look(&host->tokens, params->known, error);
	if (code == KH_OK && host->tokens.count == 0 && host->module.starts > 0)
		code = kh_tokens_refresh(&host->tokens, error);
	*count = host->tokens.count;
	memcpy(tokens, host->tokens.list, sizeof(*tokens) * host->tokens.count);
	return code;
}

static enum kh_code list(struct listing *listing, const struct kh_host_certificate_list_params *params,
			 struct kh_host_certificate_list_result *result, struct kh_error *error)
{
	enum kh_code code = choose(listing->host, params, listing->tokens, &listing->count, error);

	for (; code == KH_OK && listing->at < listing->count; listing->at++)
		code = read_token(listing, error);
	if (code == KH_OK)
		code = put_revision(listing->host, listing->tokens, listing->count, &result->revision, error);
	if (code != KH_OK)
		return code;
	result->changed = !params->revision || strcmp(params->revision, result->revision) != 0;
	if (!result->changed)
		return KH_OK;
	code = put_until(listing, listing->count, error);
	if (code == KH_OK)
		code = send_piece(listing, error);
	return code == KH_OK ? put_keys(listing, result, error) : code;
}

enum kh_code kh_op_certificate_list(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	struct listing listing = {.host = host};
	enum kh_code code;

	listing.piece.certificates = listing.certificates;
	code = list(&listing, in, out, error);
	clear_piece(&listing);
	return code;
}
