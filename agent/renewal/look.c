/* Asking every key what orders have left on it. */
#include "renewal/look.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "renewal/decide.h"

static void clear_residues(struct kh_residues *residues)
{
	for (size_t i = 0; i < residues->count; i++)
		kh_clear(&kh_host_residue_type, &residues->items[i]);
	for (size_t i = 0; i < residues->looked_count; i++)
		free(residues->looked[i]);
	free(residues->items);
	free(residues->looked);
	*residues = (struct kh_residues){0};
}

struct looking {
	struct kh_residues found;
	size_t waiting;
	size_t answered;
	struct kh_error error;
	kh_looked looked;
	void *context;
};

static void release(struct looking *looking)
{
	const struct kh_error fine = {.code = KH_OK};

	if (--looking->waiting > 0)
		return;
	looking->looked(looking->context, &looking->found, looking->answered > 0 ? &fine : &looking->error);
	clear_residues(&looking->found);
	free(looking);
}

static void add(struct kh_residues *all, struct kh_host_renewal_residue_result *more)
{
	struct kh_host_residue *items = realloc(all->items, (all->count + more->residues_count) * sizeof(*items));

	if (!items)
		return;
	all->items = items;
	for (size_t i = 0; i < more->residues_count; i++) {
		items[all->count++] = more->residues[i];
		more->residues[i] = (struct kh_host_residue){0};
	}
}

static void add_looked(struct kh_residues *all, struct kh_host_renewal_residue_result *more)
{
	char **looked = realloc(all->looked, (all->looked_count + more->looked_count) * sizeof(*looked));

	if (!looked)
		return;
	all->looked = looked;
	for (size_t i = 0; i < more->looked_count; i++)
		looked[all->looked_count++] = kh_steal(&more->looked[i]);
	more->looked_count = 0;
}

bool kh_renewal_looked_at(const struct kh_residues *residues, const char *token)
{
	for (size_t i = 0; i < residues->looked_count; i++) {
		if (strcmp(residues->looked[i], token) == 0)
			return true;
	}
	return false;
}

static void got_residues(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct looking *looking = context;
	struct kh_host_renewal_residue_result *more = result;

	if (code == KH_OK) {
		looking->answered++;
		if (more->residues_count > 0)
			add(&looking->found, more);
		if (more->looked_count > 0)
			add_looked(&looking->found, more);
	} else if (looking->error.code == KH_OK || looking->error.code == KH_DRIVER_MISSING) {
		looking->error = *error;
	}
	release(looking);
}

static void look_around(struct kh_agent *agent, const struct kh_host_renewal_residue_params *params, kh_looked looked,
			void *context)
{
	struct looking *looking = calloc(1, sizeof(*looking));
	const struct kh_error failed = {.code = KH_AGENT_FAILED};
	struct kh_residues none = {0};

	if (!looking) {
		looked(context, &none, &failed);
		return;
	}
	*looking = (struct looking){.waiting = 1, .looked = looked, .context = context};
	for (size_t i = 0; i < agent->modules.count; i++) {
		struct kh_token_link *link = agent->modules.items[i].link;

		/* While a PIN window is open the journal has to do. */
		if (kh_token_link_prompting(link)) {
			looking->answered++;
			continue;
		}
		looking->waiting++;
		kh_modules_ask(&agent->modules, &agent->modules.items[i], KH_HOST_METHOD_RENEWAL_RESIDUE, params,
			       got_residues, looking);
	}
	release(looking);
}

void kh_renewal_look_around(struct kh_agent *agent, const struct kh_host_order_name *name,
			    enum kh_host_renewal_residue_params_known known, kh_looked looked, void *context)
{
	const struct kh_host_renewal_residue_params params = {
		.orders = (struct kh_host_order_name *)(uintptr_t)name, .orders_count = 1, .known = known};

	look_around(agent, &params, looked, context);
}

void kh_renewal_look_for_all(struct kh_agent *agent, kh_looked looked, void *context)
{
	KH_AUTO_FREE struct kh_journal_entry *entries = calloc(KH_RENEWAL_LIST_RESULT_RENEWALS_MAX, sizeof(*entries));
	KH_AUTO_FREE struct kh_host_order_name *names = calloc(KH_RENEWAL_LIST_RESULT_RENEWALS_MAX, sizeof(*names));
	struct kh_host_renewal_residue_params params = {.orders = names, .others = true};
	size_t count =
		entries && names ? kh_journal_list(agent->journal, entries, KH_RENEWAL_LIST_RESULT_RENEWALS_MAX) : 0;

	for (size_t i = 0; i < count; i++) {
		names[i] = (struct kh_host_order_name){.order = entries[i].order,
						       .old_certificate = kh_journal_replaces(&entries[i])};
		if (entries[i].key == KH_KEY_CHOICE_SAME || !entries[i].public_key[0])
			continue;
		names[i].public_key = entries[i].public_key;
		names[i].made = true;
	}
	params.orders_count = count;
	look_around(agent, &params, looked, context);
}

const struct kh_host_residue *kh_renewal_best(const struct kh_residues *residues, const char *token, bool torn)
{
	const struct kh_host_residue *found = NULL;

	for (size_t i = 0; i < residues->count; i++) {
		const struct kh_host_residue *one = &residues->items[i];

		if (!torn && !kh_renewal_holds(one))
			continue;
		if (!found || (kh_renewal_holds(one) && !kh_renewal_holds(found)) ||
		    (one->certificate && !found->certificate) ||
		    (strcmp(one->token, token) == 0 && (!found->certificate) == (!one->certificate)))
			found = one;
	}
	return found;
}
