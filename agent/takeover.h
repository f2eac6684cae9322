/*
 * Lock and port of the daemon, taken over from the last one: a daemon that was
 * killed or told to end holds them for a moment longer. Whoever comes next
 * waits up to three seconds for each, but not behind an agent that answers.
 * Blocks; for the start.
 */
#ifndef KH_AGENT_TAKEOVER_H
#define KH_AGENT_TAKEOVER_H

#include "lock.h"
#include "ports.h"

/* ports: where this user's daemon would answer. Errors of kh_lock_take(). */
KH_CHECKED enum kh_code kh_takeover_lock(const char *folder, const uint16_t *ports, size_t count, struct kh_lock *lock,
					 struct kh_error *error);

/* The first of them that is free; the next one is tried when another agent or
 * program keeps it. agent.busy: all are taken. */
KH_CHECKED enum kh_code kh_takeover_port(uv_loop_t *loop, const uint16_t *ports, size_t count, uint16_t *port,
					 struct kh_error *error);

#endif
