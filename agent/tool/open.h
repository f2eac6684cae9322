/*
 * The user's browser.
 */
#ifndef KH_AGENT_TOOL_OPEN_H
#define KH_AGENT_TOOL_OPEN_H

#include <stdbool.h>

/* Shows an address in it; false: there is none. */
bool kh_open_address(const char *address);

#endif
