/*
 * Failures that a renewal goes on after.
 */
#include "renewal/mend.h"

#include "log.h"

/* The second reader took its token host along. Its opinion is not worth the
 * renewal: it is done without, after another login. */
static bool goes_unread(struct kh_run *run, enum kh_code code)
{
	if (code != KH_TOKEN_FAILED || run->step != KH_STEP_PROVE || run->act != KH_ACT_COMPLETE ||
	    run->module->unread || kh_token_link_runs(run->module->link))
		return false;
	kh_log(KH_LOG_WARNING, "order %s: no answer from the second reader, which is not asked again",
	       run->entry.order);
	run->module->unread = true;
	run->module->second_reader = run->completed.second_reader = KH_SECOND_READER_ABSENT;
	run->facts &= ~(unsigned)KH_FACT_LOGIN;
	kh_token_link_retry(run->module->link);
	return true;
}

/* Another program has ended the login: one more, and what the order has left is looked at
 * again. */
static bool logs_in_again(struct kh_run *run, enum kh_code code)
{
	if (code != KH_PIN_ENDED || run->again)
		return false;
	kh_log(KH_LOG_INFO, "order %s: the login has ended", run->entry.order);
	run->again = true;
	run->facts &= ~(unsigned)(KH_FACT_LOGIN | KH_FACT_LOOKED | KH_FACT_SEEN | KH_FACT_PROVED);
	return true;
}

bool kh_mend(struct kh_run *run, enum kh_code code)
{
	return goes_unread(run, code) || logs_in_again(run, code);
}
