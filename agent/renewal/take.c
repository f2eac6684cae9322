/*
 * What a renewal learns of the token host's answers.
 */
#include "renewal/take.h"

#include <stdio.h>

#include "cleanup.h"

static void take_residue(struct kh_run *run, const struct kh_host_renewal_residue_result *result)
{
	const struct kh_host_residue *residue = result->residues_count > 0 ? &result->residues[0] : NULL;
	const char *asked = run->act == KH_ACT_INSTALL && run->entry.certificate[0] ? run->entry.certificate : NULL;

	run->facts = kh_renewal_look(run->facts, residue, asked);
}

static void take_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void take_request(struct kh_run *run, struct kh_host_request_create_result *result)
{
	take_text(run->entry.public_key, sizeof(run->entry.public_key), result->public_key);
	run->begun = (struct kh_renewal_begin_result){
		.csr = kh_steal(&result->csr),
		.public_key = kh_steal(&result->public_key),
		.proof = kh_steal(&result->proof),
		.import_algorithms = kh_steal(&result->import_algorithms),
		.import_algorithms_count = result->import_algorithms_count,
	};
	result->import_algorithms_count = 0;
}

static void take_retired(struct kh_run *run, struct kh_host_pair_retire_result *result)
{
	run->completed = (struct kh_renewal_complete_result){kh_steal(&result->retired), result->retired_count};
	result->retired_count = 0;
}

void kh_run_take(struct kh_run *run, void *result)
{
	struct kh_journal_entry *entry = &run->entry;

	switch (run->step) {
	case KH_STEP_LOOK:
		take_residue(run, result);
		return;
	case KH_STEP_GENERATE:
		take_text(entry->public_key, sizeof(entry->public_key),
			  ((struct kh_host_key_generate_result *)result)->public_key);
		break;
	case KH_STEP_REQUEST:
		take_request(run, result);
		break;
	case KH_STEP_CHECK:
		take_text(entry->certificate, sizeof(entry->certificate),
			  ((struct kh_host_certificate_check_result *)result)->certificate);
		break;
	case KH_STEP_RECEIPT:
		run->receipt = kh_steal(&((struct kh_host_receipt_create_result *)result)->receipt);
		break;
	case KH_STEP_RETIRE:
		take_retired(run, result);
		break;
	case KH_STEP_LOGIN:
	case KH_STEP_REBUILD:
	case KH_STEP_DELETE:
	case KH_STEP_WRITE:
	case KH_STEP_IMPORT:
	case KH_STEP_PROVE:
	case KH_STEP_DONE:
	case KH_STEP_REFUSE:
	case KH_STEP_COUNT:
		break;
	}
	run->facts = kh_renewal_after(run->act, run->step, run->facts);
}
