/*
 * What is known of the machine, judged: one row of the check for each
 * question. Asks no key: who does that first is checkup.c. What the files of drivers and
 * /proc say it reads itself.
 */
#ifndef KH_AGENT_ENVIRONMENT_JUDGE_H
#define KH_AGENT_ENVIRONMENT_JUDGE_H

#include "environment/facts.h"

/* Rows about a key are about the chosen one, or about the only one there is.
 * Where several are plugged in and none was chosen, none of these rows fails.
 * The caller clears result. */
void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result);

#endif
