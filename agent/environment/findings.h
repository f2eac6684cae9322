/*
 * A finding as a row of the answer. The table of findings is the contract's
 * (x-findings); which one it is says judge.c.
 */
#ifndef KH_AGENT_ENVIRONMENT_FINDINGS_H
#define KH_AGENT_ENVIRONMENT_FINDINGS_H

#include "contract.h"

/* Fills a row. values: name, value, … for its text, ended by NULL; may be NULL.
 * downloads: the address of the driver's page; may be NULL. */
void kh_finding_tell(enum kh_finding finding, const char *locale, const char *const *values, const char *downloads,
		     struct kh_environment_item *item);

#endif
