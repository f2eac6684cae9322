/*
 * PKCS#11 URIs of tokens (RFC 7512): manufacturer, model, serial, token.
 */
#ifndef KH_PKCS11_TOKEN_URI_H
#define KH_PKCS11_TOKEN_URI_H

#include "bytes.h"
#include "token/text.h"

/* What tells a token apart from the others of its module: the four attributes as
 * kh_token_text() makes them. */
struct kh_token_name {
	char manufacturer[KH_TOKEN_TEXT_SIZE(32)];
	char model[KH_TOKEN_TEXT_SIZE(16)];
	char serial[KH_TOKEN_TEXT_SIZE(16)];
	char label[KH_TOKEN_TEXT_SIZE(32)];
};

bool kh_token_name_equal(const struct kh_token_name *a, const struct kh_token_name *b);

/* Appends the URI. */
void kh_uri_append(struct kh_buffer *out, const struct kh_token_name *name);

/* Whether a URI names this token: every path attribute it has must be equal
 * (RFC 7512, 2.5); attributes of libraries, slots and objects never match.
 * A malformed URI matches nothing. */
bool kh_uri_matches(const char *uri, const struct kh_token_name *name);

#endif
