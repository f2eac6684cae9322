/*
 * What support is told of a token host.
 */
#ifndef KH_AGENT_TOKEN_REPORT_H
#define KH_AGENT_TOKEN_REPORT_H

#include "token/link.h"

/* What its host told when it was started last; empty before. */
const struct kh_host_host *kh_token_link_host(const struct kh_token_link *link);
/* The driver profile in use; NULL: none, or not known. */
const char *kh_token_link_profile(const struct kh_token_link *link);
/* A profile that was left out, and why; NULL: none. */
const char *kh_token_link_profile_problem(const struct kh_token_link *link);
/* The call in which its host died or hung last; NULL: in none, or the next one took it over. */
const char *kh_token_link_stumbled(const struct kh_token_link *link);
/* Everything in report becomes the caller's. */
KH_CHECKED enum kh_code kh_token_link_report(const struct kh_token_link *link, struct kh_module_report *report,
					     struct kh_error *error);

#endif
