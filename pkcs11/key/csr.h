/*
 * Certificate requests (PKCS #10, RFC 2986), built without a private key in
 * the host: the token signs the CertificationRequestInfo.
 */
#ifndef KH_PKCS11_KEY_CSR_H
#define KH_PKCS11_KEY_CSR_H

#include "key/sign.h"

/* The subject is the old certificate's byte by byte, in whatever string types and
 * encodings: the CA that wrote them knows them again. A subject that OpenSSL refuses
 * (x509/legible.h), GBK in a UTF8String, makes a request that OpenSSL refuses, too.
 * Key usage and extended key usage are taken verbatim as well.
 * signer: the key to be certified. der is appended. */
KH_CHECKED enum kh_code kh_csr_create(const struct kh_signer *signer, const struct kh_certificate *old,
				      struct kh_buffer *der, struct kh_error *error);

#endif
