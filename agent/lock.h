/*
 * One daemon per user, on Windows per session, and state folder: a lock that the
 * system frees when the process ends, however it ends.
 */
#ifndef KH_AGENT_LOCK_H
#define KH_AGENT_LOCK_H

#include "error.h"

struct kh_lock {
	intptr_t handle; /* 0: not held */
};

/* agent.busy when another process holds it, agent.failed with the system's
 * call when it cannot be made. */
KH_CHECKED enum kh_code kh_lock_take(const char *folder, struct kh_lock *lock, struct kh_error *error);
/* Whether another process holds it; makes nothing. */
bool kh_lock_held(const char *folder);
void kh_lock_release(struct kh_lock *lock);

#endif
