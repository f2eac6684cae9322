/*
 * The journal's file.
 */
#include "journal_file.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "log.h"

#define VERSION 3
#define FILE_NAME "journal.db"

/* sum: see journal.c. Version 1 had none, version 2 no token. */
static const char schema[] =
	"CREATE TABLE IF NOT EXISTS renewal("
	" \"order\" TEXT PRIMARY KEY, token TEXT, serial TEXT, old_certificate TEXT, certificate TEXT, public_key TEXT,"
	" key INTEGER, dual INTEGER, stage INTEGER, updated INTEGER, origin TEXT, certificate_pem TEXT, sum INTEGER)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS step("
	" id INTEGER PRIMARY KEY, \"order\" TEXT, act TEXT, step TEXT, moment TEXT, time INTEGER, origin TEXT);"
	"PRAGMA user_version=3;";

void kh_journal_file_init(struct kh_journal_file *file, const char *folder)
{
	*file = (struct kh_journal_file){.opening = 0};
	snprintf(file->folder, sizeof(file->folder), "%s", folder);
}

void kh_journal_file_shut(struct kh_journal_file *file)
{
	sqlite3_stmt *statement;

	while (file->database && (statement = sqlite3_next_stmt(file->database, NULL)))
		sqlite3_finalize(statement);
	sqlite3_close(file->database);
	file->database = NULL;
	file->opening++;
}

bool kh_journal_file_run(struct kh_journal_file *file, const char *statements)
{
	return sqlite3_exec(file->database, statements, NULL, NULL, NULL) == SQLITE_OK;
}

/* The first value of a statement's first row; -1: it fails. */
static int64_t number(struct kh_journal_file *file, const char *text)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(file->database, text, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static bool sound(struct kh_journal_file *file)
{
	sqlite3_stmt *statement = NULL;
	bool fine = false;

	if (sqlite3_prepare_v2(file->database, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		fine = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	return fine;
}

static void move_aside(struct kh_journal_file *file, const char *why)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char from[KH_PATH_MAX + 32], to[KH_PATH_MAX + 64];
	uv_fs_t request;

	kh_journal_file_shut(file);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(from, sizeof(from), "%s/" FILE_NAME "%s", file->folder, parts[i]);
		snprintf(to, sizeof(to), "%s/" FILE_NAME ".%s-%lld%s", file->folder, why, (long long)time(NULL),
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

static enum opening failed(const struct kh_journal_file *file)
{
	return is_damage(sqlite3_errcode(file->database)) ? DAMAGED : UNUSABLE;
}

static enum opening unsound(const struct kh_journal_file *file)
{
	int code = sqlite3_errcode(file->database);

	return code == SQLITE_OK || code == SQLITE_ROW ? DAMAGED : failed(file);
}

/* Tables of the same name and another shape. */
static bool is_foreign(struct kh_journal_file *file)
{
	return number(file,
		      "SELECT count(\"order\" || serial || old_certificate || certificate || public_key || key || dual"
		      " || stage || updated || origin || certificate_pem || sum) FROM renewal") < 0 ||
	       number(file, "SELECT count(id || \"order\" || act || step || moment || time || origin) FROM step") < 0;
}

static enum opening open_once(struct kh_journal_file *file)
{
	char path[KH_PATH_MAX + 32];
	int64_t version;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, file->folder);
	if (sqlite3_open_v2(path, &file->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return UNUSABLE;
	sqlite3_busy_timeout(file->database, 200);
	version = number(file, "PRAGMA user_version");
	if (version < 0)
		return failed(file);
	if (version != 0 && version != VERSION)
		return FOREIGN;
	if (!sound(file))
		return unsound(file);
	if (!kh_journal_file_run(file, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64"))
		return failed(file);
	if (version == 0 && (!kh_journal_file_run(file, "BEGIN IMMEDIATE") || !kh_journal_file_run(file, schema) ||
			     !kh_journal_file_run(file, "COMMIT")))
		return failed(file);
	return is_foreign(file) ? FOREIGN : OPENED;
}

static void open_file(struct kh_journal_file *file)
{
	struct kh_error error;

	if (kh_system_make_folder(file->folder, &error) != KH_OK)
		kh_log_failure(KH_LOG_DEBUG, "journal", &error);
	for (int attempt = 0;; attempt++) {
		enum opening opening = open_once(file);

		file->opening++;
		if (opening == OPENED)
			return;
		if (opening == UNUSABLE || attempt > 0)
			break;
		move_aside(file, opening == DAMAGED ? "damaged" : "foreign");
	}
	kh_log(KH_LOG_WARNING, "journal: cannot be used, SQLite %d; renewals are not recorded",
	       sqlite3_extended_errcode(file->database));
	kh_journal_file_shut(file);
	file->off = true;
}

/* Deleted or replaced: what is written is lost. */
static bool is_gone(struct kh_journal_file *file)
{
	int moved = 0;

	return sqlite3_file_control(file->database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

bool kh_journal_file_ready(struct kh_journal_file *file)
{
	if (file->database && is_gone(file)) {
		kh_log(KH_LOG_WARNING, "journal: its file is gone, a new one is made");
		kh_journal_file_shut(file);
	}
	if (!file->database && !file->off)
		open_file(file);
	return file->database;
}

void kh_journal_file_retry(struct kh_journal_file *file)
{
	file->off = false;
	if (file->database && sqlite3_db_readonly(file->database, "main") != 0)
		kh_journal_file_shut(file);
}

void kh_journal_file_trouble(struct kh_journal_file *file)
{
	int code = sqlite3_extended_errcode(file->database);

	if (!sqlite3_get_autocommit(file->database))
		kh_journal_file_run(file, "ROLLBACK");
	if (is_damage(code) && !file->moved_aside) {
		file->moved_aside = true;
		move_aside(file, "damaged");
		return;
	}
	kh_log(KH_LOG_WARNING, "journal: not written, SQLite %d", code);
}
