/* The rehearsal bank: its books. Notices are sent by bank_notice.c. */
#include "bank_sandbox.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "bank_notice.h"
#include "cleanup.h"
#include "clock.h"
#include "encode.h"
#include "sql.h"
#include "system.h"

#define LATE_MAX 3600

static const char *const schema[] = {
	/* seen: when the bank's own books show the money */
	"CREATE TABLE payment (id TEXT PRIMARY KEY, order_id TEXT NOT NULL, amount INTEGER NOT NULL,"
	" expires INTEGER NOT NULL, paid INTEGER, seen INTEGER, closed INTEGER, refunded INTEGER);"
	"CREATE TABLE notice (number INTEGER PRIMARY KEY, payment TEXT NOT NULL, due INTEGER NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0)",
};

struct row {
	char id[HALL_NAME_SIZE];
	char order[HALL_NAME_SIZE];
	int64_t amount, expires, paid, seen, closed, refunded;
};

static struct hall_bank_books *lock(void *self)
{
	struct hall_bank_books *books = self;
	mtx_lock(&books->lock);
	return books;
}

static void unlock(struct hall_bank_books **books)
{
	mtx_unlock(&(*books)->lock);
}

/* The books, locked until the end of the scope. */
#define BOOKS(self) HALL_AUTO(unlock) struct hall_bank_books *books = lock(self)

static enum hall_code read_row(sqlite3 *db, const char *payment, struct row *out, struct hall_error *error)
{
	sqlite3_stmt *row = hall_sql_ask(
		db, "SELECT id, order_id, amount, expires, paid, seen, closed, refunded FROM payment WHERE id=?", "s",
		payment);
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	if (step == SQLITE_ROW) {
		snprintf(out->id, sizeof(out->id), "%s", hall_sql_text(row, 0));
		snprintf(out->order, sizeof(out->order), "%s", hall_sql_text(row, 1));
		int64_t *numbers[] = {&out->amount, &out->expires, &out->paid,
				      &out->seen,   &out->closed,  &out->refunded};
		for (int i = 0; i < 6; i++)
			*numbers[i] = sqlite3_column_int64(row, i + 2);
	}
	sqlite3_finalize(row);
	if (step == SQLITE_ROW)
		return HALL_OK;
	return step == SQLITE_DONE ? hall_fail(error, HALL_E_PAYMENT_ABSENT)
				   : hall_fail_call(error, "sqlite3_step", "bank payment");
}

static enum hall_bank_state state_of(const struct row *row)
{
	if (row->refunded != 0)
		return HALL_BANK_REFUNDED;
	if (row->paid != 0)
		return row->seen <= hall_clock_now() ? HALL_BANK_PAID : HALL_BANK_PROCESSING;
	return row->closed != 0 ? HALL_BANK_CLOSED : HALL_BANK_OPEN;
}

static enum hall_code open_payment(void *self, const char *payment, const char *order, int64_t amount, int64_t expires,
				   struct hall_error *error)
{
	BOOKS(self);
	return hall_sql_run(books->db, error,
			    "INSERT OR IGNORE INTO payment (id, order_id, amount, expires) VALUES (?,?,?,?)", "ssii",
			    payment, order, amount, expires);
}

static enum hall_code look(struct hall_bank_books *books, const char *payment, enum hall_bank_state *state,
			   struct hall_error *error)
{
	struct row row;
	enum hall_code code = read_row(books->db, payment, &row, error);
	if (code == HALL_OK)
		*state = state_of(&row);
	return code;
}

static enum hall_code query(void *self, const char *payment, enum hall_bank_state *state, struct hall_error *error)
{
	BOOKS(self);
	return look(books, payment, state, error);
}

static enum hall_code close_payment(void *self, const char *payment, enum hall_bank_state *state,
				    struct hall_error *error)
{
	BOOKS(self);
	enum hall_code code = hall_sql_run(books->db, error,
					   "UPDATE payment SET closed=coalesce(closed,?) WHERE id=? AND paid IS NULL",
					   "is", hall_clock_now(), payment);
	return code == HALL_OK ? look(books, payment, state, error) : code;
}

static enum hall_code refund(void *self, const char *payment, struct hall_error *error)
{
	BOOKS(self);
	return hall_sql_run(books->db, error,
			    "UPDATE payment SET refunded=coalesce(refunded,?) WHERE id=? AND paid IS NOT NULL", "is",
			    hall_clock_now(), payment);
}

static enum hall_code check_notice(void *self, const void *body, size_t length, const char *signature,
				   struct hall_error *error)
{
	struct hall_bank_books *books = self;
	char own[HALL_HASH_SIZE];
	if (signature && hall_hmac(books->secret, sizeof(books->secret), body, length, own) &&
	    hall_same_secret(own, signature))
		return HALL_OK;
	return hall_fail(error, HALL_E_NOTICE_INVALID);
}

