/*
 * Where orders stand: what the keys plugged in show, then what the journal
 * remembers. renewal.inspect and renewal.list, and the same for the report.
 */
#ifndef KH_AGENT_RENEWAL_SHOW_H
#define KH_AGENT_RENEWAL_SHOW_H

#include "renewal/look.h"

void kh_renewal_inspect(struct kh_request *request);
void kh_renewal_list(struct kh_request *request);

/* All orders for the report; to be cleared by the caller as a renewal.list's
 * result. */
KH_CHECKED enum kh_code kh_renewal_collect(struct kh_agent *agent, const struct kh_residues *residues,
					   struct kh_renewal_list_result *result, struct kh_error *error);

#endif
