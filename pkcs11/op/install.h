/*
 * Putting an issued certificate on the token: check, write, prove.
 */
#ifndef KH_PKCS11_OP_INSTALL_H
#define KH_PKCS11_OP_INSTALL_H

#include "host.h"

/* One PEM certificate, else request.invalid naming field. */
KH_CHECKED enum kh_code kh_install_read(const char *pem, const char *field, struct kh_certificate **out,
					struct kh_error *error);
/* A certificate by its id and its private key: certificate.absent,
 * certificate.no_key. Valid until the inventory changes. */
KH_CHECKED enum kh_code kh_install_pair(struct kh_token *token, const char *id, struct kh_object **certificate,
					struct kh_object **key, struct kh_error *error);
/* Reads the certificate back from the token, signs with the key and verifies:
 * certificate.mismatch, token.failed. */
KH_CHECKED enum kh_code kh_install_prove(struct kh_token *token, const struct kh_object *certificate,
					 const struct kh_object *key, struct kh_error *error);

/* certificate.mismatch, and what does not fit. */
enum kh_code kh_install_mismatch(struct kh_error *error, const char *what);
/* Whether it leads to an anchor, now or when it begins. */
KH_CHECKED enum kh_code kh_install_check_chain(struct kh_host *host, const struct kh_certificate *certificate,
					       char *const *chain, size_t count, struct kh_error *error);
/* Writes the object; it is in the inventory then. */
KH_CHECKED enum kh_code kh_install_write(struct kh_token *token, const struct kh_certificate *certificate,
					 struct kh_span id, const char *label, struct kh_error *error);
/* Its common name as the label of the pair and of the certificate, in this
 * order: what is labelled so belongs to no order any more. retire.c */
KH_CHECKED enum kh_code kh_install_label(struct kh_token *token, struct kh_object *certificate, struct kh_error *error);
/* Whether value and CKA_ID on the token are what the inventory has. */
KH_CHECKED enum kh_code kh_install_read_back(struct kh_token *token, const struct kh_object *object,
					     struct kh_error *error);

#endif
