/*
 * Payments and errands of the store.
 *
 * A payment: OPEN until its money came (PAID), or its time is over (EXPIRED:
 * the bank may still report money) or the bank closed it (CLOSED, final). Money
 * that came for an order that was paid already or cancelled is REFUND_DUE, then
 * REFUNDED.
 *
 * An errand is something the CA must still be told. It is written in the
 * transaction that decides it and worked off afterwards, so that a crash or a
 * CA that is down loses none.
 */
#ifndef HALL_STORE_PAYMENT_H
#define HALL_STORE_PAYMENT_H

#include "store.h"

enum hall_payment_state {
	HALL_PAYMENT_OPEN,
	HALL_PAYMENT_EXPIRED,
	HALL_PAYMENT_CLOSED,
	HALL_PAYMENT_PAID,
	HALL_PAYMENT_REFUND_DUE,
	HALL_PAYMENT_REFUNDED,
	HALL_PAYMENT_STATE_COUNT
};

struct hall_payment {
	char id[HALL_NAME_SIZE];
	char order[HALL_NAME_SIZE];
	enum hall_payment_state state;
	int64_t amount;
	int64_t created;
	int64_t expires;
};

/* New or changed. */
HALL_CHECKED enum hall_code hall_store_payment_save(struct hall_store *store, const struct hall_payment *payment,
						    struct hall_error *error);
/* payment.absent when there is none. */
HALL_CHECKED enum hall_code hall_store_payment_find(struct hall_store *store, const char *id,
						    struct hall_payment *payment, struct hall_error *error);

/* Payments of an order whose money may still come or must still go back, as a
 * JSON array of names. order NULL: of all orders. */
json_t *hall_store_payments_pending(struct hall_store *store, const char *order);
/* Money that must go back. */
json_t *hall_store_payments_due(struct hall_store *store);

enum hall_errand { HALL_ERRAND_REVOKE, HALL_ERRAND_CONFIRM };

HALL_CHECKED enum hall_code hall_store_errand_add(struct hall_store *store, enum hall_errand kind, const char *serial,
						  const char *order, struct hall_error *error);
/* Serials not done yet, as a JSON array. */
json_t *hall_store_errands(struct hall_store *store, enum hall_errand kind);
HALL_CHECKED enum hall_code hall_store_errand_done(struct hall_store *store, enum hall_errand kind, const char *serial,
						   struct hall_error *error);

#endif
