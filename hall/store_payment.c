/* Payments and errands in SQLite. */
#include "store_payment.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sql.h"
#include "store_own.h"

static const char *const states[HALL_PAYMENT_STATE_COUNT] = {
	[HALL_PAYMENT_OPEN] = "open", [HALL_PAYMENT_EXPIRED] = "expired",	[HALL_PAYMENT_CLOSED] = "closed",
	[HALL_PAYMENT_PAID] = "paid", [HALL_PAYMENT_REFUND_DUE] = "refund-due", [HALL_PAYMENT_REFUNDED] = "refunded",
};

static const char *const kinds[] = {[HALL_ERRAND_REVOKE] = "revoke", [HALL_ERRAND_CONFIRM] = "confirm"};

enum hall_code hall_store_payment_save(struct hall_store *store, const struct hall_payment *payment,
				       struct hall_error *error)
{
	return hall_sql_run(store->db, error,
			    "INSERT INTO payment (id, order_id, state, amount, created, expires) VALUES (?,?,?,?,?,?)"
			    " ON CONFLICT (id) DO UPDATE SET state=excluded.state",
			    "sssiii", payment->id, payment->order, states[payment->state], payment->amount,
			    payment->created, payment->expires);
}

static enum hall_payment_state state_of(const char *name)
{
	int state = 0;
	while (state < HALL_PAYMENT_STATE_COUNT - 1 && strcmp(states[state], name) != 0)
		state++;
	return (enum hall_payment_state)state;
}

enum hall_code hall_store_payment_find(struct hall_store *store, const char *id, struct hall_payment *payment,
				       struct hall_error *error)
{
	sqlite3_stmt *row = hall_sql_ask(
		store->db, "SELECT id, order_id, state, amount, created, expires FROM payment WHERE id=?", "s", id);
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	if (step == SQLITE_ROW) {
		snprintf(payment->id, sizeof(payment->id), "%s", hall_sql_text(row, 0));
		snprintf(payment->order, sizeof(payment->order), "%s", hall_sql_text(row, 1));
		payment->state = state_of(hall_sql_text(row, 2));
		payment->amount = sqlite3_column_int64(row, 3);
		payment->created = sqlite3_column_int64(row, 4);
		payment->expires = sqlite3_column_int64(row, 5);
	}
	sqlite3_finalize(row);
	if (step == SQLITE_ROW)
		return HALL_OK;
	return step == SQLITE_DONE ? hall_fail(error, HALL_E_PAYMENT_ABSENT)
				   : hall_fail_call(error, "sqlite3_step", "payment");
}

static json_t *list(sqlite3_stmt *row)
{
	json_t *out = json_array();
	while (row && sqlite3_step(row) == SQLITE_ROW)
		json_array_append_new(out, json_string(hall_sql_text(row, 0)));
	sqlite3_finalize(row);
	return out;
}

#define PENDING "SELECT id FROM payment WHERE state IN ('open','expired','refund-due')"

json_t *hall_store_payments_pending(struct hall_store *store, const char *order)
{
	if (!order)
		return list(hall_sql_ask(store->db, PENDING, ""));
	return list(hall_sql_ask(store->db, PENDING " AND order_id=?", "s", order));
}

json_t *hall_store_payments_due(struct hall_store *store)
{
	return list(hall_sql_ask(store->db, "SELECT id FROM payment WHERE state='refund-due'", ""));
}

enum hall_code hall_store_errand_add(struct hall_store *store, enum hall_errand kind, const char *serial,
				     const char *order, struct hall_error *error)
{
	return hall_sql_run(store->db, error, "INSERT OR IGNORE INTO errand (kind, serial, order_id) VALUES (?,?,?)",
			    "sss", kinds[kind], serial, order);
}

json_t *hall_store_errands(struct hall_store *store, enum hall_errand kind)
{
	return list(
		hall_sql_ask(store->db, "SELECT serial FROM errand WHERE kind=? AND done IS NULL", "s", kinds[kind]));
}

enum hall_code hall_store_errand_done(struct hall_store *store, enum hall_errand kind, const char *serial,
				      struct hall_error *error)
{
	return hall_sql_run(store->db, error, "UPDATE errand SET done=? WHERE kind=? AND serial=?", "iss",
			    hall_clock_now(), kinds[kind], serial);
}
