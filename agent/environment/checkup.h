/*
 * environment.check: every module is asked for its keys and certificates, also
 * one that has failed a moment ago; then what is known is judged
 * (judge.h).
 */
#ifndef KH_AGENT_ENVIRONMENT_CHECKUP_H
#define KH_AGENT_ENVIRONMENT_CHECKUP_H

#include "request.h"

void kh_environment_check(struct kh_request *request);

/* token: the key that was chosen, or NULL. result is cleared after the call; it
 * is empty when memory was out. */
typedef void (*kh_checkup_done)(void *context, struct kh_environment_check_result *result);
void kh_checkup(struct kh_agent *agent, const char *locale, const char *token, kh_checkup_done done, void *context);

#endif
