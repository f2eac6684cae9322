/*
 * What a hall has signed (hall/README.md): a compact JWS, RFC 7515, by an Ed25519 key, which is PEM text here. What the
 * message says of its own key is not asked.
 */
#ifndef KH_AGENT_TOOL_JWS_H
#define KH_AGENT_TOOL_JWS_H

#include "bytes.h"

/* payload, the caller's, is set once the signature is known to be by the key. False: it is not, or not whole. */
KH_CHECKED bool kh_jws_open(const char *jws, const char *key, struct kh_bytes *payload);

/* Whether jws is a detached signature (RFC 7515, appendix F) of just this. */
KH_CHECKED bool kh_jws_fits(const char *jws, const char *key, const struct kh_buffer *payload);

#endif
