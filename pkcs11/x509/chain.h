/*
 * Whether a certificate leads to a configured anchor (RFC 5280, 6).
 */
#ifndef KH_PKCS11_X509_CHAIN_H
#define KH_PKCS11_X509_CHAIN_H

#include "x509/certificate.h"

struct kh_anchors;

/* Reads PEM files; a file that cannot be read is logged and left out. NULL
 * when memory is out. */
struct kh_anchors *kh_anchors_new(char *const *files, size_t count);
void kh_anchors_free(struct kh_anchors *anchors);

/* chain: PEM certificates in any order, may hold the root. at: when it has to
 * be valid. certificate.untrusted; request.invalid names a bad chain entry. */
KH_CHECKED enum kh_code kh_chain_verify(const struct kh_anchors *anchors, const struct kh_certificate *certificate,
					char *const *chain, size_t count, int64_t at, struct kh_error *error);

#endif
