/* renewal.residue and pending.delete: what orders left on the tokens. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "op/old.h"
#include "op/order.h"
#include "op/pair.h"

#define RESIDUES_MAX KH_HOST_RENEWAL_RESIDUE_RESULT_RESIDUES_MAX

static enum kh_code optional_text(char **out, const char *text, struct kh_error *error)
{
	return text && *text ? kh_host_text(out, text, error) : KH_OK;
}

static const char *spki_of(const struct kh_order_objects *objects)
{
	if (objects->certificate)
		return objects->certificate->certificate->key_id;
	if (objects->public_key)
		return objects->public_key->spki_id;
	return objects->private_key ? objects->private_key->spki_id : NULL;
}

static enum kh_code fill_texts(struct kh_token *token, const struct kh_order *order,
			       const struct kh_order_objects *objects, struct kh_host_residue *out,
			       struct kh_error *error)
{
	const struct kh_object *certificate = objects->certificate;
	const struct kh_object *encrypting = objects->encryption.certificate;
	const struct kh_object *old = certificate ? kh_old_find(token, certificate) : NULL;
	const struct {
		char **to;
		const char *text;
	} texts[] = {
		{&out->token, token->uri},
		{&out->serial, token->name.serial},
		{&out->mark, objects->mark.label},
		{&out->order, order->id},
		{&out->spki, spki_of(objects)},
		{&out->certificate, certificate ? certificate->certificate->id : NULL},
		{&out->encryption_certificate, encrypting ? encrypting->certificate->id : NULL},
		{&out->old_certificate, old ? old->certificate->id : NULL},
	};
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && code == KH_OK; i++)
		code = i < 3 ? kh_host_text(texts[i].to, texts[i].text, error)
			     : optional_text(texts[i].to, texts[i].text, error);
	return code;
}

static enum kh_code fill(struct kh_token *token, const struct kh_order *order, const struct kh_order_objects *objects,
			 struct kh_host_residue *out, struct kh_error *error)
{
	out->login = token->lease.active;
	out->private_key = objects->private_key;
	out->public_key = objects->public_key;
	out->completed = kh_order_is_completed(token, order, objects);
	out->alone = objects->certificate && kh_old_is_none(token, objects->certificate);
	out->encryption_key = objects->encryption.private_key || objects->encryption.public_key;
	out->torn = objects->rubbish;
	return fill_texts(token, order, objects, out, error);
}

static bool is_listed(const struct kh_host_renewal_residue_result *result, const struct kh_token *token,
		      const char *mark)
{
	for (size_t i = 0; i < result->residues_count; i++) {
		if (strcmp(result->residues[i].mark, mark) == 0 && strcmp(result->residues[i].token, token->uri) == 0)
			return true;
	}
	return false;
}

static bool is_there(const struct kh_order_objects *objects)
{
	return objects->private_key || objects->public_key || objects->certificate || objects->rubbish;
}

static enum kh_code add(struct kh_token *token, const struct kh_order *order, bool open_only,
			struct kh_host_renewal_residue_result *result, struct kh_error *error)
{
	struct kh_order_objects objects;

	kh_order_find(token, order, &objects);
	if (!is_there(&objects) || (open_only && kh_order_is_completed(token, order, &objects)) ||
	    result->residues_count == RESIDUES_MAX || is_listed(result, token, objects.mark.label))
		return KH_OK;
	return fill(token, order, &objects, &result->residues[result->residues_count++], error);
}

/* A private key keeps its mark's label when all is done: it is no order's then. */
static enum kh_code add_others(struct kh_token *token, struct kh_host_renewal_residue_result *result,
			       struct kh_error *error)
{
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < token->inventory.count && code == KH_OK; i++) {
		const struct kh_object *object = &token->inventory.objects[i];

		if (kh_order_is_pending(object))
			code = add(token, &(struct kh_order){.label = object->label}, true, result, error);
	}
	return code;
}

static enum kh_code look(struct kh_token *token, const struct kh_host_renewal_residue_params *params,
			 struct kh_host_renewal_residue_result *result, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < params->orders_count && code == KH_OK; i++) {
		const struct kh_host_order_name *name = &params->orders[i];

		code = add(token,
			   &(struct kh_order){.id = name->order,
					      .public_key = name->public_key,
					      .made = name->made,
					      .old = name->old_certificate},
			   params->others, result, error);
	}
	return code == KH_OK && params->others ? add_others(token, result, error) : code;
}

static enum kh_code look_at(struct kh_token *token, const struct kh_host_renewal_residue_params *params,
			    struct kh_host_renewal_residue_result *result, struct kh_error *error)
{
	enum kh_code code = params->known == KH_HOST_RENEWAL_RESIDUE_PARAMS_KNOWN_OBJECTS
				    ? kh_inventory_ensure(token, error)
				    : kh_inventory_refresh(token, error);

