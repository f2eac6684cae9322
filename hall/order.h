/*
 * The order's state machine: a table of (state, event) -> state, nothing else.
 * It is the truth about what may happen to an order; PRODUCT's names.
 *
 *   NEW -> BOUND -> CONFIRMED -> PAYING -> PAID -> KEY_BOUND -> APPLIED
 *       -> ISSUED -> INSTALLED -> INVOICED
 *
 * aside: CANCELLED (only before PAID), MANUAL (the CA would not issue; an
 * operator sends the order on or refunds it), REFUND. The re-issue with another
 * key is the move back to KEY_BOUND.
 *
 * A cell that leads to its own state is a repetition that is welcome: every
 * call can be made twice.
 */
#ifndef HALL_ORDER_H
#define HALL_ORDER_H

#include <stdbool.h>

enum hall_state {
	HALL_STATE_NONE, /* in the table: refused */
	HALL_NEW,
	HALL_BOUND,
	HALL_CONFIRMED,
	HALL_PAYING,
	HALL_PAID,
	HALL_KEY_BOUND,
	HALL_APPLIED,
	HALL_ISSUED,
	HALL_INSTALLED,
	HALL_INVOICED,
	HALL_CANCELLED,
	HALL_REFUND,
	HALL_MANUAL,
	HALL_STATE_COUNT
};

enum hall_event {
	HALL_EVENT_BIND,     /* the clerk's key is known by its serial, its PIN was verified */
	HALL_EVENT_CONFIRM,  /* company and contact were entered */
	HALL_EVENT_PAY,	     /* a payment is wanted */
	HALL_EVENT_MONEY,    /* the bank has the money */
	HALL_EVENT_KEY,	     /* proof and CSR for the first key, or for the same key again */
	HALL_EVENT_REKEY,    /* proof and CSR for another key */
	HALL_EVENT_APPLY,    /* the request goes to the CA */
	HALL_EVENT_ISSUE,    /* the CA has issued */
	HALL_EVENT_GIVE_UP,  /* the CA refused, or was away too often */
	HALL_EVENT_RECEIPT,  /* the new certificate is on the key and signs */
	HALL_EVENT_INVOICE,  /* the invoice is out */
	HALL_EVENT_CANCEL,   /* the clerk does not want it */
	HALL_EVENT_RETRY,    /* operator: try the CA again */
	HALL_EVENT_REFUND,   /* operator: give the money back */
	HALL_EVENT_ENVELOPE, /* the encryption key in another envelope */
	HALL_EVENT_COUNT
};

/* HALL_STATE_NONE when the event is refused in this state. */
enum hall_state hall_order_next(enum hall_state state, enum hall_event event);

/* True while the order keeps its old certificate busy. */
bool hall_order_is_open(enum hall_state state);

const char *hall_state_name(enum hall_state state);
enum hall_state hall_state_of(const char *name);
const char *hall_event_name(enum hall_event event);

#endif
