/*
 * The second certificate of an order, the one for encryption: its key was made
 * at the CA's key centre and comes in an envelope (envelope.h).
 */
#ifndef KH_PKCS11_OP_ENCRYPTION_H
#define KH_PKCS11_OP_ENCRYPTION_H

#include "host.h"
#include "op/order.h"
#include "x509/envelope.h"

#define KH_ENCRYPTION_FIELD "encryption.certificate"

/* Whether it may go beside a signing certificate: same subject, for encryption
 * only, valid, led to an anchor, a key of the same family; and whether its
 * envelope has the form it says. Touches no token. certificate.mismatch with
 * what "encryption.…", certificate.untrusted, encryption.unopened, and
 * encryption.mismatch where the envelope names another public key. */
KH_CHECKED enum kh_code kh_encryption_check(struct kh_host *host, const struct kh_certificate *signing,
					    const struct kh_encryption *given, char *const *chain, size_t count,
					    struct kh_error *error);

/* The same, and what was read: new, freed by the caller, and the envelope, which
 * points into given. */
KH_CHECKED enum kh_code kh_encryption_read(struct kh_host *host, const struct kh_certificate *signing,
					   const struct kh_encryption *given, char *const *chain, size_t count,
					   struct kh_certificate **new, struct kh_envelope *envelope,
					   struct kh_error *error);

/* Whether the key of the order's encryption certificate decrypts; KH_OK where
 * there is no such certificate, or no telling. encryption.mismatch. */
KH_CHECKED enum kh_code kh_encryption_prove(struct kh_token *token, const struct kh_order *order,
					    struct kh_error *error);

#endif
