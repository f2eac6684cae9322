/*
 * A certificate authority for as long as a replay lasts: keys and certificates that
 * are like those of a trace. Everything is PEM.
 */
#ifndef KH_AGENT_TOOL_AUTHORITY_H
#define KH_AGENT_TOOL_AUTHORITY_H

#include "contract.h"

struct kh_authority;

struct kh_authority *kh_authority_new(void); /* NULL: OpenSSL cannot */
void kh_authority_free(struct kh_authority *authority);

/* Its own certificate. */
KH_CHECKED bool kh_authority_root(const struct kh_authority *authority, struct kh_buffer *pem);
/* A private key and its certificate, with type, usage and validity of the one that is
 * given; its serial number is number. Of a key type that OpenSSL alone cannot have on a
 * test token, sm2 and other, it is P-256. */
KH_CHECKED bool kh_authority_make(struct kh_authority *authority, const struct kh_key_certificate *like, long number,
				  struct kh_buffer *pem);
/* The certificate for a request, valid for a year. */
KH_CHECKED bool kh_authority_issue(struct kh_authority *authority, const char *request, enum kh_usage usage,
				   struct kh_buffer *pem);

#endif
