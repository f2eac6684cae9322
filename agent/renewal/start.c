/*
 * Where a renewal call begins: which key, which certificate, what is there.
 */
#include "renewal/start.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "renewal/look.h"
#include "renewal/steps.h"
#include "renewal/unmarked.h"
#include "watch.h"

static struct kh_agent *agent_of(const struct kh_run *run)
{
	return run->request->agent;
}

static void fail_field(struct kh_run *run, const char *field)
{
	struct kh_error error = {0};

	kh_fail_field(&error, field);
	kh_run_fail(run, &error);
}

static void fail_serial(struct kh_run *run, enum kh_code code, const char *serial)
{
	struct kh_error error = {.code = code};

	snprintf(error.serial, sizeof(error.serial), "%s", serial);
	kh_run_fail(run, &error);
}

/* Every call begins like this: is the order free, and are the keys known? */
static void start(struct kh_request *request, enum kh_renewal_act act, kh_modules_done next)
{
	const struct kh_error fine = {.code = KH_OK};
	struct kh_agent *agent = request->agent;
	struct kh_run *run;

	if (kh_agent_order_busy(agent, kh_run_order(request))) {
		kh_request_fail(request, KH_AGENT_BUSY);
		return;
	}
	run = kh_run_new(request, act);
	if (!run) {
		kh_request_fail(request, KH_AGENT_FAILED);
	} else if (kh_modules_count_tokens(&agent->modules) > 0) {
		next(run, &fine);
	} else {
		run->listed = true;
		kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), next, run);
	}
}

static bool no_key(const struct kh_run *run)
{
	return kh_modules_count_tokens(&agent_of(run)->modules) == 0;
}

/* A token that was not there when last asked: asks once more and starts over. */
static void start_over(struct kh_run *run, kh_modules_done next)
{
	if (run->listed) {
		kh_run_end(run, KH_TOKEN_REMOVED);
		return;
	}
	run->listed = true;
	kh_modules_list_tokens(&agent_of(run)->modules, false, next, run);
}

static void look_around(struct kh_run *run, enum kh_host_renewal_residue_params_known known, kh_looked next)
{
	const struct kh_host_order_name name = kh_step_name(run);

	kh_renewal_look_around(agent_of(run), &name, known, next, run);
}

/* --- begin: the old certificate names the key --- */

static bool in_window(struct kh_run *run, const char *not_after)
{
	const struct kh_settings *settings = agent_of(run)->settings;
	struct kh_error error = {.code = KH_RENEWAL_WINDOW};
	struct kh_window window;
	int64_t end;

	if (!settings->enforce || !kh_time_parse(not_after, &end))
		return true;
	kh_window_compute(end, kh_agent_now(), &settings->before, &settings->after, &window);
	if (window.state == KH_RENEWAL_WINDOW_STATE_OPEN)
		return true;
	kh_time_text(window.opens, error.opens);
	kh_time_text(window.closes, error.closes);
	kh_run_fail(run, &error);
	return false;
}

/* Both enums name the same types in the same order. */
static enum kh_key_type type_of(enum kh_any_key_type type)
{
	return (enum kh_key_type)kh_enum_value(&kh_key_type_names, kh_enum_text(&kh_any_key_type_names, (int)type));
}

/* Its key was made for another certificate, which is here, too: that one would
 * be renewed, and this one retired. */
static bool renews_another(struct kh_run *run, const struct kh_journal_entry *memory)
{
	const struct kh_key_certificate *certificate = NULL;

	return strcmp(memory->old_certificate, run->entry.old_certificate) != 0 &&
	       kh_modules_find_certificate(&agent_of(run)->modules, memory->old_certificate, &certificate);
}

