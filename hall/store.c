/* Orders, audit and visitors in SQLite. */
#include "store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sql.h"
#include "store_own.h"

#define COLUMN_TEXT(name) #name " TEXT,"
#define COLUMN_NUMBER(name) #name " INTEGER NOT NULL,"
#define ADD_TEXT(name) "ALTER TABLE orders ADD COLUMN " #name " TEXT;"
#define ADD_NUMBER(name) "ALTER TABLE orders ADD COLUMN " #name " INTEGER NOT NULL DEFAULT 0;"
#define NAMES(name) #name ","
#define ASSIGN(name) #name "=?,"
#define MARK(name) "?,"

static const char *const schema[] = {
	"CREATE TABLE orders (" HALL_ORDER_TEXTS_1(COLUMN_TEXT) HALL_ORDER_NUMBERS_1(COLUMN_NUMBER)
	"state TEXT NOT NULL, PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX one_open ON orders (certificate)"
	" WHERE state NOT IN ('INSTALLED','INVOICED','CANCELLED','REFUND');"
	"CREATE INDEX by_certificate ON orders (certificate);"
	"CREATE INDEX by_issued ON orders (issued_id);"
	"CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
	" order_id TEXT NOT NULL REFERENCES orders, event TEXT NOT NULL, old_state TEXT NOT NULL,"
	" new_state TEXT NOT NULL, actor TEXT NOT NULL);"
	"CREATE INDEX audit_by_order ON audit (order_id);"
	"CREATE TABLE visit (visitor TEXT NOT NULL, order_id TEXT NOT NULL REFERENCES orders,"
	" PRIMARY KEY (visitor, order_id)) WITHOUT ROWID;"
	"CREATE TABLE payment (id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders,"
	" state TEXT NOT NULL, amount INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL);"
	"CREATE INDEX payment_by_order ON payment (order_id);"
	"CREATE TABLE errand (kind TEXT NOT NULL, serial TEXT NOT NULL, order_id TEXT NOT NULL REFERENCES orders,"
	" done INTEGER, PRIMARY KEY (kind, serial)) WITHOUT ROWID",
	HALL_ORDER_NUMBERS_2(ADD_NUMBER),
	HALL_ORDER_TEXTS_3(ADD_TEXT) HALL_ORDER_NUMBERS_3(ADD_NUMBER),
	HALL_ORDER_TEXTS_4(ADD_TEXT) "CREATE INDEX by_mark ON orders (mark)",
};

static const size_t texts[] = {
#define OFFSET(name) offsetof(struct hall_order, name),
	HALL_ORDER_TEXTS(OFFSET)};
static const size_t numbers[] = {HALL_ORDER_NUMBERS(OFFSET)};
#undef OFFSET

#define TEXT_COUNT (sizeof(texts) / sizeof(*texts))
#define NUMBER_COUNT (sizeof(numbers) / sizeof(*numbers))

static char **text_at(const struct hall_order *order, size_t i)
{
	return (char **)((uintptr_t)order + texts[i]);
}

static int64_t *number_at(const struct hall_order *order, size_t i)
{
	return (int64_t *)((uintptr_t)order + numbers[i]);
}

void hall_order_finish(struct hall_order *order)
{
	for (size_t i = 0; i < TEXT_COUNT; i++)
		free(*text_at(order, i));
	*order = (struct hall_order){0};
}

bool hall_order_set(char **member, const char *value)
{
	char *copy = !value ? NULL : strdup(value);
	if (value && !copy)
		return false;
	free(*member);
	*member = copy;
	return true;
}

enum hall_code hall_store_open(const char *path, struct hall_store **store, struct hall_error *error)
{
	struct hall_store *out = calloc(1, sizeof(*out));
	if (!out)
		return hall_fail_call(error, "calloc", "store");
	enum hall_code code = hall_sql_open(path, schema, sizeof(schema) / sizeof(*schema), &out->db, error);
	if (code == HALL_OK)
		*store = out;
	else
		free(out);
	return code;
}

void hall_store_close(struct hall_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	free(store);
}

enum hall_code hall_store_begin(struct hall_store *store, struct hall_error *error)
{
	return hall_sql_begin(store->db, error);
}

enum hall_code hall_store_end(struct hall_store *store, enum hall_code code, struct hall_error *error)
{
	return hall_sql_end(store->db, code, error);
}

static bool read_order(sqlite3_stmt *row, struct hall_order *order)
{
	int column = 0;
	for (size_t i = 0; i < TEXT_COUNT; i++, column++)
		if (sqlite3_column_type(row, column) != SQLITE_NULL &&
		    !hall_order_set(text_at(order, i), hall_sql_text(row, column)))
			return false;
	for (size_t i = 0; i < NUMBER_COUNT; i++, column++)
		*number_at(order, i) = sqlite3_column_int64(row, column);
	order->state = hall_state_of(hall_sql_text(row, column));
	return order->state != HALL_STATE_NONE;
}

#define SELECT "SELECT " HALL_ORDER_TEXTS(NAMES) HALL_ORDER_NUMBERS(NAMES) "state FROM orders WHERE "

static const char *const lookups[] = {
	[HALL_BY_ID] = SELECT "id=?",
	[HALL_BY_OPEN_CERTIFICATE] =
		SELECT "certificate=? AND state NOT IN ('INSTALLED','INVOICED','CANCELLED','REFUND')",
	[HALL_BY_DONE_CERTIFICATE] = SELECT "certificate=? AND state IN ('INSTALLED','INVOICED')",
	[HALL_BY_ISSUED] = SELECT "issued_id=? AND state='ISSUED'",
	[HALL_BY_MARK] = SELECT "mark=?",
};

