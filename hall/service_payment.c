/* Paying: one open payment, money that comes once, twice, late or after a cancel. */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "cleanup.h"
#include "clock.h"

/* Window once more: an order that was opened in time is paid in time. */
static enum hall_code check_window(const struct hall *hall, const struct hall_order *order, struct hall_error *error)
{
	struct hall_certificate old;
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	int64_t end = old.not_after;
	hall_certificate_finish(&old);
	if (hall_window_at(&hall->settings.window, end, hall_clock_now()) != HALL_WINDOW_LATE)
		return HALL_OK;
	hall_fail(error, HALL_E_WINDOW_LATE);
	hall_clock_format(hall_window_closes(&hall->settings.window, end), error->closes);
	return HALL_E_WINDOW_LATE;
}

/* Closes a payment at the bank; money that was quicker counts. */
static enum hall_code retire(struct hall *hall, struct hall_payment *payment, struct hall_error *error)
{
	enum hall_bank_state state;
	enum hall_code code = hall->bank.close(hall->bank.self, payment->id, &state, error);
	if (code != HALL_OK)
		return code;
	if (state == HALL_BANK_PAID)
		return hall_service_money(hall, payment->id, error);
	payment->state = state == HALL_BANK_CLOSED ? HALL_PAYMENT_CLOSED : HALL_PAYMENT_EXPIRED;
	return hall_store_payment_save(hall->store, payment, error);
}

static enum hall_code open_new(struct hall *hall, const char *visitor, struct hall_order *order,
			       struct hall_error *error)
{
	int64_t now = hall_clock_now();
	struct hall_payment payment = {
		.amount = order->price, .created = now, .expires = now + hall->settings.payment_seconds};
	snprintf(payment.order, sizeof(payment.order), "%s", order->id);
	if (!hall_random_name(payment.id) || !hall_order_set(&order->payment, payment.id))
		return hall_fail_call(error, "RAND_bytes", "payment");
	enum hall_code code =
		hall->bank.open(hall->bank.self, payment.id, order->id, payment.amount, payment.expires, error);
	if (code == HALL_OK)
		code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	code = hall_store_payment_save(hall->store, &payment, error);
	if (code == HALL_OK)
		code = hall_store_move(hall->store, order, HALL_EVENT_PAY, visitor, error);
	return hall_store_end(hall->store, code, error);
}

static enum hall_code reload(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	HALL_AUTO_FREE char *id = strdup(order->id);
	hall_order_finish(order);
	return !id ? hall_fail_call(error, "strdup", "id") : hall_store_find(hall->store, HALL_BY_ID, id, order, error);
}

/* HALL_OK with a payment that can still be used, or payment.absent. */
static enum hall_code current(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	struct hall_payment payment;
	if (!order->payment)
		return hall_fail(error, HALL_E_PAYMENT_ABSENT);
	enum hall_code code = hall_store_payment_find(hall->store, order->payment, &payment, error);
	if (code != HALL_OK)
		return code;
	if (payment.state == HALL_PAYMENT_OPEN && payment.expires > hall_clock_now())
		return HALL_OK;
	if (payment.state == HALL_PAYMENT_OPEN)
		code = retire(hall, &payment, error);
	if (code == HALL_OK)
		code = reload(hall, order, error);
	return code == HALL_OK ? hall_fail(error, HALL_E_PAYMENT_ABSENT) : code;
}

enum hall_code hall_service_pay(struct hall *hall, const char *visitor, struct hall_order *order,
				struct hall_error *error)
{
	enum hall_state next = hall_order_next(order->state, HALL_EVENT_PAY);
	if (next == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	if (next != HALL_PAYING)
		return HALL_OK;
	enum hall_code code = current(hall, order, error);
	if (code != HALL_E_PAYMENT_ABSENT || hall_order_next(order->state, HALL_EVENT_PAY) != HALL_PAYING)
		return code == HALL_E_PAYMENT_ABSENT ? HALL_OK : code;
	code = check_window(hall, order, error);
	return code == HALL_OK ? open_new(hall, visitor, order, error) : code;
}

static enum hall_code book(struct hall *hall, struct hall_order *order, struct hall_payment *payment,
			   struct hall_error *error)
{
	bool wanted = order->state == HALL_PAYING;
	enum hall_code code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	payment->state = wanted ? HALL_PAYMENT_PAID : HALL_PAYMENT_REFUND_DUE;
	code = hall_store_payment_save(hall->store, payment, error);
	if (code == HALL_OK && wanted && !hall_order_set(&order->payment, payment->id))
		code = hall_fail_call(error, "strdup", "payment");
	if (code == HALL_OK)
		code = hall_store_move(hall->store, order, HALL_EVENT_MONEY, "bank", error);
	return hall_store_end(hall->store, code, error);
}

enum hall_code hall_service_money(struct hall *hall, const char *id, struct hall_error *error)
{
	struct hall_payment payment;
	struct hall_order order = {0};
	enum hall_code code = hall_store_payment_find(hall->store, id, &payment, error);

