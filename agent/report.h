/*
 * diagnostics.report: what support needs in one answer, nothing secret. Names
 * of folders below the user's home begin with ~.
 */
#ifndef KH_AGENT_REPORT_H
#define KH_AGENT_REPORT_H

#include "request.h"

void kh_report_make(struct kh_request *request);

#endif
