/*
 * Tokens and texts of a module as they are told.
 */
#ifndef KH_PKCS11_OP_DESCRIBE_H
#define KH_PKCS11_OP_DESCRIBE_H

#include "host_contract.h"
#include "token/token.h"

/* A padded field of the module (token/text.h); the caller's. NULL: out of memory. */
char *kh_describe_field(const unsigned char *field, size_t length);
KH_CHECKED enum kh_code kh_describe_token(const struct kh_token *token, struct kh_token_info *out,
					  struct kh_error *error);

#endif
