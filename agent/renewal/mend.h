/*
 * What a step can fail of that is no reason to give the call up: it goes on with
 * other facts, each once in a call.
 */
#ifndef KH_AGENT_RENEWAL_MEND_H
#define KH_AGENT_RENEWAL_MEND_H

#include "renewal/run.h"

/* After the failure of run->step. True: go on. */
bool kh_mend(struct kh_run *run, enum kh_code code);

#endif