	if (code != HALL_OK || payment.state == HALL_PAYMENT_PAID || payment.state >= HALL_PAYMENT_REFUND_DUE)
		return code;
	code = hall_store_find(hall->store, HALL_BY_ID, payment.order, &order, error);
	if (code == HALL_OK)
		code = book(hall, &order, &payment, error);
	hall_order_finish(&order);
	if (code == HALL_OK && payment.state == HALL_PAYMENT_PAID)
		hall_service_close_payments(hall, payment.order);
	hall_service_work_refunds(hall);
	return code;
}

static void ask(struct hall *hall, const char *id)
{
	struct hall_payment payment;
	enum hall_bank_state state;
	enum hall_code code = hall_store_payment_find(hall->store, id, &payment, NULL);

	if (code == HALL_OK)
		code = hall->bank.query(hall->bank.self, id, &state, NULL);
	if (code == HALL_OK && state == HALL_BANK_PAID)
		code = hall_service_money(hall, id, NULL);
	else if (code == HALL_OK && state == HALL_BANK_CLOSED && payment.state < HALL_PAYMENT_CLOSED) {
		payment.state = HALL_PAYMENT_CLOSED;
		code = hall_store_payment_save(hall->store, &payment, NULL);
	}
	if (code != HALL_OK)
		fprintf(stderr, "keyhall-hall: payment %s: %s\n", id, hall_code_name(code));
}

void hall_service_ask_bank(struct hall *hall, const char *order)
{
	HALL_AUTO_JSON json_t *payments = hall_store_payments_pending(hall->store, order);
	size_t i;
	json_t *id;
	json_array_foreach(payments, i, id) ask(hall, json_string_value(id));
}

void hall_service_close_payments(struct hall *hall, const char *order)
{
	HALL_AUTO_JSON json_t *payments = hall_store_payments_pending(hall->store, order);
	size_t i;
	json_t *id;
	json_array_foreach(payments, i, id)
	{
		struct hall_payment payment;
		enum hall_code code = hall_store_payment_find(hall->store, json_string_value(id), &payment, NULL);
		if (code == HALL_OK && payment.state < HALL_PAYMENT_CLOSED)
			code = retire(hall, &payment, NULL);
		if (code != HALL_OK)
			fprintf(stderr, "keyhall-hall: close: %s\n", hall_code_name(code));
	}
}

void hall_service_work_refunds(struct hall *hall)
{
	HALL_AUTO_JSON json_t *payments = hall_store_payments_due(hall->store);
	size_t i;
	json_t *id;
	json_array_foreach(payments, i, id)
	{
		struct hall_payment payment;
		enum hall_code code = hall->bank.refund(hall->bank.self, json_string_value(id), NULL);
		if (code == HALL_OK)
			code = hall_store_payment_find(hall->store, json_string_value(id), &payment, NULL);
		if (code == HALL_OK) {
			payment.state = HALL_PAYMENT_REFUNDED;
			code = hall_store_payment_save(hall->store, &payment, NULL);
		}
		if (code != HALL_OK)
			fprintf(stderr, "keyhall-hall: refund: %s\n", hall_code_name(code));
	}
}

enum hall_code hall_service_refund(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	struct hall_payment payment;
	if (hall_order_next(order->state, HALL_EVENT_REFUND) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	enum hall_code code = hall_store_payment_find(hall->store, order->payment, &payment, error);
	if (code == HALL_OK)
		code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	if (payment.state == HALL_PAYMENT_PAID)
		payment.state = HALL_PAYMENT_REFUND_DUE;
	code = hall_store_payment_save(hall->store, &payment, error);
	if (code == HALL_OK)
		code = hall_store_move(hall->store, order, HALL_EVENT_REFUND, "operator", error);
	code = hall_store_end(hall->store, code, error);
	hall_service_work_refunds(hall);
	return code;
}