static void begin_looked(void *context, struct kh_residues *residues, const struct kh_error *error)
{
	struct kh_run *run = context;
	const struct kh_host_residue *own = NULL;
	struct kh_journal_entry entry;
	bool remembered;

	if (error->code != KH_OK) {
		kh_run_fail(run, error);
		return;
	}
	for (size_t i = 0; i < residues->count; i++) {
		if (!kh_renewal_holds(&residues->items[i]))
			continue;
		if (strcmp(residues->items[i].token, run->token) != 0) {
			fail_serial(run, KH_ORDER_MISMATCH, residues->items[i].serial);
			return;
		}
		own = &residues->items[i];
	}
	run->facts = kh_renewal_look(run->facts, own, NULL);
	remembered = kh_journal_find(agent_of(run)->journal, run->entry.order, &entry);
	if (!own && remembered && kh_unmarked_completed(agent_of(run), &entry, residues))
		run->facts |= KH_FACT_COMPLETED;
	if (own && remembered && renews_another(run, &entry))
		kh_run_end(run, KH_RENEWAL_STATE);
	else
		kh_run_go(run);
}

static void begin_tokens(void *context, const struct kh_error *error);

static void begin_on(struct kh_run *run, struct kh_driver *module, const struct kh_key_certificate *certificate)
{
	const struct kh_renewal_begin_params *params = run->request->message.params;
	const struct kh_token_info *token = NULL;

	if (!kh_modules_find(&agent_of(run)->modules, certificate->token, &token)) {
		start_over(run, begin_tokens);
		return;
	}
	if (!in_window(run, certificate->not_after))
		return;
	if (params->key == KH_KEY_CHOICE_SAME && params->key_type != KH_KEY_TYPE_NONE &&
	    params->key_type != type_of(certificate->key_type)) {
		fail_field(run, "keyType");
		return;
	}
	if (params->key == KH_KEY_CHOICE_SAME && token->one_certificate) {
		kh_run_end(run, KH_TOKEN_UNSUPPORTED);
		return;
	}
	/* Its key does not sign, neither a request nor a proof. */
	if (certificate->usage == KH_USAGE_ENCRYPT) {
		fail_field(run, "certificate");
		return;
	}
	run->key_type = params->key_type != KH_KEY_TYPE_NONE ? params->key_type : type_of(certificate->key_type);
	if (params->key == KH_KEY_CHOICE_NEW && run->key_type == KH_KEY_TYPE_NONE) {
		kh_run_end(run, KH_TOKEN_UNSUPPORTED);
		return;
	}
	run->has_private_key = certificate->has_has_private_key && certificate->has_private_key;
	if (!kh_run_use_token(run, module, token->token, token->serial))
		kh_run_end(run, KH_AGENT_FAILED);
	else if (kh_agent_token_busy(agent_of(run), token->token))
		kh_run_end(run, KH_AGENT_BUSY);
	else
		look_around(run, KH_HOST_RENEWAL_RESIDUE_PARAMS_KNOWN_OBJECTS, begin_looked);
}

static void begin_listed(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;
	const struct kh_renewal_begin_params *params = run->request->message.params;
	const struct kh_key_certificate *certificate = NULL;
	struct kh_driver *module =
		kh_modules_find_certificate(&agent_of(run)->modules, params->certificate, &certificate);

	if (!module && error->code != KH_OK) {
		kh_run_fail(run, error);
		return;
	}
	if (!module && !run->listed) {
		start_over(run, begin_tokens);
		return;
	}
	if (!module) {
		kh_run_end(run, no_key(run) ? KH_TOKEN_ABSENT : KH_CERTIFICATE_ABSENT);
		return;
	}
	snprintf(run->entry.old_certificate, sizeof(run->entry.old_certificate), "%s", params->certificate);
	run->entry.key = params->key;
	run->entry.dual = params->dual;
	if (params->key == KH_KEY_CHOICE_SAME)
		run->facts |= KH_FACT_SAME;
	begin_on(run, module, certificate);
}

static void begin_tokens(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;

	if (error->code != KH_OK)
		kh_run_fail(run, error);
	else
		kh_modules_list_certificates(&agent_of(run)->modules, true, begin_listed, run);
}

void kh_renewal_begin(struct kh_request *request)
{
	start(request, KH_ACT_BEGIN, begin_tokens);
}

/* --- the others: the key that carries the order's mark --- */

static void tokens_listed(void *context, const struct kh_error *error);

