/*
 * Certificates that OpenSSL refuses to read, made legible for it. OpenSSL turns
 * every string of a name into UTF-8 when it decodes a certificate, and refuses the
 * whole when one is not valid in its type: GBK in a UTF8String, half a character in
 * a BMPString. CAs have issued such certificates.
 *
 * Such a certificate is handed to OpenSSL as a copy in which that string is a
 * T61String: one byte is another, all lengths stay. The copy remembers what was
 * signed, because its own bytes no longer fit the signature.
 */
#ifndef KH_PKCS11_X509_LEGIBLE_H
#define KH_PKCS11_X509_LEGIBLE_H

#include <openssl/x509.h>

#include "x509/der.h"

/* The certificate at the front of der; X509_free(). For SM2 it has the ID that its
 * signature is verified with. NULL when it is no certificate. */
X509 *kh_legible_new(struct kh_span der);

/* Whether a copy's signature over the original bytes is by this key; false for a
 * certificate that OpenSSL could read itself. */
bool kh_legible_verify(X509 *copy, EVP_PKEY *issuer);

#endif
