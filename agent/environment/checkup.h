/*
 * environment.check: every module is asked for its keys and certificates, also
 * one that has failed a moment ago, and for what orders left; then what is
 * known is judged (judge.h).
 */
#ifndef KH_AGENT_ENVIRONMENT_CHECKUP_H
#define KH_AGENT_ENVIRONMENT_CHECKUP_H

#include "request.h"

struct kh_checkup {
	struct kh_environment_check_result check;
	struct kh_renewal_list_result renewals;
	struct kh_host_reader_list_result readers;
};

void kh_environment_check(struct kh_request *request);

/* token: the key that was chosen, or NULL; hall_time: 0 when it is not known.
 * checkup is cleared after the call, what is to stay must be moved out; it is empty
 * when memory was out. */
typedef void (*kh_checkup_done)(void *context, struct kh_checkup *checkup);
void kh_checkup(struct kh_agent *agent, const char *locale, const char *token, int64_t hall_time, kh_checkup_done done,
		void *context);

#endif
