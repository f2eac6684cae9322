/*
 * diagnostics.archive: the .zip that keyhall report writes, for the certificate manager. keyhall itself makes it, in
 * a child: libzip and what it needs stay out of the process that web pages speak with. One at a time.
 */
#ifndef KH_AGENT_BUNDLE_H
#define KH_AGENT_BUNDLE_H

#include "request.h"

void kh_bundle_make(struct kh_request *request);
/* Ends the child; its request is answered on the loop. */
void kh_bundle_stop(struct kh_agent *agent);

#endif
