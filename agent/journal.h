/*
 * What this computer did for which order: a record and a hint, never needed.
 * A journal that is damaged or of another version is moved aside, one that
 * cannot be written is done without; both with a warning in the log. A row of
 * which a byte has changed is as if it were not there. Nothing here fails a
 * renewal.
 */
#ifndef KH_AGENT_JOURNAL_H
#define KH_AGENT_JOURNAL_H

#include <stddef.h>

#include "contract.h"
#include "error.h"

struct kh_journal;

/* What is known of an order; "" and 0 where nothing is. */
struct kh_journal_entry {
	char order[KH_ORDER_MAX + 1];
	char token[KH_TOKEN_URI_MAX + 1];	 /* its URI */
	char serial[KH_SERIAL_MAX + 1];		 /* of the token; for people, and may be empty */
	char old_certificate[KH_SHA256_MAX + 1]; /* ids */
	char certificate[KH_SHA256_MAX + 1];
	char public_key[KH_SHA256_MAX + 1];
	enum kh_key_choice key;
	bool dual;
	enum kh_stage stage;
	int64_t updated;
	char origin[KH_ORIGIN_MAX + 1];
};

/* Opens nothing yet. NULL: out of memory. */
struct kh_journal *kh_journal_new(const char *folder);
void kh_journal_free(struct kh_journal *journal);

/* Whether it can be written: it is. Opens it, also after it could not be used. */
bool kh_journal_works(struct kh_journal *journal);

/* Keeps what is known now and that a step began or ended ("before", "after" or
 * an error's name). certificate_pem may be NULL. */
void kh_journal_note(struct kh_journal *journal, const struct kh_journal_entry *entry, const char *act,
		     const char *step, const char *moment, const char *certificate_pem);

bool kh_journal_find(struct kh_journal *journal, const char *order, struct kh_journal_entry *entry);
/* The certificate that an order's replaces, and that has to go before it is completed; NULL: not
 * known, or it was completed here. Part of entry. */
char *kh_journal_replaces(struct kh_journal_entry *entry);
/* The public key that an order's pair is known by: as the page gave it (NULL: it
 * did not), else as it is remembered. "": none, or the order certifies the old key
 * again, whose pair is not the order's. True: it is remembered as made here.
 * memory: of the order; NULL: there is none. */
bool kh_journal_public_key(const struct kh_journal_entry *memory, const char *given, char out[KH_SHA256_MAX + 1]);
/* The latest orders, newest first; returns how many. */
size_t kh_journal_list(struct kh_journal *journal, struct kh_journal_entry *entries, size_t max);

struct kh_journal_step {
	char order[KH_ORDER_MAX + 1];
	char act[KH_REPORT_STEP_ACT_MAX + 1];
	char step[KH_REPORT_STEP_STEP_MAX + 1];
	char moment[KH_REPORT_STEP_MOMENT_MAX + 1];
	int64_t time;
};

/* The latest steps, newest first; returns how many. */
size_t kh_journal_steps(struct kh_journal *journal, struct kh_journal_step *steps, size_t max);

const char *kh_journal_library(void);

#endif
