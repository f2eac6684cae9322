/*
 * A certificate and its key on a token: read what a page gives, check, write,
 * read back, find the key, prove that it signs, label.
 */
#ifndef KH_PKCS11_OP_PAIR_H
#define KH_PKCS11_OP_PAIR_H

#include "host.h"

/* The certificate of a PEM text; request.invalid names field. Freed by the
 * caller (KH_AUTO_CERTIFICATE). */
KH_CHECKED enum kh_code kh_pair_read(const char *pem, const char *field, struct kh_certificate **out,
				     struct kh_error *error);

/* certificate.mismatch, and what does not fit. */
enum kh_code kh_pair_mismatch(struct kh_error *error, const char *what);

/* Whether the certificate leads to an anchor, now or when its validity begins. */
KH_CHECKED enum kh_code kh_pair_check_chain(struct kh_host *host, const struct kh_certificate *certificate,
					    char *const *chain, size_t count, struct kh_error *error);

/* Writes the certificate object; it is in the inventory then. */
KH_CHECKED enum kh_code kh_pair_write(struct kh_token *token, const struct kh_certificate *certificate,
				      struct kh_span id, const char *label, struct kh_error *error);

/* Whether value and CKA_ID on the token are what the inventory has. */
KH_CHECKED enum kh_code kh_pair_read_back(struct kh_token *token, const struct kh_object *object,
					  struct kh_error *error);

/* The same, once for each object: kh_pair_write() has read it, too. */
KH_CHECKED enum kh_code kh_pair_confirm(struct kh_token *token, struct kh_object *object, struct kh_error *error);

/* The private key of a certificate on the token: by public key or CKA_ID; where
 * the module tells neither, or several keys have this CKA_ID, the one that signs
 * for it. NULL: none. Needs a login. */
struct kh_object *kh_pair_key(struct kh_token *token, const struct kh_object *certificate);

/* Whether there is a private key of which only a signature tells that it is not
 * the certificate's. */
bool kh_pair_may_have_key(const struct kh_inventory *inventory, const struct kh_object *certificate);

/* A certificate on the token, by its id, and its private key: of several objects
 * with this certificate one that a key is tied to. The token is read anew where
 * one is missing. certificate.absent, certificate.no_key. */
KH_CHECKED enum kh_code kh_pair_find(struct kh_token *token, const char *id, struct kh_object **certificate,
				     struct kh_object **key, struct kh_error *error);

/* Reads the certificate back from the token, signs with the key and verifies:
 * certificate.mismatch, token.failed. */
KH_CHECKED enum kh_code kh_pair_prove(struct kh_token *token, const struct kh_object *certificate,
				      const struct kh_object *key, struct kh_error *error);

/* Writes CKA_LABEL, unless the object (may be NULL) has it. A token that does not
 * take the label is no failure: nothing hangs on it. */
KH_CHECKED enum kh_code kh_pair_set_label(struct kh_token *token, struct kh_object *object, const char *label,
					  struct kh_error *error);
/* The certificate's common name as the label of its public key and, last, its
 * own. The private key's label stays: modules that rewrite the whole object lose
 * the key when they are cut, and nobody reads that label. */
KH_CHECKED enum kh_code kh_pair_label(struct kh_token *token, struct kh_object *certificate, struct kh_error *error);

#endif
