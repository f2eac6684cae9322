/*
 * The journal.
 */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_file.h"
#include "log.h"

#define KEPT "10000" /* steps */
#define TRIM_EVERY 64
#define CHECK_ROW "0" /* of step: kh_journal_works() writes there */

/* Prepared once: parsing costs more than running. */
enum query { QUERY_BEGIN, QUERY_COMMIT, QUERY_RENEWAL, QUERY_STEP, QUERY_TRIM, QUERY_FIND, QUERY_COUNT };

struct kh_journal {
	struct kh_journal_file file;
	unsigned long opening; /* of the file, when the queries were prepared */
	sqlite3_stmt *queries[QUERY_COUNT];
};

#define COLUMNS "\"order\",token,serial,old_certificate,certificate,public_key,key,dual,stage,updated,origin,sum"

static const char *const query_texts[QUERY_COUNT] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_RENEWAL] =
		"INSERT INTO renewal(" COLUMNS
		",certificate_pem) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
		" ON CONFLICT(\"order\") DO UPDATE SET"
		" token=?2, serial=?3, old_certificate=?4, certificate=?5, public_key=?6, key=?7, dual=?8, stage=?9,"
		" updated=?10, origin=?11, sum=?12, certificate_pem=iif(?13='',certificate_pem,?13)",
	[QUERY_STEP] = "INSERT INTO step(\"order\",act,step,moment,time,origin) VALUES(?1,?2,?3,?4,?5,?6)",
	[QUERY_TRIM] = "DELETE FROM step WHERE id <= (SELECT max(id) FROM step) - " KEPT " AND id > " CHECK_ROW,
	[QUERY_FIND] = "SELECT " COLUMNS " FROM renewal WHERE \"order\"=?1",
};

struct kh_journal *kh_journal_new(const char *folder)
{
	struct kh_journal *journal = calloc(1, sizeof(*journal));

	if (journal)
		kh_journal_file_init(&journal->file, folder);
	return journal;
}

void kh_journal_free(struct kh_journal *journal)
{
	if (!journal)
		return;
	kh_journal_file_shut(&journal->file);
	free(journal);
}

