/*
 * The hall's own records in SQLite: orders, payments, who opened what, errands
 * to the CA, and an audit row for every move. It knows rows, not rules: what
 * may happen is decided by order.h and service_*.c.
 *
 * A move writes the order and its audit row in one transaction; whoever has
 * more to write with it brackets it with begin and end. Invoices and the
 * pre-acceptance platform add their tables as further schema steps.
 *
 * Not for two threads at once: the server holds its lock.
 */
#ifndef HALL_STORE_H
#define HALL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "encode.h"
#include "error.h"
#include "order.h"

struct hall_store;

/* Column and member have the same name. */
#define HALL_ORDER_TEXTS_1(X)                                                                                          \
	X(id)                                                                                                          \
	X(certificate) /* id of the old certificate */                                                                 \
	X(old_serial)                                                                                                  \
	X(old_pem)                                                                                                     \
	X(opened_by) /* visitor */                                                                                     \
	X(token_serial)                                                                                                \
	X(company)                                                                                                     \
	X(credit_code)                                                                                                 \
	X(contact_name)                                                                                                \
	X(contact_phone)                                                                                               \
	X(contact_email)                                                                                               \
	X(contact_by) /* visitor who entered the contact */                                                            \
	X(payment)    /* the current one */                                                                            \
	X(key_type)                                                                                                    \
	X(public_key) /* SHA-256 of the new SPKI */                                                                    \
	X(csr)                                                                                                         \
	X(issued_id)                                                                                                   \
	X(issued_serial)                                                                                               \
	X(issued_pem)                                                                                                  \
	X(superseded) /* serial of a certificate of this order that a re-issue replaces */                             \
	X(problem)    /* name of an error of error.h */                                                                \
	X(problem_what)
#define HALL_ORDER_NUMBERS_1(X)                                                                                        \
	X(same_key)                                                                                                    \
	X(price)                                                                                                       \
	X(created)                                                                                                     \
	X(updated)                                                                                                     \
	X(attempts) /* at the CA, for this key */                                                                      \
	X(next_try)                                                                                                    \
	X(reissues)
/* Members of later steps of the schema. */
#define HALL_ORDER_NUMBERS_2(X) X(key_iat) /* of the youngest proof for public_key */

#define HALL_ORDER_TEXTS_3(X)                                                                                          \
	X(format) /* of the envelope; NULL: a signing certificate only */                                              \
	X(encryption_pem)                                                                                              \
	X(encryption_serial)                                                                                           \
	X(encryption_superseded)	     /* serial, as superseded */                                               \
	X(envelope)			     /* base64 */
#define HALL_ORDER_NUMBERS_3(X) X(envelopes) /* made again, for this key */

#define HALL_ORDER_TEXTS_4(X) X(mark) /* what the agent calls the order on a key */

#define HALL_ORDER_TEXTS(X)                                                                                            \
	HALL_ORDER_TEXTS_1(X)                                                                                          \
	HALL_ORDER_TEXTS_3(X)                                                                                          \
	HALL_ORDER_TEXTS_4(X)
#define HALL_ORDER_NUMBERS(X)                                                                                          \
	HALL_ORDER_NUMBERS_1(X)                                                                                        \
	HALL_ORDER_NUMBERS_2(X)                                                                                        \
	HALL_ORDER_NUMBERS_3(X)

#define HALL_MEMBER_TEXT(name) char *name;
#define HALL_MEMBER_NUMBER(name) int64_t name;
/* Texts are the struct's, NULL when not given. */
struct hall_order {
	enum hall_state state;
	HALL_ORDER_TEXTS(HALL_MEMBER_TEXT)
	HALL_ORDER_NUMBERS(HALL_MEMBER_NUMBER)
};
#undef HALL_MEMBER_TEXT
#undef HALL_MEMBER_NUMBER

void hall_order_finish(struct hall_order *order);
/* Replaces a text of an order; false: out of memory. NULL clears it. */
bool hall_order_set(char **member, const char *value);

HALL_CHECKED enum hall_code hall_store_open(const char *path, struct hall_store **store, struct hall_error *error);
void hall_store_close(struct hall_store *store);

HALL_CHECKED enum hall_code hall_store_begin(struct hall_store *store, struct hall_error *error);
HALL_CHECKED enum hall_code hall_store_end(struct hall_store *store, enum hall_code code, struct hall_error *error);

enum hall_lookup {
	HALL_BY_ID,
	HALL_BY_OPEN_CERTIFICATE, /* the one open order of an old certificate */
	HALL_BY_DONE_CERTIFICATE, /* the installed or invoiced order of it */
	HALL_BY_ISSUED,		  /* the ISSUED order whose new certificate it is */
	HALL_BY_MARK,
};
/* order.absent when there is none. */
HALL_CHECKED enum hall_code hall_store_find(struct hall_store *store, enum hall_lookup by, const char *value,
					    struct hall_order *order, struct hall_error *error);

/* A NEW order with its first audit row. */
HALL_CHECKED enum hall_code hall_store_add(struct hall_store *store, const struct hall_order *order,
					   struct hall_error *error);

/* Writes the order as it is, without a move. */
HALL_CHECKED enum hall_code hall_store_save(struct hall_store *store, struct hall_order *order,
					    struct hall_error *error);

/* The move: order.state when the table refuses it. The order's other members
 * are written with it. actor: a visitor, "bank", "ca", "hall", "operator". */
HALL_CHECKED enum hall_code hall_store_move(struct hall_store *store, struct hall_order *order, enum hall_event event,
					    const char *actor, struct hall_error *error);

/* Names of orders, newest first, as a JSON array; the caller's. */
json_t *hall_store_visited_by(struct hall_store *store, const char *visitor);
/* Orders that wait for the CA. */
json_t *hall_store_waiting(struct hall_store *store);

HALL_CHECKED enum hall_code hall_store_visit(struct hall_store *store, const char *visitor, const char *order,
					     struct hall_error *error);
bool hall_store_has_visited(struct hall_store *store, const char *visitor, const char *order);

#endif
