/* The small CA's settings and its published list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca_build.h"
#include "ca_own.h"
#include "cleanup.h"
#include "clock.h"
#include "sql.h"
#include "system.h"

char *hall_ca_setting(sqlite3 *db, const char *name)
{
	sqlite3_stmt *row = hall_sql_ask(db, "SELECT value FROM setting WHERE name=?", "s", name);
	char *value = row && sqlite3_step(row) == SQLITE_ROW ? strdup(hall_sql_text(row, 0)) : NULL;
	sqlite3_finalize(row);
	return value;
}

enum hall_code hall_ca_set(sqlite3 *db, const char *name, const char *value, struct hall_error *error)
{
	return hall_sql_run(db, error,
			    "INSERT INTO setting VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
			    "ss", name, value);
}

int64_t hall_ca_setting_number(sqlite3 *db, const char *name)
{
	HALL_AUTO_FREE char *value = hall_ca_setting(db, name);
	return !value ? 0 : strtoll(value, NULL, 10);
}

static enum hall_code set_number(sqlite3 *db, const char *name, int64_t number, struct hall_error *error)
{
	char value[24];
	snprintf(value, sizeof(value), "%lld", (long long)number);
	return hall_ca_set(db, name, value, error);
}

/* Records that cannot be read to their end make no list: a shorter one would
 * lift revocations. */
static bool read_revoked(sqlite3 *db, struct hall_ca_revoked *out, size_t max, size_t *count)
{
	sqlite3_stmt *row = hall_sql_ask(db, "SELECT serial, revoked FROM certificate WHERE revoked IS NOT NULL", "");
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	for (*count = 0; step == SQLITE_ROW && *count < max; step = sqlite3_step(row)) {
		out[*count].serial = strdup(hall_sql_text(row, 0));
		out[(*count)++].time = sqlite3_column_int64(row, 1);
	}
	sqlite3_finalize(row);
	return step == SQLITE_DONE;
}

static bool count_revoked(sqlite3 *db, size_t *count)
{
	sqlite3_stmt *row = hall_sql_ask(db, "SELECT count(*) FROM certificate WHERE revoked IS NOT NULL", "");
	bool read = row && sqlite3_step(row) == SQLITE_ROW;
	*count = read ? (size_t)sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return read;
}

static enum hall_code write_crl(struct hall_ca_openssl *own, X509_CRL *crl, struct hall_error *error)
{
	uint8_t *der = NULL;
	int length = !crl ? -1 : i2d_X509_CRL(crl, &der);
	bool done = length > 0 && hall_file_write(own->crl, der, (size_t)length, false);
	OPENSSL_free(der);
	return done ? HALL_OK : hall_fail_call(error, "write", "crl.der");
}

static enum hall_code write_list(struct hall_ca_openssl *own, int64_t number, struct hall_error *error)
{
	size_t max, count = 0;
	if (!count_revoked(own->db, &max))
		return hall_fail_call(error, "count certificate", sqlite3_errmsg(own->db));
	struct hall_ca_revoked *rows = calloc(max + 1, sizeof(*rows));
	if (!rows)
		return hall_fail_call(error, "calloc", "revoked");
	bool whole = read_revoked(own->db, rows, max, &count);
	X509_CRL *crl =
		whole ? hall_ca_build_crl(own->files.issuing, own->files.issuing_key, number, rows, count) : NULL;
	enum hall_code code =
		whole ? write_crl(own, crl, error) : hall_fail_call(error, "read certificate", sqlite3_errmsg(own->db));
	X509_CRL_free(crl);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)rows[i].serial);
	free(rows);
	return code;
}

/* Committed before the list is written: after a crash no number is used twice. */
static enum hall_code take_number(sqlite3 *db, int64_t *number, struct hall_error *error)
{
	enum hall_code code = hall_sql_begin(db, error);
	if (code != HALL_OK)
		return code;
	*number = hall_ca_setting_number(db, "crl_number") + 1;
	return hall_sql_end(db, set_number(db, "crl_number", *number, error), error);
}

/* A list with a later number knows every revocation that was recorded before ours was taken. */
static enum hall_code publish(struct hall_ca_openssl *own, int64_t number, struct hall_error *error)
{
	if (hall_ca_setting_number(own->db, "crl_written") > number)
		return HALL_OK;
	enum hall_code code = write_list(own, number, error);
	if (code == HALL_OK)
		code = set_number(own->db, "crl_written", number, error);
	return code == HALL_OK ? set_number(own->db, "crl_time", hall_clock_now(), error) : code;
}

/* One at a time, also beside `keyhall-hall certify`: the list that is written last is the newest. */
enum hall_code hall_ca_publish(struct hall_ca_openssl *own, struct hall_error *error)
{
	int64_t number;
	enum hall_code code = take_number(own->db, &number, error);
	if (code == HALL_OK)
		code = hall_sql_begin(own->db, error);
	return code == HALL_OK ? hall_sql_end(own->db, publish(own, number, error), error) : code;
}