/* Written in earnest: a full disk shows in nothing less. */
bool kh_journal_works(struct kh_journal *journal)
{
	struct kh_journal_file *file = &journal->file;

	kh_journal_file_retry(file);
	if (!kh_journal_file_ready(file))
		return false;
	if (kh_journal_file_run(file, "REPLACE INTO step(id,act,time) VALUES(" CHECK_ROW ",'check',"
				      "CAST(strftime('%s','now') AS INTEGER))"))
		return true;
	kh_journal_file_trouble(file);
	return false;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* NULL: trouble. */
static sqlite3_stmt *prepared(struct kh_journal *journal, enum query query)
{
	sqlite3_stmt **statement = &journal->queries[query];

	if (journal->opening != journal->file.opening) {
		memset(journal->queries, 0, sizeof(journal->queries));
		journal->opening = journal->file.opening;
	}
	if (!*statement && sqlite3_prepare_v3(journal->file.database, query_texts[query], -1, SQLITE_PREPARE_PERSISTENT,
					      statement, NULL) != SQLITE_OK)
		return NULL;
	return *statement;
}

static bool ran(sqlite3_stmt *statement)
{
	bool fine = statement && sqlite3_step(statement) == SQLITE_DONE;

	return sqlite3_reset(statement) == SQLITE_OK && fine;
}

/* --- a row and its sum: SQLite does not see a byte that has changed within a
 * text, and a wrong serial number would send the clerk for a key that is none --- */

static uint64_t add_text(uint64_t sum, const char *text)
{
	return kh_hash(sum, text, strlen(text) + 1);
}

static int64_t sum_of(const struct kh_journal_entry *entry)
{
	const int64_t numbers[] = {entry->key, entry->dual, entry->stage, entry->updated};
	uint64_t sum = KH_HASH_START;

	sum = add_text(sum, entry->order);
	sum = add_text(sum, entry->token);
	sum = add_text(sum, entry->serial);
	sum = add_text(sum, entry->old_certificate);
	sum = add_text(sum, entry->certificate);
	sum = add_text(sum, entry->public_key);
	sum = add_text(sum, entry->origin);
	sum = kh_hash(sum, numbers, sizeof(numbers));
	return (int64_t)(sum >> 1);
}

static void take_text(char *to, size_t size, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	snprintf(to, size, "%s", text ? text : "");
}

/* What a foreign hand may have written stays within the contract. */
static int within(int value, const struct kh_enum *names)
{
	return kh_enum_text(names, value) ? value : 0;
}

/* false: it is not what was written. */
static bool take_entry(sqlite3_stmt *statement, struct kh_journal_entry *entry)
{
	take_text(entry->order, sizeof(entry->order), statement, 0);
	take_text(entry->token, sizeof(entry->token), statement, 1);
	take_text(entry->serial, sizeof(entry->serial), statement, 2);
	take_text(entry->old_certificate, sizeof(entry->old_certificate), statement, 3);
	take_text(entry->certificate, sizeof(entry->certificate), statement, 4);
	take_text(entry->public_key, sizeof(entry->public_key), statement, 5);
	entry->key = (enum kh_key_choice)within(sqlite3_column_int(statement, 6), &kh_key_choice_names);
	entry->dual = sqlite3_column_int(statement, 7) != 0;
	entry->stage = (enum kh_stage)within(sqlite3_column_int(statement, 8), &kh_stage_names);
	entry->updated = sqlite3_column_int64(statement, 9);
	take_text(entry->origin, sizeof(entry->origin), statement, 10);
	return sqlite3_column_int64(statement, 11) == sum_of(entry);
}

enum outcome { FOUND, NOT_THERE, TROUBLE };

static enum outcome find(struct kh_journal *journal, const char *order, struct kh_journal_entry *entry)
{
	sqlite3_stmt *statement = prepared(journal, QUERY_FIND);
	struct kh_journal_entry read;
	bool fine;
	int code;

	if (!statement)
		return TROUBLE;
	bind_text(statement, 1, order);
	code = sqlite3_step(statement);
	/* A damaged tree leads to other rows. */
	fine = code == SQLITE_ROW && take_entry(statement, &read) && strcmp(read.order, order) == 0;
	if (sqlite3_reset(statement) != SQLITE_OK || (code != SQLITE_ROW && code != SQLITE_DONE))
		return TROUBLE;
	if (fine)
		*entry = read;
	return fine ? FOUND : NOT_THERE;
}

/* --- */

static void keep(char *text, size_t size, const char *known)
{
	if (text[0] == '\0')
		snprintf(text, size, "%s", known);
}

/* What was known and is not told anew stays. */
static bool merge(struct kh_journal *journal, struct kh_journal_entry *entry)
{
	struct kh_journal_entry known;
	enum outcome outcome = find(journal, entry->order, &known);

	if (outcome == FOUND) {
		keep(entry->old_certificate, sizeof(entry->old_certificate), known.old_certificate);
		keep(entry->certificate, sizeof(entry->certificate), known.certificate);
		keep(entry->public_key, sizeof(entry->public_key), known.public_key);
	}
	return outcome != TROUBLE;
}

static bool put_renewal(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *pem)
{
	sqlite3_stmt *statement = prepared(journal, QUERY_RENEWAL);

	if (!statement)
		return false;
	bind_text(statement, 1, entry->order);
	bind_text(statement, 2, entry->token);
	bind_text(statement, 3, entry->serial);
	bind_text(statement, 4, entry->old_certificate);
	bind_text(statement, 5, entry->certificate);
	bind_text(statement, 6, entry->public_key);
	sqlite3_bind_int(statement, 7, (int)entry->key);
	sqlite3_bind_int(statement, 8, entry->dual);
	sqlite3_bind_int(statement, 9, (int)entry->stage);
	sqlite3_bind_int64(statement, 10, entry->updated);
	bind_text(statement, 11, entry->origin);
	sqlite3_bind_int64(statement, 12, sum_of(entry));
	bind_text(statement, 13, pem ? pem : "");
	return ran(statement);
}

static bool put_step(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *act,
		     const char *step, const char *moment)
{
	sqlite3_stmt *statement = prepared(journal, QUERY_STEP);

	if (!statement)
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
	return sqlite3_last_insert_rowid(journal->file.database) % TRIM_EVERY != 0 ||
	       ran(prepared(journal, QUERY_TRIM));
}

void kh_journal_note(struct kh_journal *journal, const struct kh_journal_entry *told, const char *act, const char *step,
		     const char *moment, const char *certificate_pem)
{
	struct kh_journal_entry entry = *told;

	if (!kh_journal_file_ready(&journal->file))
		return;
	if (ran(prepared(journal, QUERY_BEGIN)) && merge(journal, &entry) &&
	    put_renewal(journal, &entry, certificate_pem) && put_step(journal, &entry, act, step, moment) &&
	    trim(journal) && ran(prepared(journal, QUERY_COMMIT)))
		return;
	kh_journal_file_trouble(&journal->file);
}

bool kh_journal_find(struct kh_journal *journal, const char *order, struct kh_journal_entry *entry)
{
	enum outcome outcome;

	if (!kh_journal_file_ready(&journal->file))
		return false;
	outcome = find(journal, order, entry);
	if (outcome == TROUBLE)
		kh_journal_file_trouble(&journal->file);
	return outcome == FOUND;
}

bool kh_journal_public_key(const struct kh_journal_entry *memory, const char *given, char out[KH_SHA256_MAX + 1])
{
	if (memory && memory->key == KH_KEY_CHOICE_SAME)
		given = "";
	snprintf(out, KH_SHA256_MAX + 1, "%s", given ? given : memory ? memory->public_key : "");
	return memory && out[0] != '\0' && strcmp(out, memory->public_key) == 0;
}

char *kh_journal_replaces(struct kh_journal_entry *entry)
{
	return entry->stage != KH_STAGE_COMPLETED && entry->old_certificate[0] ? entry->old_certificate : NULL;
}

size_t kh_journal_list(struct kh_journal *journal, struct kh_journal_entry *entries, size_t max)
{
	sqlite3_stmt *statement = NULL;
	size_t count = 0;

	if (!kh_journal_file_ready(&journal->file))
		return 0;
	if (sqlite3_prepare_v2(journal->file.database, "SELECT " COLUMNS " FROM renewal ORDER BY updated DESC", -1,
			       &statement, NULL) != SQLITE_OK) {
		kh_journal_file_trouble(&journal->file);
		return 0;
	}
	while (count < max && sqlite3_step(statement) == SQLITE_ROW)
		count += take_entry(statement, &entries[count]);
	sqlite3_finalize(statement);
	return count;
}

static void take_step(sqlite3_stmt *statement, struct kh_journal_step *step)
{
	take_text(step->order, sizeof(step->order), statement, 0);
	take_text(step->act, sizeof(step->act), statement, 1);
	take_text(step->step, sizeof(step->step), statement, 2);
	take_text(step->moment, sizeof(step->moment), statement, 3);
	step->time = sqlite3_column_int64(statement, 4);
}

size_t kh_journal_steps(struct kh_journal *journal, struct kh_journal_step *steps, size_t max)
{
	static const char query[] =
		"SELECT \"order\",act,step,moment,time FROM step WHERE id > " CHECK_ROW " ORDER BY id DESC";
	sqlite3_stmt *statement = NULL;
	size_t count = 0;

	if (!kh_journal_file_ready(&journal->file))
		return 0;
	if (sqlite3_prepare_v2(journal->file.database, query, -1, &statement, NULL) != SQLITE_OK) {
		kh_journal_file_trouble(&journal->file);
		return 0;
	}
	while (count < max && sqlite3_step(statement) == SQLITE_ROW)
		take_step(statement, &steps[count++]);
	sqlite3_finalize(statement);
	return count;
}

const char *kh_journal_library(void)
{
	return sqlite3_libversion();
}
