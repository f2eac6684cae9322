/*
 * SQLite in a few words. Values are bound by a type text: 's' const char *
 * (NULL is SQL NULL), 'i' int64_t. WAL, synchronous=FULL: what was answered is
 * on the disk.
 */
#ifndef HALL_SQL_H
#define HALL_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "error.h"

/* Opens and brings the schema to count steps (PRAGMA user_version); each step
 * is run once, in a transaction. A newer schema than ours is an error. */
HALL_CHECKED enum hall_code hall_sql_open(const char *path, const char *const *steps, int count, sqlite3 **db,
					  struct hall_error *error);

/* Runs one statement that answers nothing. */
HALL_CHECKED enum hall_code hall_sql_run(sqlite3 *db, struct hall_error *error, const char *sql, const char *types,
					 ...);

/* A statement ready to step; the caller finalizes it. NULL: failed, logged. */
sqlite3_stmt *hall_sql_ask(sqlite3 *db, const char *sql, const char *types, ...);

/* Text of a column, "" for NULL; valid until the next step. */
const char *hall_sql_text(sqlite3_stmt *statement, int column);

HALL_CHECKED enum hall_code hall_sql_begin(sqlite3 *db, struct hall_error *error);
/* Commits when code is HALL_OK, else rolls back; returns what came of it. */
HALL_CHECKED enum hall_code hall_sql_end(sqlite3 *db, enum hall_code code, struct hall_error *error);

#endif
