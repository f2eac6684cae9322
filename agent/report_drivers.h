/*
 * The part of the report about keys on the bus and drivers that are installed.
 */
#ifndef KH_AGENT_REPORT_DRIVERS_H
#define KH_AGENT_REPORT_DRIVERS_H

#include "agent.h"

void kh_report_drivers(struct kh_report *report, struct kh_agent *agent, const char *locale);
/* A copy of text without the user's name: ~ for the home. */
char *kh_report_redact(const char *text);

#endif
