/*
 * diagnostics.report: what support needs in one answer, nothing secret. Names
 * of folders below the user's home begin with ~.
 */
#ifndef KH_AGENT_REPORT_H
#define KH_AGENT_REPORT_H

#include "request.h"

void kh_report_make(struct kh_request *request);

/* What the .zip of a report is called, keyhall-report-20261130-071500.zip, by its time as the contract writes it. */
#define KH_REPORT_NAME 48
void kh_report_name(const char *time, char name[KH_REPORT_NAME]);

#endif
