/* Where orders stand, put together for pages and the report. */
#include "renewal/show.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "renewal/decide.h"
#include "renewal/unmarked.h"
#include "watch.h"

#define LIST_MAX KH_RENEWAL_LIST_RESULT_RENEWALS_MAX

static char *given(const char *text)
{
	return text[0] != '\0' ? (char *)(uintptr_t)text : NULL;
}

/* --- one order; info borrows --- */

static void take_residue(const struct kh_host_residue *residue, const struct kh_journal_entry *entry,
			 struct kh_renewal_info *info)
{
	info->order = residue->order;
	info->mark = residue->mark;
	info->token = residue->token;
	info->serial = residue->serial;
	info->public_key = residue->spki;
	info->certificate = residue->certificate;
	info->old_certificate = residue->old_certificate;
	info->source = KH_RENEWAL_INFO_SOURCE_KEY;
	kh_renewal_stage(residue, entry && entry->dual, &info->stage, &info->next);
	if (entry && kh_renewal_remembers_end(entry, residue))
		info->next = KH_NEXT_NONE;
}

/* Only remembered: the key is away, or (key "same") carries no mark yet. */
static void take_memory(const struct kh_journal_entry *entry, struct kh_renewal_info *info)
{
	static const enum kh_next next_of[] = {
		[KH_STAGE_NONE] = KH_NEXT_BEGIN,
		[KH_STAGE_NOTHING] = KH_NEXT_BEGIN,
		[KH_STAGE_KEY] = KH_NEXT_INSTALL,
		[KH_STAGE_CERTIFICATE] = KH_NEXT_INSTALL,
		[KH_STAGE_ENCRYPTION_KEY] = KH_NEXT_INSTALL,
		[KH_STAGE_INSTALLED] = KH_NEXT_COMPLETE,
		[KH_STAGE_COMPLETED] = KH_NEXT_NONE,
	};

	info->order = (char *)(uintptr_t)entry->order;
	info->stage = entry->stage != KH_STAGE_NONE ? entry->stage : KH_STAGE_NOTHING;
	info->next = next_of[entry->stage];
	info->serial = given(entry->serial);
	info->public_key = given(entry->public_key);
	info->certificate = given(entry->certificate);
	info->old_certificate = given(entry->old_certificate);
	info->source = KH_RENEWAL_INFO_SOURCE_JOURNAL;
}

static bool is_of(const struct kh_host_residue *residue, const char *order)
{
	return residue->order && strcmp(residue->order, order) == 0;
}

static const struct kh_host_residue *residue_of(const struct kh_residues *residues, const char *order)
{
	for (size_t i = 0; i < residues->count; i++) {
		if (is_of(&residues->items[i], order) && kh_renewal_holds(&residues->items[i]))
			return &residues->items[i];
	}
	return NULL;
}

/* What is remembered of an order of which no key shows anything. */
static bool remember(struct kh_agent *agent, struct kh_journal_entry *entry, const struct kh_residues *residues,
		     struct kh_renewal_info *info)
{
	const struct kh_token_info *seen;

	if (!kh_unmarked_counts(agent, entry, residues, &seen))
		return false;
	take_memory(entry, info);
	if (seen) {
		info->token = seen->token;
		info->source = KH_RENEWAL_INFO_SOURCE_KEY;
	}
	return true;
}

/* --- renewal.inspect --- */

static void inspected(void *context, struct kh_residues *residues, const struct kh_error *error)
{
	struct kh_request *request = context;
	const struct kh_renewal_inspect_params *params = request->message.params;
	const struct kh_host_residue *residue = residue_of(residues, params->order);
	struct kh_renewal_info info = {.order = params->order,
				       .stage = KH_STAGE_NOTHING,
				       .next = KH_NEXT_BEGIN,
				       .source = KH_RENEWAL_INFO_SOURCE_KEY};
	struct kh_journal_entry entry;
	const char *token;
	bool remembered;
	char updated[KH_TIME_TEXT];

	if (error->code != KH_OK && error->code != KH_DRIVER_MISSING) {
		kh_request_failure(request, error);
		return;
	}
	remembered = kh_journal_find(request->agent->journal, params->order, &entry);
	if (residue)
		take_residue(residue, remembered ? &entry : NULL, &info);
	else if (remembered)
		remember(request->agent, &entry, residues, &info);
	token = residue ? residue->token : remembered ? entry.token : "";
	info.busy = kh_agent_order_busy(request->agent, info.order) || kh_agent_token_busy(request->agent, token);
	if (remembered) {
		kh_time_text(entry.updated, updated);
		info.updated = updated;
	}
	kh_request_result(request, &info);
}

/* What has to be known before a memory is judged; where that fails the look
 * fails, too, and says why. */
