/*
 * What an order has on a token, put together from the inventory.
 *
 * An order's pair is known by the first of these that the token shows: its
 * mark's CKA_ID, its mark's CKA_LABEL (key/mark.h), its public key. Vendors cut
 * labels and give CKA_IDs of their own; the hall knows the public key, and the
 * journal remembers it. Once one half of the pair is known the other one is found
 * by public key, or by a CKA_ID or label that no other pair has.
 *
 * A page may name the public key of any pair. Without a mark such a pair is the
 * order's only when this computer has made it (made), or when it has no label at
 * all, as on tokens that keep none: what other programs make has one. A pair with
 * the final label of its certificate is found, too, but nothing is done to it: an
 * order that was completed.
 *
 * key "new": the pair is the order's, and every certificate of its public key.
 * key "same": the certificate carries the old key's CKA_ID and the mark's
 * label; the pair is not the order's, so it is not given here. After
 * completion nothing tells the certificate from any other.
 *
 * The encryption pair carries a mark of its own with either choice. Its public
 * key is written when the private key has proved itself, its certificate after
 * that: what shows without login tells how far it got.
 *
 * A write that was cut leaves objects that carry a mark and are of no use: they
 * cannot be read, have no public key, or a certificate that cannot be parsed or
 * lacks the CKA_ID that its key has. They are none of the objects given here, but
 * rubbish; kh_order_clean() takes them off before what they should have become
 * is written.
 */
#ifndef KH_PKCS11_OP_ORDER_H
#define KH_PKCS11_OP_ORDER_H

#include "key/mark.h"
#include "token/token.h"

/* Which order. */
struct kh_order {
	const char *id;		/* NULL: only its label is known */
	const char *public_key; /* SHA-256 of the pair's SPKI, hex; NULL: not known */
	bool made;		/* this computer has made the pair of that key for the order */
	const char *label;	/* of either mark, where id is NULL */
	const char *old;	/* the certificate, by id, that is to go before it is completed; NULL: not known */
};

struct kh_order_objects {
	struct kh_order_mark mark;
	struct kh_object *private_key;
	struct kh_object *public_key;
	struct kh_object *certificate;
	struct {
		struct kh_order_mark mark;
		struct kh_object *private_key;
		struct kh_object *public_key;
		struct kh_object *certificate;
	} encryption;
	struct kh_object *rubbish; /* the first of it, of either mark */
	bool unmarked;		   /* nothing shows a mark: it was found by its public key */
	bool foreign;		   /* and only the page says so: nothing is done to it */
};

/* Pointers into the inventory: valid until it changes. */
void kh_order_find(struct kh_token *token, const struct kh_order *order, struct kh_order_objects *out);

/* Leaves of it only what carries the mark. */
void kh_order_keep_marked(struct kh_order_objects *objects);

/* Destroys the order's rubbish, each object after another look at it. What has a
 * final label stays, but for the public keys and the signing certificate. */
KH_CHECKED enum kh_code kh_order_clean(struct kh_token *token, const struct kh_order *order, struct kh_error *error);

/* Destroys what is in nobody's way where the token never gives it up: stays. */
KH_CHECKED enum kh_code kh_order_discard(struct kh_token *token, const struct kh_object *object, bool *stays,
					 struct kh_error *error);

/* Whether a private key is all there is, and the token tells neither its public key
 * nor its CKA_ID: what a cut generation leaves of a pair. */
bool kh_order_is_half(const struct kh_order_objects *objects);

/* Whether an object says that its order is not completed. */
bool kh_order_is_pending(const struct kh_object *object);
/* Whether the label of the order's certificate says that nothing is left to do. The label may have been
 * written first, and what order->old names is still there: then something is. */
bool kh_order_is_final(struct kh_token *token, const struct kh_order_objects *objects);
bool kh_order_is_completed(struct kh_token *token, const struct kh_order *order,
			   const struct kh_order_objects *objects);

#endif
