/*
 * Orders without a mark on a key.
 */
#include "renewal/unmarked.h"

#include <string.h>

#include "fold.h"
#include "renewal/steps.h"

static struct kh_agent *agent_of(const struct kh_run *run)
{
	return run->request->agent;
}

bool kh_unmarked_wants_list(struct kh_agent *agent, const char *order)
{
	struct kh_journal_entry entry;

	return kh_journal_find(agent->journal, order, &entry) && entry.key == KH_KEY_CHOICE_SAME;
}

static const struct kh_key_certificate *find_on(const struct kh_driver *module, const char *token, const char *id)
{
	for (size_t i = 0; i < module->certificates.certificates_count; i++) {
		const struct kh_key_certificate *one = &module->certificates.certificates[i];

		if (strcmp(one->id, id) == 0 && kh_token_uri_fits(one->token, token))
			return one;
	}
	return NULL;
}

static bool is_completed(const struct kh_driver *module, const char *token, const struct kh_journal_entry *entry)
{
	return entry->key == KH_KEY_CHOICE_SAME && entry->certificate[0] != '\0' &&
	       find_on(module, token, entry->certificate);
}

bool kh_unmarked_completed(struct kh_agent *agent, const struct kh_journal_entry *entry,
			   const struct kh_residues *residues)
{
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find_token(&agent->modules, entry->token, &token);

	return module && kh_renewal_looked_at(residues, token->token) && is_completed(module, token->token, entry);
}

bool kh_unmarked_counts(struct kh_agent *agent, struct kh_journal_entry *entry, const struct kh_residues *residues,
			const struct kh_token_info **seen)
{
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find_token(&agent->modules, entry->token, &token);

	*seen = NULL;
	if (!module || !kh_renewal_looked_at(residues, token->token))
		return true;
	if (entry->key != KH_KEY_CHOICE_SAME)
		return false;
	if (is_completed(module, token->token, entry)) {
		entry->stage = KH_STAGE_COMPLETED;
		*seen = token;
		return true;
	}
	/* Renewed again since, unless the certificate that was renewed is back. */
	if (entry->stage == KH_STAGE_COMPLETED)
		return !find_on(module, token->token, entry->old_certificate);
	return entry->stage == KH_STAGE_KEY;
}

void kh_unmarked_go(struct kh_run *run, struct kh_driver *module, const struct kh_token_info *token,
		    const struct kh_residues *residues)
{
	bool same = run->entry.key == KH_KEY_CHOICE_SAME;

	if (!kh_renewal_looked_at(residues, token->token) ||
	    (same && !module->certificates_revision && run->act != KH_ACT_INSTALL)) {
		kh_run_end(run, kh_token_link_prompting(module->link) ? KH_AGENT_BUSY : KH_TOKEN_REMOVED);
		return;
	}
	run->facts = kh_renewal_look(run->facts, NULL, NULL);
	if (same)
		run->facts |= is_completed(module, token->token, &run->entry) ? KH_FACT_COMPLETED | KH_FACT_SAME
									      : KH_FACT_SAME;
	else if (run->entry.stage == KH_STAGE_KEY)
		run->facts |= KH_FACT_HINT;
	if (!kh_run_use_token(run, module, token->token, token->serial))
		kh_run_end(run, KH_AGENT_FAILED);
	else
		kh_run_go(run);
}

/* One that may be renewed itself is the old one. */
static bool is_early(const struct kh_settings *settings, const struct kh_key_certificate *certificate)
{
	struct kh_window window;
	int64_t end;

	if (!kh_time_parse(certificate->not_after, &end))
		return false;
	kh_window_compute(end, kh_agent_now(), &settings->before, &settings->after, &window);
	return window.state == KH_RENEWAL_WINDOW_STATE_EARLY;
}

static bool is_same_name(const char *a, const char *b)
{
	return kh_fold_same(a, strlen(a), b, strlen(b));
}

/* None continues it. */
static bool is_latest(const struct kh_driver *module, const struct kh_key_certificate *certificate)
{
	for (size_t i = 0; i < module->certificates.certificates_count; i++) {
		const struct kh_key_certificate *other = &module->certificates.certificates[i];

		/* Times of the contract order as texts. */
		if (strcmp(other->token, certificate->token) == 0 &&
		    is_same_name(other->subject, certificate->subject) &&
		    is_same_name(other->issuer, certificate->issuer) && other->usage != KH_USAGE_ENCRYPT &&
		    strcmp(other->not_after, certificate->not_after) > 0)
			return false;
	}
	return true;
}

static void try_next(struct kh_run *run);

static void tried(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct kh_run *run = context;
	const struct kh_host_certificate_check_result *checked = result;
	const struct kh_key_certificate *present = NULL;

	/* For a key that is here, but not to be installed: that is worth saying. */
	if ((code == KH_CERTIFICATE_MISMATCH && strcmp(error->what, "spki") != 0) || code == KH_ENCRYPTION_UNOPENED ||
	    code == KH_ENCRYPTION_MISMATCH)
		run->refusal = *error;
	if (code == KH_OK)
		present = find_on(run->module, run->token, checked->certificate);
	if (code != KH_OK ||
	    (present && !(is_early(agent_of(run)->settings, present) && is_latest(run->module, present)))) {
		try_next(run);
		return;
	}
	snprintf(run->entry.certificate, sizeof(run->entry.certificate), "%s", checked->certificate);
	run->facts |= KH_FACT_SAME | KH_FACT_CHECKED;
	kh_run_go(run);
}

static void try_next(struct kh_run *run)
{
	struct kh_modules *modules = &agent_of(run)->modules;
	size_t skip = run->candidate++;

	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];
		const struct kh_token_info *token;

		if (skip >= module->tokens.tokens_count) {
			skip -= module->tokens.tokens_count;
			continue;
		}
		token = &module->tokens.tokens[skip];
		if (kh_run_use_token(run, module, token->token, token->serial)) {
			kh_step_ask_check(run, tried);
			return;
		}
	}
	run->module = NULL;
	if (run->refusal.code != KH_OK)
		kh_run_fail(run, &run->refusal);
	else
		kh_run_end(run, KH_RENEWAL_STATE);
}

static void listed(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;

	if (error->code != KH_OK)
		kh_run_fail(run, error);
	else
		try_next(run);
}

void kh_unmarked_search(struct kh_run *run)
{
	run->entry.key = KH_KEY_CHOICE_SAME;
	kh_modules_list_certificates(&agent_of(run)->modules, true, listed, run);
}
