/*
 * Whom a client on the web trusts: the CAs of the system. roots_posix.c, roots_win.c
 */
#ifndef KH_AGENT_WEBSOCKET_ROOTS_H
#define KH_AGENT_WEBSOCKET_ROOTS_H

/* tls: OpenSSL's SSL_CTX of the client. */
void kh_roots_add(void *tls);

#endif
