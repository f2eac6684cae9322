/*
 * The journal.
 */
#include "journal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "log.h"
#include "system.h"

#define VERSION 1
#define FILE_NAME "journal.db"
#define KEPT "10000" /* steps */
#define TRIM_EVERY 64

/* Prepared once: parsing costs more than running. */
enum query { QUERY_BEGIN, QUERY_COMMIT, QUERY_RENEWAL, QUERY_STEP, QUERY_TRIM, QUERY_FIND, QUERY_COUNT };

enum state { STATE_UNOPENED, STATE_OPEN, STATE_OFF };

struct kh_journal {
	char folder[KH_PATH_MAX];
	sqlite3 *database;
	sqlite3_stmt *queries[QUERY_COUNT];
	enum state state;
	bool reopened; /* after damage, once */
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS renewal("
	" \"order\" TEXT PRIMARY KEY, serial TEXT, old_certificate TEXT, certificate TEXT, public_key TEXT,"
	" key INTEGER, dual INTEGER, stage INTEGER, updated INTEGER, origin TEXT, certificate_pem TEXT) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS step("
	" id INTEGER PRIMARY KEY, \"order\" TEXT, act TEXT, step TEXT, moment TEXT, time INTEGER, origin TEXT);"
	"PRAGMA user_version=1;";

#define COLUMNS "\"order\",serial,old_certificate,certificate,public_key,key,dual,stage,updated,origin"

static const char *const query_texts[QUERY_COUNT] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_RENEWAL] =
		"INSERT INTO renewal VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) ON CONFLICT(\"order\") DO UPDATE SET"
		" serial=?2, old_certificate=iif(?3='',old_certificate,?3), certificate=iif(?4='',certificate,?4),"
		" public_key=iif(?5='',public_key,?5), key=?6, dual=?7, stage=?8, updated=?9, origin=?10,"
		" certificate_pem=iif(?11='',certificate_pem,?11)",
	[QUERY_STEP] = "INSERT INTO step(\"order\",act,step,moment,time,origin) VALUES(?1,?2,?3,?4,?5,?6)",
	[QUERY_TRIM] = "DELETE FROM step WHERE id <= (SELECT max(id) FROM step) - " KEPT,
	[QUERY_FIND] = "SELECT " COLUMNS " FROM renewal WHERE \"order\"=?1",
};

struct kh_journal *kh_journal_new(const char *folder)
{
	struct kh_journal *journal = calloc(1, sizeof(*journal));

	if (journal != NULL)
		snprintf(journal->folder, sizeof(journal->folder), "%s", folder);
	return journal;
}

static void shut(struct kh_journal *journal, enum state state)
{
	for (int i = 0; i < QUERY_COUNT; i++) {
		sqlite3_finalize(journal->queries[i]);
		journal->queries[i] = NULL;
	}
	sqlite3_close(journal->database);
	journal->database = NULL;
	journal->state = state;
}

void kh_journal_free(struct kh_journal *journal)
{
	if (journal == NULL)
		return;
	shut(journal, STATE_OFF);
	free(journal);
}

static bool execute(struct kh_journal *journal, const char *statement)
{
	return sqlite3_exec(journal->database, statement, NULL, NULL, NULL) == SQLITE_OK;
}