	if (code == KH_OK)
		code = look(token, params, result, error);
	if (code != KH_OK || result->looked_count == KH_HOST_RENEWAL_RESIDUE_RESULT_LOOKED_MAX)
		return code;
	result->looked[result->looked_count] = strdup(token->uri);
	return result->looked[result->looked_count++] ? KH_OK : kh_fail(error, KH_AGENT_FAILED);
}

enum kh_code kh_op_renewal_residue(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_renewal_residue_params *params = in;
	struct kh_host_renewal_residue_result *result = out;
	struct kh_token *token;
	enum kh_code code;

	result->residues = calloc(RESIDUES_MAX, sizeof(*result->residues));
	if (!result->residues)
		return kh_fail(error, KH_AGENT_FAILED);
	if (params->token) {
		code = params->login ? kh_host_token(host, params->token, &token, error)
				     : kh_tokens_find(&host->tokens, params->token, &token, error);
		/* A step of a renewal: its first look was at all tokens. */
		if (code == KH_OK)
			code = kh_inventory_ensure(token, error);
		return code == KH_OK ? look(token, params, result, error) : code;
	}
	code = kh_tokens_look(&host->tokens, params->known != KH_HOST_RENEWAL_RESIDUE_PARAMS_KNOWN_NONE, error);
	result->looked = calloc(host->tokens.count + 1, sizeof(*result->looked));
	if (!result->looked)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < host->tokens.count && code == KH_OK; i++)
		code = look_at(host->tokens.list[i], params, result, error);
	return code;
}

/* Some tokens are logged out by other programs and go on without what is
 * private: it must not pass for lost. */
static enum kh_code look_anew(struct kh_token *token, struct kh_error *error)
{
	CK_RV rv = kh_token_ask_login(token);

	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	kh_inventory_clear(&token->inventory);
	return kh_inventory_refresh(token, error);
}

/* With its final label it is no pending one: old files may need it, whatever
 * order of that name is given up. */
static bool is_finished(const struct kh_object *object)
{
	return object && object->label[0] && !kh_order_is_pending(object);
}

/* A certificate of the order ends its being pending, but not one whose private
 * key was lost before the renewal was complete: nothing can be done with it. A
 * finished pair whose certificate cannot be seen waits for it. */
static bool may_delete(struct kh_token *token, const struct kh_order_objects *objects)
{
	if (!objects->certificate)
		return !objects->encryption.certificate && (objects->unmarked || !is_finished(objects->public_key));
	return kh_order_is_pending(objects->certificate) && !objects->private_key &&
	       !kh_pair_key(token, objects->certificate);
}

static size_t list_handles(const struct kh_order_objects *objects, bool encryption, CK_OBJECT_HANDLE handles[6])
{
	const struct kh_object *const found[] = {
		encryption ? objects->encryption.certificate : NULL,
		encryption ? objects->encryption.private_key : NULL,
		encryption ? objects->encryption.public_key : NULL,
		objects->certificate,
		objects->private_key,
		objects->public_key,
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		if (found[i])
			handles[count++] = found[i]->handle;
	}
	return count;
}

static enum kh_code delete_found(struct kh_token *token, const struct kh_order_objects *objects, bool encryption,
				 bool *left, struct kh_error *error)
{
	CK_OBJECT_HANDLE handles[6];
	size_t count = list_handles(objects, encryption, handles);
	bool half = kh_order_is_half(objects), stays = false;
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < count && code == KH_OK; i++) {
		const struct kh_object *object = kh_inventory_by_handle(&token->inventory, handles[i]);

		code = half ? kh_order_discard(token, object, &stays, error)
			    : kh_inventory_destroy(token, handles[i], error);
	}
	*left = count > 0 && !stays;
	return code;
}

/* A pair is found once: what its halves tie to by a CKA_ID alone must not take the
 * place of one that has gone. A second pair under the mark goes, too. */
static enum kh_code delete_all(struct kh_token *token, const struct kh_order *order, struct kh_error *error)
{
	struct kh_order_objects objects;
	bool finished, left = true;
	enum kh_code code = KH_OK;

	kh_order_find(token, order, &objects);
	if (!may_delete(token, &objects))
		return kh_fail(error, KH_RENEWAL_STATE);
	finished = is_finished(objects.encryption.certificate) || is_finished(objects.encryption.public_key);
	while (code == KH_OK && left) {
		code = delete_found(token, &objects, !finished, &left, error);
		kh_order_find(token, order, &objects);
		kh_order_keep_marked(&objects);
	}
	return code == KH_OK ? kh_order_clean(token, order, error) : code;
}

enum kh_code kh_op_pending_delete(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_pending_delete_params *params = in;
	const struct kh_order order = {.id = params->order, .public_key = params->public_key, .made = params->made};
	struct kh_token *token;
	enum kh_code code;

	(void)out;
	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = look_anew(token, error);
	return code == KH_OK ? delete_all(token, &order, error) : code;
}
