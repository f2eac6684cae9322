/*
 * Which method is answered by whom: one table. Also the answers that are a
 * question to the token hosts and no more.
 */
#ifndef KH_AGENT_DISPATCH_H
#define KH_AGENT_DISPATCH_H

#include "request.h"

/* Answers a request of a page that has said hello. */
void kh_dispatch(struct kh_request *request);

#endif