enum hall_code hall_store_find(struct hall_store *store, enum hall_lookup by, const char *value,
			       struct hall_order *order, struct hall_error *error)
{
	struct hall_order out = {0};
	sqlite3_stmt *row = hall_sql_ask(store->db, lookups[by], "s", value);
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	enum hall_code code = HALL_OK;

	if (step == SQLITE_DONE)
		code = hall_fail(error, HALL_E_ORDER_ABSENT);
	else if (step != SQLITE_ROW || !read_order(row, &out))
		code = hall_fail_call(error, "sqlite3_step", "orders");
	sqlite3_finalize(row);
	if (code == HALL_OK)
		*order = out;
	else
		hall_order_finish(&out);
	return code;
}

static enum hall_code write_order(struct hall_store *store, const char *sql, const struct hall_order *order, bool named,
				  struct hall_error *error)
{
	sqlite3_stmt *row = hall_sql_ask(store->db, sql, "");
	int result = !row ? SQLITE_ERROR : SQLITE_OK;
	int column = 1;

	for (size_t i = 0; i < TEXT_COUNT && result == SQLITE_OK; i++)
		result = sqlite3_bind_text(row, column++, *text_at(order, i), -1, SQLITE_STATIC);
	for (size_t i = 0; i < NUMBER_COUNT && result == SQLITE_OK; i++)
		result = sqlite3_bind_int64(row, column++, *number_at(order, i));
	if (result == SQLITE_OK)
		result = sqlite3_bind_text(row, column++, hall_state_name(order->state), -1, SQLITE_STATIC);
	if (result == SQLITE_OK && named)
		result = sqlite3_bind_text(row, column, order->id, -1, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_step(row);
	sqlite3_finalize(row);
	return result == SQLITE_DONE ? HALL_OK : hall_fail_call(error, "sqlite3_step", sqlite3_errmsg(store->db));
}

static enum hall_code write_audit(struct hall_store *store, const struct hall_order *order, const char *event,
				  enum hall_state from, const char *actor, struct hall_error *error)
{
	return hall_sql_run(
		store->db, error,
		"INSERT INTO audit (time, order_id, event, old_state, new_state, actor) VALUES (?,?,?,?,?,?)", "isssss",
		hall_clock_now(), order->id, event, hall_state_name(from), hall_state_name(order->state), actor);
}

enum hall_code hall_store_add(struct hall_store *store, const struct hall_order *order, struct hall_error *error)
{
	static const char sql[] = "INSERT INTO orders (" HALL_ORDER_TEXTS(NAMES)
		HALL_ORDER_NUMBERS(NAMES) "state) VALUES (" HALL_ORDER_TEXTS(MARK) HALL_ORDER_NUMBERS(MARK) "?)";
	enum hall_code code = write_order(store, sql, order, false, error);
	if (code == HALL_OK)
		code = write_audit(store, order, "open", HALL_STATE_NONE, order->opened_by, error);
	return code;
}

enum hall_code hall_store_save(struct hall_store *store, struct hall_order *order, struct hall_error *error)
{
	static const char sql[] =
		"UPDATE orders SET " HALL_ORDER_TEXTS(ASSIGN) HALL_ORDER_NUMBERS(ASSIGN) "state=? WHERE id=?";
	order->updated = hall_clock_now();
	return write_order(store, sql, order, true, error);
}

static enum hall_code move(struct hall_store *store, struct hall_order *order, enum hall_event event,
			   enum hall_state from, const char *actor, struct hall_error *error)
{
	bool alone = sqlite3_get_autocommit(store->db) != 0;
	enum hall_code code = alone ? hall_store_begin(store, error) : HALL_OK;
	if (code != HALL_OK)
		return code;
	code = hall_store_save(store, order, error);
	if (code == HALL_OK)
		code = write_audit(store, order, hall_event_name(event), from, actor, error);
	return alone ? hall_store_end(store, code, error) : code;
}

enum hall_code hall_store_move(struct hall_store *store, struct hall_order *order, enum hall_event event,
			       const char *actor, struct hall_error *error)
{
	enum hall_state from = order->state;
	enum hall_state next = hall_order_next(from, event);
	if (next == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(from));
	order->state = next;
	enum hall_code code = move(store, order, event, from, actor, error);
	if (code != HALL_OK)
		order->state = from;
	return code;
}

static json_t *name_list(sqlite3_stmt *row)
{
	json_t *list = json_array();
	while (row && sqlite3_step(row) == SQLITE_ROW)
		json_array_append_new(list, json_string(hall_sql_text(row, 0)));
	sqlite3_finalize(row);
	return list;
}

json_t *hall_store_visited_by(struct hall_store *store, const char *visitor)
{
	return name_list(hall_sql_ask(store->db,
				      "SELECT orders.id FROM orders JOIN visit ON visit.order_id=orders.id"
				      " WHERE visitor=? ORDER BY created DESC, orders.rowid DESC LIMIT 100",
				      "s", visitor));
}

json_t *hall_store_waiting(struct hall_store *store)
{
	return name_list(hall_sql_ask(store->db, "SELECT id FROM orders WHERE state IN ('KEY_BOUND','APPLIED')", ""));
}

enum hall_code hall_store_visit(struct hall_store *store, const char *visitor, const char *order,
				struct hall_error *error)
{
	return hall_sql_run(store->db, error, "INSERT OR IGNORE INTO visit VALUES (?,?)", "ss", visitor, order);
}

bool hall_store_has_visited(struct hall_store *store, const char *visitor, const char *order)
{
	sqlite3_stmt *row =
		hall_sql_ask(store->db, "SELECT 1 FROM visit WHERE visitor=? AND order_id=?", "ss", visitor, order);
	bool found = row && sqlite3_step(row) == SQLITE_ROW;
	sqlite3_finalize(row);
	return found;
}
