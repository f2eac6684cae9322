/*
 * What an order has on a token, put together from the inventory.
 *
 * key "new": the pair carries the mark's CKA_ID, the certificate too.
 * key "same": the certificate carries the old key's CKA_ID and the mark's
 * label; after completion nothing tells it from any other certificate.
 */
#ifndef KH_ORDER_H
#define KH_ORDER_H

#include "token.h"

struct kh_order_objects {
	struct kh_order_mark mark;
	struct kh_object *private_key;
	struct kh_object *public_key;
	struct kh_object *certificate;
};

/* Pointers into the inventory: valid until it changes. */
void kh_order_find(struct kh_token *token, const char *order, struct kh_order_objects *out);

/* The one other certificate on the token that this one replaces: byte-equal
 * subject and issuer, earlier end, same usage and not encryption-only. NULL
 * when there is none, or more than one. */
struct kh_object *kh_order_old_certificate(struct kh_token *token, const struct kh_object *certificate);

#endif
