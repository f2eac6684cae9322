/*
 * Trying a PKCS#11 library that need not be configured: in a token host of its own,
 * in a jail (pkcs11/jail.h), without the daemon. Nothing is written to a token, no
 * PIN is asked; what the library has started, or left in its home, goes.
 */
#ifndef KH_AGENT_TOOL_TRIAL_H
#define KH_AGENT_TOOL_TRIAL_H

#include "contract.h"
#include "settings.h"

struct kh_trial {
	struct kh_module_probe probe; /* everything in it is owned */
	enum kh_finding finding;      /* what the environment check would say, where probe.number is set */
	/* Called every second, then with 0 when that was so. */
	void (*waiting)(void *context, unsigned seconds);
	void *context;
};

/* path: of the library. One that does not work is no failure. */
KH_CHECKED enum kh_code kh_trial_run(struct kh_trial *trial, const struct kh_settings *settings, const char *path,
				     struct kh_error *error);
void kh_trial_finish(struct kh_trial *trial);

#endif
