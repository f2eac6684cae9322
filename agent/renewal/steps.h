/*
 * The steps of a renewal, a row for each: what the token host is asked, what is
 * learnt of its answer, what the journal keeps of it. Which step comes when
 * decide.c says; a new step is a row here and its rows there.
 */
#ifndef KH_AGENT_RENEWAL_STEPS_H
#define KH_AGENT_RENEWAL_STEPS_H

#include "renewal/run.h"

struct kh_step {
	const char *name;
	bool writes;	     /* on the token: the journal notes it before, too */
	enum kh_stage stage; /* where the order stands after it; NONE: as before */
	/* Asks the token host; reply's context is the run. NULL: no question. */
	void (*ask)(struct kh_run *run, kh_token_reply reply);
	/* Keeps what is of use in the answer, moved. NULL: nothing is. */
	void (*take)(struct kh_run *run, void *result);
};

const struct kh_step *kh_step_of(enum kh_renewal_step step);

/* The order, and what finds its pair where the token keeps no mark: with key "same"
 * nothing does, the pair is not the order's. Borrows. */
struct kh_host_order_name kh_step_name(struct kh_run *run);
/* Whether the certificate to install fits the run's token, at any step. */
void kh_step_ask_check(struct kh_run *run, kh_token_reply reply);

#endif
