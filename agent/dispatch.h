/*
 * Which method is answered by whom: one table.
 */
#ifndef KH_AGENT_DISPATCH_H
#define KH_AGENT_DISPATCH_H

#include "request.h"

/* Answers a request of a page that has said hello. */
void kh_dispatch(struct kh_request *request);

#endif
