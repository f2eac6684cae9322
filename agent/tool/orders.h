/*
 * Orders, for the commands about them.
 */
#ifndef KH_AGENT_TOOL_ORDERS_H
#define KH_AGENT_TOOL_ORDERS_H

#include "tool/tool.h"

/* Where one stands, in several lines. */
void kh_orders_print(const struct kh_tool *tool, const struct kh_renewal_info *renewal);

#endif
