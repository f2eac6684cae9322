/* SQLite in a few words. */
#include "sql.h"

#include <stdarg.h>
#include <stdio.h>

#include "system.h"

static enum hall_code fail(sqlite3 *db, struct hall_error *error, const char *call)
{
	return hall_fail_call(error, call, !db ? "no database" : sqlite3_errmsg(db));
}

static bool execute(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int version_of(sqlite3 *db)
{
	sqlite3_stmt *statement = hall_sql_ask(db, "PRAGMA user_version", "");
	int version = statement && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
	sqlite3_finalize(statement);
	return version;
}

static bool migrate(sqlite3 *db, const char *const *steps, int count)
{
	if (!execute(db, "BEGIN IMMEDIATE"))
		return false;
	int version = version_of(db);
	bool good = version >= 0 && version <= count;
	for (; good && version < count; version++)
		good = execute(db, steps[version]);
	char mark[48];
	snprintf(mark, sizeof(mark), "PRAGMA user_version=%d", count);
	if (good && execute(db, mark) && execute(db, "COMMIT"))
		return true;
	execute(db, "ROLLBACK");
	return false;
}

enum hall_code hall_sql_open(const char *path, const char *const *steps, int count, sqlite3 **db,
			     struct hall_error *error)
{
	sqlite3 *out = NULL;

	if (!hall_file_reserve(path))
		return hall_fail_call(error, "open", path);
	if (sqlite3_open_v2(path, &out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL) !=
		    SQLITE_OK ||
	    sqlite3_busy_timeout(out, 10000) != SQLITE_OK ||
	    !execute(out, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON") ||
	    !migrate(out, steps, count)) {
		enum hall_code code = fail(out, error, "sqlite3_open");
		sqlite3_close(out);
		return code;
	}
	*db = out;
	return HALL_OK;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *types, va_list values)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	for (int at = 1; result == SQLITE_OK && *types != '\0'; at++, types++) {
		if (*types == 'i')
			result = sqlite3_bind_int64(statement, at, va_arg(values, int64_t));
		else
			result = sqlite3_bind_text(statement, at, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
	}
	if (result == SQLITE_OK)
		return statement;
	sqlite3_finalize(statement);
	return NULL;
}

enum hall_code hall_sql_run(sqlite3 *db, struct hall_error *error, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = prepare(db, sql, types, values);
	va_end(values);
	int result = !statement ? SQLITE_ERROR : sqlite3_step(statement);
	enum hall_code code = result == SQLITE_DONE ? HALL_OK : fail(db, error, "sqlite3_step");
	sqlite3_finalize(statement);
	return code;
}

sqlite3_stmt *hall_sql_ask(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = prepare(db, sql, types, values);
	va_end(values);
	if (!statement)
		fail(db, NULL, "sqlite3_prepare");
	return statement;
}

const char *hall_sql_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);
	return !text ? "" : (const char *)text;
}

enum hall_code hall_sql_begin(sqlite3 *db, struct hall_error *error)
{
	return execute(db, "BEGIN IMMEDIATE") ? HALL_OK : fail(db, error, "BEGIN");
}

enum hall_code hall_sql_end(sqlite3 *db, enum hall_code code, struct hall_error *error)
{
	if (code == HALL_OK && execute(db, "COMMIT"))
		return HALL_OK;
	if (code == HALL_OK)
		code = fail(db, error, "COMMIT");
	execute(db, "ROLLBACK");
	return code;
}
