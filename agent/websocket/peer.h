/*
 * Who is at the other end of a loopback connection. Loopback is shared by all
 * users of a machine, so the socket of the peer must belong to ours.
 */
#ifndef KH_AGENT_WEBSOCKET_PEER_H
#define KH_AGENT_WEBSOCKET_PEER_H

#include <stdint.h>

#include "error.h"

/* handle: an accepted TCP socket. False when the peer is another user, not on
 * this machine, or when the system does not tell. */
bool kh_peer_is_own(intptr_t handle);

/* Closes what the first call has opened and kept. */
void kh_peer_finish(void);

/* Ends the connection at once; its owner sees it as closed by the peer. */
void kh_peer_hang_up(intptr_t handle);

#endif
