/*
 * renewal.begin, install, complete and cancel: finds the key of an order and
 * hands over to run.c. Nothing here writes or asks for a PIN.
 */
#ifndef KH_AGENT_RENEWAL_START_H
#define KH_AGENT_RENEWAL_START_H

#include "request.h"

void kh_renewal_begin(struct kh_request *request);
void kh_renewal_install(struct kh_request *request);
void kh_renewal_complete(struct kh_request *request);
void kh_renewal_cancel(struct kh_request *request);

#endif
