/*
 * The report's first page: what is most likely wrong and what mends it, in both
 * languages, then what a support engineer looks at next.
 */
#ifndef KH_AGENT_TOOL_SUMMARY_H
#define KH_AGENT_TOOL_SUMMARY_H

#include "bytes.h"
#include "contract.h"

/* The same report in English and in Chinese. */
void kh_summary_tell(struct kh_buffer *out, const struct kh_report *en, const struct kh_report *zh);

#endif
