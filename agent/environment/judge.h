/*
 * What is known of the machine, judged: one row of the check for each
 * question. Asks nobody; who asks first is checkup.c.
 */
#ifndef KH_AGENT_ENVIRONMENT_JUDGE_H
#define KH_AGENT_ENVIRONMENT_JUDGE_H

#include "token/modules.h"
#include "usb.h"

struct kh_environment {
	const struct kh_settings *settings;
	const struct kh_modules *modules;
	const struct kh_usb *usb;
	const char *token; /* the URI of the key that was chosen; NULL: none was */
	bool journal_works;
	bool ipv6;    /* the daemon listens on [::1], too */
	bool running; /* false: the tool looks, the daemon does not run */
};

/* The rows key, pin and certificate are about the chosen key, or about the only
 * one there is. Where several are plugged in and none was chosen, none of them
 * fails. The caller clears result. */
void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result);

#endif
