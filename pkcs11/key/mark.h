/*
 * The marks of an order's objects: how they are found again on the token.
 *
 * CKA_ID is the first 20 bytes of SHA-256("keyhall:" + order). CKA_LABEL, until
 * the order is completed, is "kh:" and the first 24 hex digits of the same hash:
 * 27 bytes, so that it fits where vendors keep 32. The encryption pair has a
 * CKA_ID of its own, of SHA-256("keyhall:" + order + ":enc"), and the order's
 * label with ":e" behind it.
 */
#ifndef KH_PKCS11_KEY_MARK_H
#define KH_PKCS11_KEY_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KH_MARK_ID_LENGTH 20

struct kh_order_mark {
	uint8_t id[KH_MARK_ID_LENGTH];
	bool known; /* id is: a label tells only a part of it */
	char label[32];
};

void kh_order_mark(struct kh_order_mark *mark, const char *order);
void kh_order_encryption_mark(struct kh_order_mark *mark, const char *order);

/* Both marks as far as the label of either tells them. */
void kh_order_marks_of_label(struct kh_order_mark *mark, struct kh_order_mark *encryption, const char *label);

/* Whether a CKA_ID is the mark's; without a known id as far as the label tells. */
bool kh_mark_has_id(const struct kh_order_mark *mark, const void *id, size_t length);

/* Whether a label is that of an order which is not completed. */
bool kh_mark_is_label(const char *label);

#endif
