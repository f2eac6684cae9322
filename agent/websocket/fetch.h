/*
 * A file from a web server, http or https, for the support tool. The daemon fetches nothing.
 */
#ifndef KH_AGENT_WEBSOCKET_FETCH_H
#define KH_AGENT_WEBSOCKET_FETCH_H

#include "bytes.h"

/* Waits for it, no longer than the seconds. False: not there, not whole by then, or more than most bytes. */
KH_CHECKED bool kh_fetch(const char *address, size_t most, unsigned seconds, struct kh_buffer *out);

#endif
