/*
 * The daemon's ports, and whether one can be had on both loopback addresses,
 * 127.0.0.1 and [::1]. A machine without IPv6 has only the first: that is not
 * the same as a [::1] that somebody else listens on.
 */
#ifndef KH_AGENT_PORTS_H
#define KH_AGENT_PORTS_H

#include <uv.h>

#include "error.h"

#define KH_PORTS_MAX 2

/* Where a daemon with this port configured may be, in the order it tries them:
 * 28317 stands in for 18317, which another user's daemon may hold. */
size_t kh_ports_of(int64_t configured, uint16_t ports[KH_PORTS_MAX]);

/* Nobody listens on either. */
bool kh_port_free(uv_loop_t *loop, uint16_t port);
/* Somebody listens on each there is. */
bool kh_port_taken(uv_loop_t *loop, uint16_t port);
/* The machine has a [::1]. */
bool kh_port_ipv6(uv_loop_t *loop);

#endif
