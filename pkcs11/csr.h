/*
 * Certificate requests (PKCS #10, RFC 2986), built without a private key in
 * the host: the token signs the CertificationRequestInfo.
 */
#ifndef KH_CSR_H
#define KH_CSR_H

#include "object.h"

/* Subject bytes, key usage and extended key usage are taken verbatim from old.
 * spki and type: the key to be certified, key its private key. der is
 * appended. */
KH_CHECKED enum kh_code kh_csr_create(struct kh_token *token, const struct kh_object *key,
				      const struct kh_bytes *spki, enum kh_any_key_type type,
				      const struct kh_certificate *old, struct kh_buffer *der,
				      struct kh_error *error);

#endif
