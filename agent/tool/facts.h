/*
 * Plain facts of the machine that need no right and no login: what is on the USB
 * bus, the smart card service, 32 or 64 bit. For people; English.
 */
#ifndef KH_AGENT_TOOL_FACTS_H
#define KH_AGENT_TOOL_FACTS_H

#include "bytes.h"

void kh_facts_tell(struct kh_buffer *out);

#endif
