/*
 * What a renewal asks the token host: for each step its method and parameters.
 */
#ifndef KH_AGENT_RENEWAL_ASK_H
#define KH_AGENT_RENEWAL_ASK_H

#include "renewal/run.h"

/* The question of run->step; reply's context is the run. */
void kh_run_ask(struct kh_run *run, kh_token_reply reply);

/* Whether the certificate to install fits run's token, at any step. */
void kh_run_check(struct kh_run *run, kh_token_reply reply);

#endif