static void prepare(struct kh_request *request, kh_modules_done next)
{
	const struct kh_error fine = {.code = KH_OK};
	struct kh_agent *agent = request->agent;

	if (kh_modules_count_tokens(&agent->modules) == 0)
		kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), next, request);
	else
		next(request, &fine);
}

static void inspect(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;
	const struct kh_renewal_inspect_params *params = request->message.params;
	char public_key[KH_SHA256_MAX + 1];
	struct kh_host_order_name name = {.order = params->order};
	struct kh_journal_entry memory;
	bool remembered = kh_journal_find(request->agent->journal, params->order, &memory);

	(void)error;
	name.old_certificate = remembered ? kh_journal_replaces(&memory) : NULL;
	name.made = kh_journal_public_key(remembered ? &memory : NULL, params->public_key, public_key);
	name.public_key = given(public_key);
	kh_renewal_look_around(request->agent, &name, KH_HOST_RENEWAL_RESIDUE_PARAMS_KNOWN_NONE, inspected, request);
}

static void inspect_tokens(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;
	const struct kh_renewal_inspect_params *params = request->message.params;

	if (kh_unmarked_wants_list(request->agent, params->order))
		kh_modules_list_certificates(&request->agent->modules, false, inspect, request);
	else
		inspect(request, error);
}

void kh_renewal_inspect(struct kh_request *request)
{
	prepare(request, inspect_tokens);
}

/* --- renewal.list --- */

static enum kh_code append(struct kh_renewal_list_result *result, const struct kh_renewal_info *info,
			   struct kh_error *error)
{
	enum kh_code code = kh_copy(&kh_renewal_info_type, &result->renewals[result->renewals_count], info, error);

	if (code == KH_OK)
		result->renewals_count++;
	return code;
}

static enum kh_code collect(struct kh_agent *agent, const struct kh_residues *residues,
			    struct kh_journal_entry *entries, size_t count, struct kh_renewal_list_result *result,
			    struct kh_error *error)
{
	enum kh_code code = KH_OK;
	char updated[KH_TIME_TEXT];

	for (size_t i = 0; code == KH_OK && i < residues->count && result->renewals_count < LIST_MAX; i++) {
		struct kh_renewal_info info = {0};
		const struct kh_journal_entry *entry = NULL;

		if (!kh_renewal_holds(&residues->items[i]))
			continue;
		for (size_t n = 0; n < count && !entry; n++)
			entry = is_of(&residues->items[i], entries[n].order) ? &entries[n] : NULL;
		take_residue(&residues->items[i], entry, &info);
		if (entry) {
			kh_time_text(entry->updated, updated);
			info.updated = updated;
		}
		code = append(result, &info, error);
	}
	for (size_t n = 0; code == KH_OK && n < count && result->renewals_count < LIST_MAX; n++) {
		struct kh_renewal_info info = {0};

		if (residue_of(residues, entries[n].order))
			continue;
		if (!remember(agent, &entries[n], residues, &info)) {
			if (entries[n].stage != KH_STAGE_COMPLETED || entries[n].key == KH_KEY_CHOICE_SAME)
				continue;
			take_memory(&entries[n], &info);
		}
		kh_time_text(entries[n].updated, updated);
		info.updated = updated;
		code = append(result, &info, error);
	}
	return code;
}

enum kh_code kh_renewal_collect(struct kh_agent *agent, const struct kh_residues *residues,
				struct kh_renewal_list_result *result, struct kh_error *error)
{
	KH_AUTO_FREE struct kh_journal_entry *entries = calloc(LIST_MAX, sizeof(*entries));
	enum kh_code code;

	*result = (struct kh_renewal_list_result){.renewals = calloc(LIST_MAX, sizeof(*result->renewals))};
	if (!entries || !result->renewals) {
		free(result->renewals);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	code = collect(agent, residues, entries, kh_journal_list(agent->journal, entries, LIST_MAX), result, error);
	if (code != KH_OK)
		kh_clear(&kh_renewal_list_result_type, result);
	return code;
}

static void listed(void *context, struct kh_residues *residues, const struct kh_error *outcome)
{
	struct kh_request *request = context;
	struct kh_renewal_list_result result;
	struct kh_error error = *outcome;

	if (error.code == KH_DRIVER_MISSING)
		error.code = KH_OK;
	if (error.code != KH_OK || kh_renewal_collect(request->agent, residues, &result, &error) != KH_OK) {
		kh_request_failure(request, &error);
		return;
	}
	kh_request_result(request, &result);
	kh_clear(&kh_renewal_list_result_type, &result);
}

static void list(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;

	(void)error;
	kh_renewal_look_for_all(request->agent, listed, request);
}

static void list_tokens(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;

	(void)error;
	kh_modules_list_certificates(&request->agent->modules, false, list, request);
}

void kh_renewal_list(struct kh_request *request)
{
	prepare(request, list_tokens);
}
