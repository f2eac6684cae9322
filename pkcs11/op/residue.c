/* renewal.residue and pending.delete: what orders left on the tokens. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "op/order.h"

#define RESIDUES_MAX KH_HOST_RENEWAL_RESIDUE_RESULT_RESIDUES_MAX

static bool is_order(const char *text)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return length > 0 && length <= KH_ORDER_MAX && text[length] == '\0';
}

static enum kh_code optional_text(char **out, const char *text, struct kh_error *error)
{
	return text && *text ? kh_host_text(out, text, error) : KH_OK;
}

static enum kh_code fill(struct kh_token *token, const char *order, const struct kh_order_objects *objects,
			 struct kh_host_residue *out, struct kh_error *error)
{
	const struct kh_object *certificate = objects->certificate;
	const struct kh_object *encrypting = objects->encryption.certificate;
	const struct kh_object *old = certificate ? kh_order_old_certificate(token, certificate) : NULL;
	const char *spki = NULL;
	enum kh_code code;

	if (certificate)
		spki = certificate->certificate->spki_id;
	else if (objects->public_key)
		spki = objects->public_key->spki_id;
	else if (objects->private_key)
		spki = objects->private_key->spki_id;
	out->login = token->lease.active;
	out->private_key = objects->private_key;
	out->public_key = objects->public_key;
	out->completed = certificate && !kh_order_is_pending(certificate);
	out->encryption_key = objects->encryption.private_key || objects->encryption.public_key;
	out->torn = objects->rubbish;
	code = kh_host_text(&out->token, token->uri, error);
	if (code == KH_OK)
		code = kh_host_text(&out->serial, token->name.serial, error);
	if (code == KH_OK)
		code = kh_host_text(&out->order, order, error);
	if (code == KH_OK)
		code = kh_host_text(&out->mark, objects->mark.label, error);
	if (code == KH_OK)
		code = optional_text(&out->spki, spki, error);
	if (code == KH_OK)
		code = optional_text(&out->certificate, certificate ? certificate->certificate->id : NULL, error);
	if (code == KH_OK)
		code = optional_text(&out->encryption_certificate, encrypting ? encrypting->certificate->id : NULL,
				     error);
	if (code == KH_OK)
		code = optional_text(&out->old_certificate, old ? old->certificate->id : NULL, error);
	return code;
}

static bool is_listed(const struct kh_host_renewal_residue_result *result, const struct kh_token *token,
		      const char *order)
{
	for (size_t i = 0; i < result->residues_count; i++) {
		if (strcmp(result->residues[i].order, order) == 0 && strcmp(result->residues[i].token, token->uri) == 0)
			return true;
	}
	return false;
}

static enum kh_code add(struct kh_token *token, const char *order, struct kh_host_renewal_residue_result *result,
			struct kh_error *error)
{
	struct kh_order_objects objects;

	kh_order_find(token, order, &objects);
	if ((!objects.private_key && !objects.public_key && !objects.certificate && !objects.rubbish) ||
	    result->residues_count == RESIDUES_MAX || is_listed(result, token, order))
		return KH_OK;
	return fill(token, order, &objects, &result->residues[result->residues_count++], error);
}

static enum kh_code look(struct kh_token *token, const char *order, struct kh_host_renewal_residue_result *result,
			 struct kh_error *error)
{
	enum kh_code code = kh_inventory_refresh(token, error);

	if (code == KH_OK && order)
		return add(token, order, result, error);
	for (size_t i = 0; i < token->inventory.count && code == KH_OK; i++) {
		const char *label = token->inventory.objects[i].label;

		if (kh_order_is_pending(&token->inventory.objects[i]) && is_order(label + strlen(KH_MARK_PREFIX)))
			code = add(token, label + strlen(KH_MARK_PREFIX), result, error);
	}
	return code;
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
		code = kh_tokens_find(&host->tokens, params->token, &token, error);
		return code == KH_OK ? look(token, params->order, result, error) : code;
	}
	code = kh_tokens_look(&host->tokens, error);
	for (size_t i = 0; i < host->tokens.count && code == KH_OK; i++)
		code = look(host->tokens.list[i], params->order, result, error);
	return code;
}

/* The order's objects, one after the other; those of the encryption pair first,
 * unless it stays. */
static struct kh_object *next_object(struct kh_token *token, const struct kh_order_objects *objects, bool stays)
{
	const struct kh_order_mark *marks[] = {&objects->encryption.mark, &objects->mark};
	static const CK_OBJECT_CLASS classes[] = {CKO_CERTIFICATE, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
	struct kh_object *object = NULL;

	for (size_t i = stays ? 3 : 0; i < 6 && !object; i++)
		object = kh_inventory_by_id(&token->inventory, classes[i % 3], marks[i / 3]->id, sizeof(marks[0]->id));
	return object;
}

/* Some tokens are logged out by other programs and go on without what is
 * private: it must not pass for lost. */
static enum kh_code look_anew(struct kh_token *token, struct kh_error *error)
{
	CK_SESSION_INFO session = {.state = CKS_RO_PUBLIC_SESSION};
	CK_RV rv = KH_CALL(token->module, C_GetSessionInfo, token->session, &session);

	if (rv == CKR_OK && session.state != CKS_RW_USER_FUNCTIONS)
		rv = CKR_USER_NOT_LOGGED_IN;
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
		return !objects->encryption.certificate && !is_finished(objects->private_key);
	return kh_order_is_pending(objects->certificate) && !objects->private_key &&
	       !kh_inventory_key(&token->inventory, CKO_PRIVATE_KEY, objects->certificate);
}

enum kh_code kh_op_pending_delete(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_pending_delete_params *params = in;
	struct kh_order_objects objects;
	struct kh_object *object;
	struct kh_token *token;
	enum kh_code code;
	bool stays;

	(void)out;
	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = look_anew(token, error);
	if (code != KH_OK)
		return code;
	kh_order_find(token, params->order, &objects);
	if (!may_delete(token, &objects))
		return kh_fail(error, KH_RENEWAL_STATE);
	stays = is_finished(objects.encryption.certificate) || is_finished(objects.encryption.private_key);
	while (code == KH_OK && (object = next_object(token, &objects, stays)))
		code = kh_inventory_destroy(token, object->handle, error);
	return code == KH_OK ? kh_order_clean(token, params->order, error) : code;
}
