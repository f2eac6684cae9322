/*
 * Noticing keys that come and go. While somebody is connected: USB events (where the system tells none, a look at
 * the bus) and a cheap question to the token hosts every two seconds. An idle daemon
 * polls nothing; where agent->keys_changed is set, or somebody is connected in the background, devices that come or go on
 * the bus wake it.
 */
#ifndef KH_AGENT_WATCH_H
#define KH_AGENT_WATCH_H

#include "agent.h"

void kh_watch_init(struct kh_agent *agent);
void kh_watch_finish(struct kh_agent *agent);
/* Somebody has said hello, or has gone. */
void kh_watch_adjust(struct kh_agent *agent);
/* A renewal has changed what is on a key: own pages and programs hear that. */
void kh_watch_written(struct kh_agent *agent);
/* The driver profiles; read at the first time. */
const struct kh_profiles *kh_watch_profiles(struct kh_agent *agent);
/* The bus; read from the first time on. NULL: not to be had. */
const struct kh_usb *kh_watch_usb(struct kh_agent *agent);
/* Once, when the answer that goes out now has been read: it does not wait for this look, nor does a
 * next call that comes at once. Nothing when no page is there. */
void kh_watch_soon(struct kh_agent *agent);
/* Whether modules may be started again to see new keys, which ends logins: none
 * is known and nobody works on one. */
bool kh_watch_may_refresh(const struct kh_agent *agent);

#endif
