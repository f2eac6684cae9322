/*
 * What the hall does with an order; no HTTP in here. Every call may be made
 * twice, from two browsers, before and after a crash: it finds the order, looks
 * where it stands (asks the bank, asks the CA), and goes on from there.
 *
 * Calls that hand out an order give it to the caller (hall_order_finish). They
 * are not for two threads at once: the server holds its lock.
 *
 * visitor: hash of the browser's cookie. An order is opened by showing its old
 * certificate, which makes it known to that browser; the rest asks for that.
 */
#ifndef HALL_SERVICE_H
#define HALL_SERVICE_H

#include "bank.h"
#include "ca.h"
#include "kmc.h"
#include "store_payment.h"
#include "window.h"

struct hall_settings {
	const char *origin; /* own, as browsers write it */
	struct hall_window window;
	int64_t price; /* cents */
	int64_t payment_seconds;
	int64_t ca_retry_seconds; /* first pause after the CA was away; doubles up to 10 minutes */
	int64_t ca_tries;	  /* then MANUAL */
	int64_t reissues;
	int64_t envelopes; /* made again, for one key */
	bool dual;	   /* two certificates */
	bool allow_single; /* for a key that takes no encryption key */
};

struct hall {
	struct hall_settings settings;
	struct hall_store *store;
	struct hall_ca ca;
	struct hall_kmc kmc; /* self NULL: none */
	struct hall_bank bank;
};

/* At start: what a crash left undone. */
void hall_service_repair(struct hall *hall);

/* ---- service_order.c ---- */

/* The order that hall_service_open would find; found: there is one. */
HALL_CHECKED enum hall_code hall_service_find(struct hall *hall, const char *visitor, const char *certificate,
					      struct hall_order *order, bool *found, struct hall_error *error);

/* key_type may be NULL. created tells a new order from one that was found. */
HALL_CHECKED enum hall_code hall_service_open(struct hall *hall, const char *visitor, const char *certificate,
					      const char *key_type, struct hall_order *order, bool *created,
					      struct hall_error *error);

/* The order as it stands now. order.absent. */
HALL_CHECKED enum hall_code hall_service_look(struct hall *hall, const char *id, struct hall_order *order,
					      struct hall_error *error);

/* The same for calls that change it: order.foreign when this browser has not
 * opened it. */
HALL_CHECKED enum hall_code hall_service_take(struct hall *hall, const char *visitor, const char *id,
					      struct hall_order *order, struct hall_error *error);

HALL_CHECKED enum hall_code hall_service_bind(struct hall *hall, const char *visitor, struct hall_order *order,
					      const char *token_serial, struct hall_error *error);

struct hall_confirmation {
	const char *company;
	const char *credit_code;
	const char *name;
	const char *phone;
	const char *email; /* "" when not given */
};
HALL_CHECKED enum hall_code hall_service_confirm(struct hall *hall, const char *visitor, struct hall_order *order,
						 const struct hall_confirmation *given, struct hall_error *error);

HALL_CHECKED enum hall_code hall_service_cancel(struct hall *hall, const char *visitor, struct hall_order *order,
						struct hall_error *error);

/* Operator: order.state unless MANUAL (retry), PAID or MANUAL (refund). */
HALL_CHECKED enum hall_code hall_service_retry(struct hall *hall, struct hall_order *order, struct hall_error *error);
HALL_CHECKED enum hall_code hall_service_refund(struct hall *hall, struct hall_order *order, struct hall_error *error);

/* ---- service_payment.c ---- */

/* An open payment of the order; after PAID nothing happens. */
HALL_CHECKED enum hall_code hall_service_pay(struct hall *hall, const char *visitor, struct hall_order *order,
					     struct hall_error *error);

/* The bank says that the money of a payment came. */
HALL_CHECKED enum hall_code hall_service_money(struct hall *hall, const char *payment, struct hall_error *error);

/* Asks the bank about every payment of the order that is not settled; order
 * NULL: of every order. */
void hall_service_ask_bank(struct hall *hall, const char *order);
/* Nobody shall be able to pay for this order any more. */
void hall_service_close_payments(struct hall *hall, const char *order);
/* Sends back money that must go back. */
void hall_service_work_refunds(struct hall *hall);

/* ---- service_issue.c ---- */

struct hall_offer {
	const char *csr;
	const char *proof;
	json_t *algorithms; /* how the key can take an encryption key; NULL: not told */
};
HALL_CHECKED enum hall_code hall_service_key(struct hall *hall, const char *visitor, struct hall_order *order,
					     const struct hall_offer *offer, struct hall_error *error);
HALL_CHECKED enum hall_code hall_service_receipt(struct hall *hall, const char *visitor, struct hall_order *order,
						 const char *receipt, struct hall_error *error);

/* Asks the CA when the order waits for it and the pause is over. What the CA
 * says is written into the order; an error is the hall's own. */
HALL_CHECKED enum hall_code hall_service_ask_ca(struct hall *hall, struct hall_order *order, struct hall_error *error);
/* Tells the CA what it must still be told. */
void hall_service_work_errands(struct hall *hall);

/* ---- service_dual.c: nothing happens to orders without a format ---- */

/* *format NULL: a signing certificate only. key.import when the key cannot take
 * the encryption key and that is not allowed. */
HALL_CHECKED enum hall_code hall_service_choose_format(struct hall *hall, EVP_PKEY *signing, json_t *algorithms,
						       const char **format, struct hall_error *error);
/* Before the signing certificate: what can fail shall fail before it. */
HALL_CHECKED enum hall_code hall_service_prepare_pair(struct hall *hall, const struct hall_order *order,
						      struct hall_error *error);
/* After it, into the order. name: of the request for the signing certificate. */
HALL_CHECKED enum hall_code hall_service_issue_encryption(struct hall *hall, struct hall_order *order, const char *name,
							  const char *signing_pem, struct hall_error *error);
/* Another key takes its place; the certificate is to be revoked. */
HALL_CHECKED enum hall_code hall_service_forget_encryption(struct hall_order *order, struct hall_error *error);

/* The same encryption key in a new envelope: encryption.absent, order.envelopes. */
HALL_CHECKED enum hall_code hall_service_envelope(struct hall *hall, const char *visitor, struct hall_order *order,
						  struct hall_error *error);

#endif