static void go_with_residue(struct kh_run *run, const struct kh_host_residue *residue)
{
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find(&agent_of(run)->modules, residue->token, &token);
	struct kh_journal_entry *entry = &run->entry;
	bool ended = kh_renewal_remembers_end(entry, residue);

	if (!module) {
		start_over(run, tokens_listed);
		return;
	}
	if (entry->old_certificate[0] == '\0' && residue->old_certificate && run->act == KH_ACT_INSTALL)
		snprintf(entry->old_certificate, sizeof(entry->old_certificate), "%s", residue->old_certificate);
	if (residue->certificate && run->act != KH_ACT_INSTALL)
		snprintf(entry->certificate, sizeof(entry->certificate), "%s", residue->certificate);
	/* A key that is certified again carries the mark on its certificate only. */
	if (residue->certificate && !residue->public_key && !residue->private_key)
		entry->key = KH_KEY_CHOICE_SAME;
	else if (entry->key == KH_KEY_CHOICE_NONE)
		entry->key = KH_KEY_CHOICE_NEW;
	if (entry->key == KH_KEY_CHOICE_SAME)
		run->facts |= KH_FACT_SAME;
	run->facts = kh_renewal_look(run->facts, residue, NULL);
	if (ended)
		run->facts |= KH_FACT_COMPLETED;
	if (!kh_run_use_token(run, module, token->token, residue->serial))
		kh_run_end(run, KH_AGENT_FAILED);
	else
		kh_run_go(run);
}

/* Nothing of the order is on a key; this computer may remember it. */
static void go_without_residue(struct kh_run *run, const struct kh_residues *residues)
{
	struct kh_agent *agent = agent_of(run);
	const struct kh_token_info *token = NULL;
	bool remembered = run->entry.token[0] != '\0';
	struct kh_driver *module = remembered ? kh_modules_find_token(&agent->modules, run->entry.token, &token) : NULL;

	bool looked_at = module && kh_renewal_looked_at(residues, token->token);

	if (!looked_at && !run->listed)
		start_over(run, tokens_listed);
	else if (module)
		kh_unmarked_go(run, module, token, residues);
	else if (no_key(run))
		fail_serial(run, KH_TOKEN_ABSENT, run->entry.serial);
	else if (remembered)
		fail_serial(run, KH_ORDER_MISMATCH, run->entry.serial);
	else if (run->act == KH_ACT_INSTALL)
		kh_unmarked_search(run);
	else
		kh_run_go(run);
}

static void looked(void *context, struct kh_residues *residues, const struct kh_error *error)
{
	struct kh_run *run = context;
	struct kh_journal_entry memory;
	const struct kh_host_residue *residue;

	if (error->code != KH_OK) {
		kh_run_fail(run, error);
		return;
	}
	if (kh_journal_find(agent_of(run)->journal, run->entry.order, &memory)) {
		memcpy(memory.origin, run->entry.origin, sizeof(memory.origin));
		run->entry = memory;
		/* Which one is to be installed the check says. */
		if (run->act == KH_ACT_INSTALL)
			run->entry.certificate[0] = '\0';
	}
	residue = kh_renewal_best(residues, run->entry.token, run->act == KH_ACT_CANCEL);
	run->facts = kh_renewal_look(run->facts, residue, NULL);
	if (residue)
		go_with_residue(run, residue);
	else
		go_without_residue(run, residues);
}

static void certificates_listed(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;

	if (error->code != KH_OK)
		kh_run_fail(run, error);
	else
		look_around(run, KH_HOST_RENEWAL_RESIDUE_PARAMS_KNOWN_TOKENS, looked);
}

static void tokens_listed(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;

	if (error->code == KH_OK && kh_unmarked_wants_list(agent_of(run), run->entry.order))
		kh_modules_list_certificates(&agent_of(run)->modules, true, certificates_listed, run);
	else
		certificates_listed(run, error);
}

void kh_renewal_install(struct kh_request *request)
{
	start(request, KH_ACT_INSTALL, tokens_listed);
}

void kh_renewal_complete(struct kh_request *request)
{
	start(request, KH_ACT_COMPLETE, tokens_listed);
}

void kh_renewal_cancel(struct kh_request *request)
{
	start(request, KH_ACT_CANCEL, tokens_listed);
}
