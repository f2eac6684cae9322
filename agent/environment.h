/*
 * The environment check: a table of questions over what is known of the
 * machine, each answered by one row for the clerk with its remedy.
 */
#ifndef KH_AGENT_ENVIRONMENT_H
#define KH_AGENT_ENVIRONMENT_H

#include "request.h"

void kh_environment_check(struct kh_request *request);

/* Looks at everything, then calls done; error is never set but on memory. */
typedef void (*kh_environment_done)(void *context, struct kh_environment_check_result *result);
void kh_environment_look(struct kh_agent *agent, const char *locale, kh_environment_done done, void *context);

/* What is known, judged without asking anybody; the caller clears result. */
struct kh_environment {
	const struct kh_settings *settings;
	const struct kh_modules *modules;
	const struct kh_usb *usb;
	bool journal_works;
	bool running; /* false: the tool looks, the daemon does not run */
};
void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result);

#endif
