/*
 * The rows about the key; each adds one at most.
 */
#ifndef KH_AGENT_ENVIRONMENT_JUDGE_KEY_H
#define KH_AGENT_ENVIRONMENT_JUDGE_KEY_H

#include "environment/check.h"

/* The key that the check is about. */
const struct kh_token_info *kh_check_subject(const struct kh_check *check);
void kh_check_key(struct kh_check *check);
void kh_check_pin(struct kh_check *check);
void kh_check_space(struct kh_check *check);
void kh_check_certificate(struct kh_check *check);
void kh_check_pending(struct kh_check *check);

#endif
