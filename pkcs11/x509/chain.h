/*
 * Whether a certificate leads to a configured anchor (RFC 5280, 6).
 *
 * OpenSSL validates the path. Two of its rules are too narrow for certificates
 * that are in use, and are replaced: a certificate is issued by another when their
 * names are the same by name.h (OpenSSL compares a T61String as Latin-1), and one
 * with a name that OpenSSL cannot read is validated all the same (legible.h).
 */
#ifndef KH_PKCS11_X509_CHAIN_H
#define KH_PKCS11_X509_CHAIN_H

#include "x509/anchors.h"

/* chain: PEM certificates in any order, may hold the root. at: when it has to
 * be valid. certificate.untrusted; request.invalid names a bad chain entry. */
KH_CHECKED enum kh_code kh_chain_verify(const struct kh_anchors *anchors, const struct kh_certificate *certificate,
					char *const *chain, size_t count, int64_t at, struct kh_error *error);
/* Whether it leads, by way of these, to a root that is no anchor. False where it leads
 * to an anchor, and where a certificate between is not known. As of when it began. */
bool kh_chain_foreign(const struct kh_anchors *anchors, const struct kh_certificate *certificate,
		      struct kh_certificate *const *others, size_t count);

#endif
