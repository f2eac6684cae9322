/*
 * The reminder: a key with a certificate that may be renewed now was plugged in, or is there when the daemon
 * starts, and no hall's page is open: a notification of the desktop says so, and leads to the hall. Each certificate
 * at most once a day; never one that was renewed already, or that has no key.
 *
 * Off by the configuration's notify, and where no hall is configured. Asks for no PIN; while somebody works on a
 * key it waits for the next change.
 */
#ifndef KH_AGENT_REMINDER_REMINDER_H
#define KH_AGENT_REMINDER_REMINDER_H

#include "agent.h"

/* Nothing happens where it is off. The bus is watched from then on (watch.h). */
void kh_reminder_start(struct kh_agent *agent);
void kh_reminder_finish(struct kh_agent *agent);

#endif
