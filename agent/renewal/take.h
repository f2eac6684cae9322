/*
 * What a renewal learns of the token host's answers: for each step what goes
 * into the facts, the journal's entry and the answer for the page.
 */
#ifndef KH_AGENT_RENEWAL_TAKE_H
#define KH_AGENT_RENEWAL_TAKE_H

#include "renewal/run.h"

/* result is that of run->step, which succeeded; what is kept of it is moved. */
void kh_run_take(struct kh_run *run, void *result);

#endif
