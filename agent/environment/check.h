/*
 * A check on its way from row to row: the inside of judge.c and the files judge_*.c.
 */
#ifndef KH_AGENT_ENVIRONMENT_CHECK_H
#define KH_AGENT_ENVIRONMENT_CHECK_H

#include "environment/facts.h"
#include "environment/findings.h"

struct kh_check {
	const struct kh_environment *environment;
	const char *locale;
	const struct kh_token_info *tokens; /* all there are */
	size_t count;
	const struct kh_token_info *subject; /* the key the rows are about; NULL: none, or several */
	struct kh_environment_check_result *result;
};

/* Adds a row; values as for kh_finding_tell(). */
void kh_check_add(struct kh_check *check, enum kh_finding finding, const char *const *values);
/* The same with the page of a driver, where it is not the one for all of them; may be NULL. */
void kh_check_add_from(struct kh_check *check, enum kh_finding finding, const char *const *values,
		       const char *download);
/* A row about the key the check is about; more: further values, may be NULL. */
void kh_check_add_subject(struct kh_check *check, enum kh_finding finding, const char *const *more);

#endif
