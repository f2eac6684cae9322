/*
 * token.list and certificate.list: what the token hosts show, and for each
 * certificate when it may be renewed.
 */
#ifndef KH_AGENT_LISTING_H
#define KH_AGENT_LISTING_H

#include "request.h"

void kh_list_tokens(struct kh_request *request);
void kh_list_certificates(struct kh_request *request);

#endif
