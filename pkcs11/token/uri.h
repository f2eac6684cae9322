/*
 * PKCS#11 URIs of tokens (RFC 7512): manufacturer, model, serial, token.
 */
#ifndef KH_PKCS11_TOKEN_URI_H
#define KH_PKCS11_TOKEN_URI_H

#include "bytes.h"

/* The four attributes as raw bytes, blank padding removed. */
struct kh_token_name {
	char manufacturer[33];
	char model[17];
	char serial[17];
	char label[33];
};

/* Appends the URI. */
void kh_uri_append(struct kh_buffer *out, const struct kh_token_name *name);

/* Whether a URI names this token: every path attribute it has must be equal
 * (RFC 7512, 2.5); attributes of libraries, slots and objects never match.
 * A malformed URI matches nothing. */
bool kh_uri_matches(const char *uri, const struct kh_token_name *name);

#endif
