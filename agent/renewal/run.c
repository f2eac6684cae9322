/*
 * The steps of a renewal.
 */
#include "renewal/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"
#include "renewal/mend.h"
#include "renewal/steps.h"
#include "watch.h"

/* What the calls have in common, wherever it stands in their parameters. */
struct names {
	const char *order, *public_key;
};

static struct names names_of(const struct kh_request *request)
{
#define NAMES(method)                                                                                                  \
	((struct names){((const struct kh_renewal_##method##_params *)request->message.params)->order,                 \
			((const struct kh_renewal_##method##_params *)request->message.params)->public_key})
	switch (request->message.method->id) {
	case KH_METHOD_RENEWAL_BEGIN:
		return NAMES(begin);
	case KH_METHOD_RENEWAL_INSTALL:
		return NAMES(install);
	case KH_METHOD_RENEWAL_COMPLETE:
		return NAMES(complete);
	default:
		return NAMES(cancel);
	}
#undef NAMES
}

const char *kh_run_order(const struct kh_request *request)
{
	return names_of(request).order;
}

static struct kh_renewal_install_params *install_params(const struct kh_run *run)
{
	return run->request->message.params;
}

struct kh_run *kh_run_new(struct kh_request *request, enum kh_renewal_act act)
{
	struct kh_run *run = calloc(1, sizeof(*run));
	struct kh_journal_entry memory;
	bool remembered;

	if (!run)
		return NULL;
	run->request = request;
	run->act = act;
	snprintf(run->entry.order, sizeof(run->entry.order), "%s", kh_run_order(request));
	snprintf(run->entry.origin, sizeof(run->entry.origin), "%s", request->origin);
	remembered = kh_journal_find(request->agent->journal, run->entry.order, &memory);
	run->made = kh_journal_public_key(remembered ? &memory : NULL, names_of(request).public_key, run->public_key);
	if (act == KH_ACT_COMPLETE && remembered && kh_journal_replaces(&memory))
		memcpy(run->entry.old_certificate, memory.old_certificate, sizeof(run->entry.old_certificate));
	if (act == KH_ACT_INSTALL && install_params(run)->encryption)
		run->facts |= KH_FACT_DUAL;
	return run;
}

bool kh_run_use_token(struct kh_run *run, struct kh_driver *module, const char *token, const char *serial)
{
	char *copy = strdup(token);

	if (!copy)
		return false;
	free(run->token);
	run->token = copy;
	run->module = module;
	snprintf(run->entry.token, sizeof(run->entry.token), "%s", token);
	snprintf(run->entry.serial, sizeof(run->entry.serial), "%s", serial);
	return true;
}

/* Frees all but the request, which is the caller's now. */
static struct kh_request *free_run(struct kh_run *run)
{
	struct kh_request *request = run->request;

	kh_clear(&kh_renewal_begin_result_type, &run->begun);
	kh_clear(&kh_renewal_complete_result_type, &run->completed);
	free(run->receipt);
	free(run->token);
	free(run);
	return request;
}

static void release_token(struct kh_run *run)
{
	if (run->holds)
		kh_agent_release(run->request->agent, run->token, run->request->session);
	run->holds = false;
}

/* --- journal and progress --- */

static void note(struct kh_run *run, const char *moment)
{
	const char *pem = run->act == KH_ACT_INSTALL ? install_params(run)->certificate : NULL;

	run->entry.updated = kh_agent_now();
	kh_journal_note(run->request->agent->journal, &run->entry, kh_renewal_act_name(run->act),
			kh_step_of(run->step)->name, moment, pem);
}

static void note_stage(struct kh_run *run)
{
	enum kh_stage stage = kh_step_of(run->step)->stage;

	if (stage == KH_STAGE_NONE)
		return;
	run->entry.stage = stage;
	note(run, "after");
}

static void tell_progress(struct kh_run *run)
{
	const char *text;
	int number, of;

	if (kh_renewal_progress(run->act, run->step, (run->facts & KH_FACT_DUAL) != 0, &number, &of, &text))
		kh_connections_progress(run->request->agent, run->request->origin, run->entry.order, number, of, text);
}

/* --- its end --- */

/* After an end: what waited for it. */
static void settle(struct kh_agent *agent, int64_t session)
{
	kh_connections_settle(agent, session);
	kh_watch_soon(agent);
	kh_watch_written(agent);
}

void kh_run_fail(struct kh_run *run, const struct kh_error *failure)
{
	struct kh_agent *agent = run->request->agent;
	int64_t session = run->request->session;
	struct kh_error error = *failure;
	bool worked = run->holds;

	release_token(run);
	kh_request_failure(free_run(run), &error);
	if (worked)
		settle(agent, session);
}

void kh_run_end(struct kh_run *run, enum kh_code code)
{
	const struct kh_error error = {.code = code};

	kh_run_fail(run, &error);
}

static void correct_stage(struct kh_run *run, enum kh_stage stage)
{
	run->entry.stage = stage;
	note(run, "after");
}

static void done(struct kh_run *run)
{
	struct kh_agent *agent = run->request->agent;
	int64_t session = run->request->session;
	struct kh_renewal_install_result installed = {.receipt = run->receipt};
	const struct kh_renewal_cancel_result cancelled = {0};
	const void *results[KH_ACT_COUNT] = {
		[KH_ACT_BEGIN] = &run->begun,
		[KH_ACT_INSTALL] = &installed,
		[KH_ACT_COMPLETE] = &run->completed,
		[KH_ACT_CANCEL] = &cancelled,
	};

	if (run->act == KH_ACT_CANCEL && run->entry.stage == KH_STAGE_KEY)
		correct_stage(run, KH_STAGE_NOTHING);
	/* What was done elsewhere, or before the daemon died. */
	if (run->act == KH_ACT_COMPLETE && run->entry.stage != KH_STAGE_COMPLETED)
		correct_stage(run, KH_STAGE_COMPLETED);
	release_token(run);
	kh_request_result(run->request, results[run->act]);
	run->request = NULL;
	free_run(run);
	settle(agent, session);
}

/* --- what the token host answered --- */

static void go_on(struct kh_run *run);

/* Only now is it sure whether the private key is there. */
static void old_key_seen(void *context, const struct kh_error *error)
{
	struct kh_run *run = context;
	const struct kh_key_certificate *certificate = NULL;

	if (error->code != KH_OK) {
		kh_run_fail(run, error);
		return;
	}
	if (!kh_modules_find_certificate(&run->request->agent->modules, run->entry.old_certificate, &certificate))
		kh_run_end(run, KH_CERTIFICATE_ABSENT);
	else if (certificate->has_has_private_key && !certificate->has_private_key)
		kh_run_end(run, KH_CERTIFICATE_NO_KEY);
	else
		go_on(run);
}

/* A pair that was torn when it was made is made again, once: the next one is
 * the token's fault. True when there is no request to take. */
static bool is_broken(struct kh_run *run, const struct kh_host_request_create_result *result)
{
	const struct kh_error error = {.code = KH_TOKEN_FAILED, .call = "C_Sign"};

	if (!result->broken)
		return false;
	kh_log(KH_LOG_WARNING, "order %s: its key does not sign", run->entry.order);
	if (run->replaced) {
		kh_run_fail(run, &error);
		return true;
	}
	run->replaced = true;
	run->facts |= KH_FACT_BROKEN;
	go_on(run);
	return true;
}

static void take(struct kh_run *run, void *result)
{
	const struct kh_step *step = kh_step_of(run->step);

	if (step->take)
		step->take(run, result);
	run->facts = kh_renewal_after(run->act, run->step, run->facts);
}

static void answered(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct kh_run *run = context;

	if ((code == KH_TOKEN_UNSUPPORTED || code == KH_RENEWAL_STATE) && run->step == KH_STEP_REBUILD &&
	    run->act == KH_ACT_BEGIN) {
		run->facts |= KH_FACT_UNBUILDABLE;
		go_on(run);
		return;
	}
	if (kh_mend(run, code)) {
		go_on(run);
		return;
	}
	if (code != KH_OK) {
		if (kh_step_of(run->step)->writes)
			note(run, kh_code_name(code));
		kh_run_fail(run, error);
		return;
	}
	if (run->step == KH_STEP_REQUEST && is_broken(run, result))
		return;
	take(run, result);
	note_stage(run);
	if (run->step == KH_STEP_LOGIN && run->act == KH_ACT_BEGIN && !run->has_private_key)
		kh_modules_list_certificates(&run->request->agent->modules, true, old_key_seen, run);
	else
		go_on(run);
}

/* Only for a page that is there, and one window at a time. */
static bool may_ask_pin(struct kh_run *run)
{
	if (!kh_request_wanted(run->request)) {
		kh_run_end(run, KH_PIN_CANCELLED);
		return false;
	}
	if (kh_modules_asking(&run->request->agent->modules, run->module)) {
		kh_run_end(run, KH_AGENT_BUSY);
		return false;
	}
	return true;
}

static void go_on(struct kh_run *run)
{
	run->step = kh_renewal_next(run->act, run->facts);
	kh_log(KH_LOG_DEBUG, "order %s: %s, %s", run->entry.order, kh_renewal_act_name(run->act),
	       kh_step_of(run->step)->name);
	if (run->step == KH_STEP_DONE) {
		done(run);
		return;
	}
	if (run->step == KH_STEP_REFUSE) {
		kh_run_end(run, KH_RENEWAL_STATE);
		return;
	}
	if (run->step == KH_STEP_LOGIN && !may_ask_pin(run))
		return;
	tell_progress(run);
	if (kh_step_of(run->step)->writes)
		note(run, "before");
	kh_step_of(run->step)->ask(run, answered);
}

void kh_run_go(struct kh_run *run)
{
	const struct kh_request *request = run->request;
	struct kh_error ambiguous;

	/* What was said at begin is a plan; the hall decides. */
	if (run->act == KH_ACT_INSTALL)
		run->entry.dual = (run->facts & KH_FACT_DUAL) != 0;
	if (run->module && kh_modules_ambiguous(&request->agent->modules, run->token, &ambiguous)) {
		kh_run_fail(run, &ambiguous);
		return;
	}
	if (run->module) {
		if (!kh_agent_hold(request->agent, run->token, run->entry.order, request->session)) {
			kh_run_end(run, KH_AGENT_BUSY);
			return;
		}
		run->holds = true;
	}
	go_on(run);
}
