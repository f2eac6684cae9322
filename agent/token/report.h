/*
 * What is known of a token host, and what support is told of it.
 */
#ifndef KH_AGENT_TOKEN_REPORT_H
#define KH_AGENT_TOKEN_REPORT_H

#include "token/link.h"

/* The failure of its last start or call, KH_OK when it works; all of it is also what a call gets that is not made
 * because the link is suspect. agent.mixed: its host is of another version. */
enum kh_code kh_token_link_state(const struct kh_token_link *link);
const struct kh_error *kh_token_link_failure(const struct kh_token_link *link);
/* How the child was lost that was lost last; UNKNOWN too, where it was not. */
const struct kh_token_end *kh_token_link_end(const struct kh_token_link *link);
/* Its module cannot be started a second time in one process. */
bool kh_token_link_starts_once(const struct kh_token_link *link);

/* The program that was started for it last; "": none was. */
const char *kh_token_link_program(const struct kh_token_link *link);
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
