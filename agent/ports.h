/*
 * Whether a port can be had on both loopback addresses, 127.0.0.1 and [::1].
 */
#ifndef KH_AGENT_PORTS_H
#define KH_AGENT_PORTS_H

#include <uv.h>

#include "error.h"

/* Nobody listens on either. */
bool kh_port_free(uv_loop_t *loop, uint16_t port);
/* Somebody listens on each. */
bool kh_port_taken(uv_loop_t *loop, uint16_t port);

#endif