static enum hall_code add_notice(sqlite3 *db, const char *payment, int64_t due, struct hall_error *error)
{
	return hall_sql_run(db, error, "INSERT INTO notice (payment, due) VALUES (?,?)", "si", payment, due);
}

static enum hall_code take_money(sqlite3 *db, const char *payment, const char *mode, int64_t seen,
				 struct hall_error *error)
{
	int64_t now = hall_clock_now();
	enum hall_code code = hall_sql_begin(db, error);
	if (code != HALL_OK)
		return code;
	code = hall_sql_run(
		db, error,
		"UPDATE payment SET paid=?, seen=? WHERE id=? AND paid IS NULL AND closed IS NULL AND expires>?",
		"iisi", now, seen, payment, now);
	bool took = code == HALL_OK && sqlite3_changes(db) == 1;
	if (took && strcmp(mode, "silent") != 0)
		code = add_notice(db, payment, seen, error);
	if (took && code == HALL_OK && strcmp(mode, "twice") == 0)
		code = add_notice(db, payment, seen, error);
	return hall_sql_end(db, code, error);
}

enum hall_code hall_bank_pay(struct hall_bank *bank, const char *payment, const char *mode, int64_t seconds,
			     struct hall_error *error)
{
	BOOKS(bank->self);
	bool late = strcmp(mode, "late") == 0;
	struct row row;

	if (!late && strcmp(mode, "now") != 0 && strcmp(mode, "twice") != 0 && strcmp(mode, "silent") != 0)
		return hall_fail_field(error, "mode");
	if (seconds < 0 || seconds > LATE_MAX)
		return hall_fail_field(error, "seconds");
	enum hall_code code = take_money(books->db, payment, mode, hall_clock_now() + (late ? seconds : 0), error);
	if (code == HALL_OK)
		code = read_row(books->db, payment, &row, error);
	if (code == HALL_OK && row.paid == 0)
		code = hall_fail(error, HALL_E_PAYMENT_EXPIRED);
	cnd_signal(&books->wake);
	return code;
}

enum hall_code hall_bank_show(struct hall_bank *bank, const char *payment, json_t **out, struct hall_error *error)
{
	static const char *const names[] = {"open", "processing", "paid", "closed", "refunded"};
	BOOKS(bank->self);
	struct row row;
	char expires[HALL_TIME_SIZE];
	enum hall_code code = read_row(books->db, payment, &row, error);

	if (code != HALL_OK)
		return code;
	enum hall_bank_state state = state_of(&row);
	bool over = state == HALL_BANK_OPEN && row.expires <= hall_clock_now();
	hall_clock_format(row.expires, expires);
	*out = json_pack("{s:s, s:s, s:I, s:s, s:s}", "id", row.id, "order", row.order, "amount",
			 (json_int_t)row.amount, "expires", expires, "state", over ? "expired" : names[state]);
	return HALL_OK;
}

static enum hall_code read_secret(const char *state, unsigned char secret[32], struct hall_error *error)
{
	HALL_AUTO_FREE char *path = hall_path(state, "bank.key");
	size_t length = 0;
	HALL_AUTO_FREE char *data = !path ? NULL : hall_file_read(path, 32, &length);
	if (data && length == 32) {
		memcpy(secret, data, 32);
		return HALL_OK;
	}
	if (path && RAND_bytes(secret, 32) == 1 && hall_file_write(path, secret, 32, true))
		return HALL_OK;
	return hall_fail_call(error, "write", "bank.key");
}

enum hall_code hall_bank_open(const char *state, const char *notice_url, const char *trust, struct hall_bank *bank,
			      struct hall_error *error)
{
	HALL_AUTO_FREE char *path = hall_path(state, "bank.db");
	struct hall_bank_books *books = calloc(1, sizeof(*books));
	if (!path || !books || !hall_bank_notice_init(books, notice_url, trust)) {
		free(books);
		return hall_fail_call(error, "calloc", "bank");
	}
	*bank = (struct hall_bank){.self = books,
				   .open = open_payment,
				   .query = query,
				   .close = close_payment,
				   .refund = refund,
				   .check_notice = check_notice};
	enum hall_code code = read_secret(state, books->secret, error);
	if (code == HALL_OK)
		code = hall_sql_open(path, schema, 1, &books->db, error);
	if (code != HALL_OK)
		hall_bank_close(bank);
	return code;
}

enum hall_code hall_bank_start(struct hall_bank *bank, struct hall_error *error)
{
	return hall_bank_notice_start(bank->self) ? HALL_OK : hall_fail_call(error, "thrd_create", "bank");
}

void hall_bank_close(struct hall_bank *bank)
{
	struct hall_bank_books *books = bank->self;
	if (!books)
		return;
	hall_bank_notice_finish(books);
	sqlite3_close(books->db);
	free(books);
	*bank = (struct hall_bank){0};
}