/* The first value of a statement's first row; -1: it fails. */
static int64_t number(struct kh_journal *journal, const char *text)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(journal->database, text, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static bool sound(struct kh_journal *journal)
{
	sqlite3_stmt *statement = NULL;
	bool fine = false;

	if (sqlite3_prepare_v2(journal->database, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		fine = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	return fine;
}

static void move_aside(struct kh_journal *journal, const char *why)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char from[KH_PATH_MAX + 32], to[KH_PATH_MAX + 64];
	uv_fs_t request;

	shut(journal, STATE_UNOPENED);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(from, sizeof(from), "%s/" FILE_NAME "%s", journal->folder, parts[i]);
		snprintf(to, sizeof(to), "%s/" FILE_NAME ".%s-%lld%s", journal->folder, why, (long long)time(NULL),
			 parts[i]);
		uv_fs_rename(NULL, &request, from, to, NULL);
		uv_fs_req_cleanup(&request);
	}
	kh_log(KH_LOG_WARNING, "journal: %s, moved aside", why);
}

enum opening { OPENED, DAMAGED, FOREIGN, UNUSABLE };

static bool is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static enum opening open_once(struct kh_journal *journal)
{
	char path[KH_PATH_MAX + 32];
	int64_t version;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, journal->folder);
	if (sqlite3_open_v2(path, &journal->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return UNUSABLE;
	sqlite3_busy_timeout(journal->database, 200);
	version = number(journal, "PRAGMA user_version");
	if (version < 0)
		return is_damage(sqlite3_errcode(journal->database)) ? DAMAGED : UNUSABLE;
	if (version > VERSION)
		return FOREIGN;
	if (!sound(journal))
		return is_damage(sqlite3_errcode(journal->database)) ||
				       sqlite3_errcode(journal->database) == SQLITE_OK ||
				       sqlite3_errcode(journal->database) == SQLITE_ROW
			       ? DAMAGED
			       : UNUSABLE;
	if (!execute(journal, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64;") ||
	    !execute(journal, "BEGIN IMMEDIATE") || !execute(journal, schema) || !execute(journal, "COMMIT"))
		return is_damage(sqlite3_errcode(journal->database)) ? DAMAGED : UNUSABLE;
	/* A table of the same name and another shape. */
	if (number(journal, "SELECT count(\"order\" || serial || old_certificate || certificate || public_key || key || dual"
			    " || stage || updated || origin || certificate_pem) FROM renewal") < 0)
		return FOREIGN;
	return OPENED;
}

static bool opened(struct kh_journal *journal)
{
	for (int attempt = 0; journal->state == STATE_UNOPENED; attempt++) {
		enum opening opening = open_once(journal);

		if (opening == OPENED) {
			journal->state = STATE_OPEN;
		} else if (opening == UNUSABLE || attempt > 0) {
			kh_log(KH_LOG_WARNING, "journal: cannot be used, SQLite %d; renewals are not recorded",
			       sqlite3_extended_errcode(journal->database));
			shut(journal, STATE_OFF);
		} else {
			move_aside(journal, opening == DAMAGED ? "damaged" : "foreign");
		}
	}
	return journal->state == STATE_OPEN;
}

bool kh_journal_works(struct kh_journal *journal)
{
	/* What was in the way may be gone: the clerk checks again. */
	if (journal->state == STATE_OFF)
		journal->state = STATE_UNOPENED;
	return opened(journal) && execute(journal, "BEGIN IMMEDIATE") && execute(journal, "ROLLBACK");
}

/* A statement failed while in use. */
static void trouble(struct kh_journal *journal)
{
	int code = sqlite3_extended_errcode(journal->database);

	if (!sqlite3_get_autocommit(journal->database))
		execute(journal, "ROLLBACK");
	if (is_damage(code) && !journal->reopened) {
		journal->reopened = true;
		move_aside(journal, "damaged");
		return;
	}
	kh_log(KH_LOG_WARNING, "journal: not written, SQLite %d", code);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* NULL: trouble. */
static sqlite3_stmt *prepared(struct kh_journal *journal, enum query query)
{
	sqlite3_stmt **statement = &journal->queries[query];

	if (*statement == NULL && sqlite3_prepare_v3(journal->database, query_texts[query], -1, SQLITE_PREPARE_PERSISTENT,
						     statement, NULL) != SQLITE_OK)
		return NULL;
	return *statement;
}

static bool ran(sqlite3_stmt *statement)
{
	bool fine = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;

	return sqlite3_reset(statement) == SQLITE_OK && fine;
}

static bool put_renewal(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *pem)
{
	sqlite3_stmt *statement = prepared(journal, QUERY_RENEWAL);

	if (statement == NULL)
		return false;
	bind_text(statement, 1, entry->order);
	bind_text(statement, 2, entry->serial);
	bind_text(statement, 3, entry->old_certificate);
	bind_text(statement, 4, entry->certificate);
	bind_text(statement, 5, entry->public_key);
	sqlite3_bind_int(statement, 6, (int)entry->key);
	sqlite3_bind_int(statement, 7, entry->dual);
	sqlite3_bind_int(statement, 8, (int)entry->stage);
	sqlite3_bind_int64(statement, 9, entry->updated);
	bind_text(statement, 10, entry->origin);
	bind_text(statement, 11, pem != NULL ? pem : "");
	return ran(statement);
}

static bool put_step(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *act, const char *step,
		     const char *moment)
{
	sqlite3_stmt *statement = prepared(journal, QUERY_STEP);

	if (statement == NULL)
		return false;
	bind_text(statement, 1, entry->order);
	bind_text(statement, 2, act);
	bind_text(statement, 3, step);
	bind_text(statement, 4, moment);
	sqlite3_bind_int64(statement, 5, entry->updated);
	bind_text(statement, 6, entry->origin);
	return ran(statement);
}

static bool trim(struct kh_journal *journal)
{
	return sqlite3_last_insert_rowid(journal->database) % TRIM_EVERY != 0 || ran(prepared(journal, QUERY_TRIM));
}

void kh_journal_note(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *act,
		     const char *step, const char *moment, const char *certificate_pem)
{
	if (!opened(journal))
		return;
	if (ran(prepared(journal, QUERY_BEGIN)) && put_renewal(journal, entry, certificate_pem) &&
	    put_step(journal, entry, act, step, moment) && trim(journal) && ran(prepared(journal, QUERY_COMMIT)))
		return;
	trouble(journal);
}

static void take_text(char *to, size_t size, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	snprintf(to, size, "%s", text != NULL ? text : "");
}

/* What a foreign hand may have written stays within the contract. */
static int within(int value, const struct kh_enum *names)
{
	return kh_enum_text(names, value) != NULL ? value : 0;
}

static void take_entry(sqlite3_stmt *statement, struct kh_journal_entry *entry)
{
	take_text(entry->order, sizeof(entry->order), statement, 0);
	take_text(entry->serial, sizeof(entry->serial), statement, 1);
	take_text(entry->old_certificate, sizeof(entry->old_certificate), statement, 2);
	take_text(entry->certificate, sizeof(entry->certificate), statement, 3);
	take_text(entry->public_key, sizeof(entry->public_key), statement, 4);
	entry->key = (enum kh_key_choice)within(sqlite3_column_int(statement, 5), &kh_key_choice_names);
	entry->dual = sqlite3_column_int(statement, 6) != 0;
	entry->stage = (enum kh_stage)within(sqlite3_column_int(statement, 7), &kh_stage_names);
	entry->updated = sqlite3_column_int64(statement, 8);
	take_text(entry->origin, sizeof(entry->origin), statement, 9);
}

bool kh_journal_find(struct kh_journal *journal, const char *order, struct kh_journal_entry *entry)
{
	sqlite3_stmt *statement;
	int outcome;

	if (!opened(journal))
		return false;
	statement = prepared(journal, QUERY_FIND);
	if (statement == NULL) {
		trouble(journal);
		return false;
	}
	bind_text(statement, 1, order);
	outcome = sqlite3_step(statement);
	if (outcome == SQLITE_ROW)
		take_entry(statement, entry);
	if (sqlite3_reset(statement) != SQLITE_OK)
		outcome = SQLITE_ERROR;
	if (outcome != SQLITE_ROW && outcome != SQLITE_DONE)
		trouble(journal);
	return outcome == SQLITE_ROW;
}

size_t kh_journal_list(struct kh_journal *journal, struct kh_journal_entry *entries, size_t max)
{
	sqlite3_stmt *statement = NULL;
	size_t count = 0;

	if (!opened(journal))
		return 0;
	if (sqlite3_prepare_v2(journal->database, "SELECT " COLUMNS " FROM renewal ORDER BY updated DESC", -1, &statement,
			       NULL) != SQLITE_OK) {
		trouble(journal);
		return 0;
	}
	while (count < max && sqlite3_step(statement) == SQLITE_ROW)
		take_entry(statement, &entries[count++]);
	sqlite3_finalize(statement);
	return count;
}

const char *kh_journal_library(void)
{
	return sqlite3_libversion();
}
