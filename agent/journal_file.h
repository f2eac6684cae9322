/*
 * The file the journal is in: SQLite in the state folder, WAL,
 * synchronous=FULL. One that is damaged or of another version is moved aside,
 * once; one that was deleted while in use is made anew.
 */
#ifndef KH_AGENT_JOURNAL_FILE_H
#define KH_AGENT_JOURNAL_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "system.h"

struct kh_journal_file {
	char folder[KH_PATH_MAX];
	sqlite3 *database;     /* open while ready */
	unsigned long opening; /* statements prepared in an earlier one are gone */
	bool off;	       /* cannot be used; not tried again by itself */
	bool moved_aside;      /* in use; once is enough */
};

void kh_journal_file_init(struct kh_journal_file *file, const char *folder);
void kh_journal_file_shut(struct kh_journal_file *file);

/* Opens it where that is needed; false: it cannot be used. */
bool kh_journal_file_ready(struct kh_journal_file *file);
/* What was in the way may be gone. */
void kh_journal_file_retry(struct kh_journal_file *file);
/* After a statement has failed: ends its transaction, mends what can be. */
void kh_journal_file_trouble(struct kh_journal_file *file);

bool kh_journal_file_run(struct kh_journal_file *file, const char *statements);

#endif
