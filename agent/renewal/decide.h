/*
 * What a renewal does next. A pure function: what is known of the order's
 * residue on the key × what the page asks → the next step. No I/O, no memory;
 * run.c does the steps and feeds back what it learns. First try,
 * recovery and another computer all go through the same table.
 */
#ifndef KH_AGENT_RENEWAL_DECIDE_H
#define KH_AGENT_RENEWAL_DECIDE_H

#include "host_contract.h"
#include "journal.h"

enum kh_renewal_act { KH_ACT_BEGIN, KH_ACT_INSTALL, KH_ACT_COMPLETE, KH_ACT_CANCEL, KH_ACT_COUNT };

/* What is known. LOOKED and SEEN say how far the residue can be trusted:
 * private objects show only after a login. */
enum kh_renewal_fact {
	KH_FACT_LOOKED = 1 << 0,	 /* the residue is known, seen without login */
	KH_FACT_LOGIN = 1 << 1,		 /* this page's session is logged in */
	KH_FACT_SEEN = 1 << 2,		 /* the residue is known with its private objects */
	KH_FACT_PRIVATE = 1 << 3,	 /* the order's private key */
	KH_FACT_PUBLIC = 1 << 4,	 /* its public key */
	KH_FACT_CERTIFICATE = 1 << 5,	 /* its certificate */
	KH_FACT_ENCRYPTION_KEY = 1 << 6, /* its second key */
	KH_FACT_ENCRYPTION_CERTIFICATE = 1 << 7,
	KH_FACT_COMPLETED = 1 << 8,    /* the label says that nothing is left to do */
	KH_FACT_SAME = 1 << 9,	       /* the old key is certified again */
	KH_FACT_DUAL = 1 << 10,	       /* the page gives an encryption key */
	KH_FACT_HINT = 1 << 11,	       /* the journal says that a key was made on this token */
	KH_FACT_OTHER = 1 << 12,       /* the certificate on the key is not the one given */
	KH_FACT_UNBUILDABLE = 1 << 13, /* the public key cannot be made again */
	KH_FACT_CHECKED = 1 << 14,
	KH_FACT_PROVED = 1 << 15,
	KH_FACT_ANSWERED = 1 << 16, /* the answer for the page is there */
	KH_FACT_IMPORTED = 1 << 17, /* the encryption pair is there and has been proved */
	KH_FACT_TORN = 1 << 18,	    /* objects of the order that are only half there */
	KH_FACT_BROKEN = 1 << 19,   /* its private key does not sign */
	KH_FACT_ALONE = 1 << 20,    /* no certificate is left that the order's replaces */
};

enum kh_renewal_step {
	KH_STEP_LOOK,
	KH_STEP_LOGIN,
	KH_STEP_GENERATE,
	KH_STEP_REBUILD,
	KH_STEP_DELETE,
	KH_STEP_REQUEST,
	KH_STEP_CHECK,
	KH_STEP_WRITE,
	KH_STEP_IMPORT,
	KH_STEP_PROVE,
	KH_STEP_RECEIPT,
	KH_STEP_RETIRE,
	KH_STEP_DONE,	/* answer the page */
	KH_STEP_REFUSE, /* renewal.state */
	KH_STEP_COUNT
};

enum kh_renewal_step kh_renewal_next(enum kh_renewal_act act, unsigned facts);

/* The facts after a step has succeeded; LOOK's come from the residue. */
unsigned kh_renewal_after(enum kh_renewal_act act, enum kh_renewal_step step, unsigned facts);

/* facts with those of a residue put in; residue NULL: nothing of the order is
 * there. asked is the id of the certificate to install, or NULL. */
unsigned kh_renewal_look(unsigned facts, const struct kh_host_residue *residue, const char *asked);

/* Whether the journal remembers that this very certificate's order was completed:
 * on a token that keeps no labels nothing else tells it from one whose labels are
 * still to be written. */
bool kh_renewal_remembers_end(const struct kh_journal_entry *entry, const struct kh_host_residue *residue);

/* Whether it is more than what a cut write left. */
bool kh_renewal_holds(const struct kh_host_residue *residue);

/* Where an order stands, for renewal.inspect. dual: an encryption certificate
 * is known to be still to come. */
void kh_renewal_stage(const struct kh_host_residue *residue, bool dual, enum kh_stage *stage, enum kh_next *next);

/* The step's place among those the clerk sees, its count and its text of
 * x-texts; false for a step that is not shown. */
bool kh_renewal_progress(enum kh_renewal_act act, enum kh_renewal_step step, bool dual, int *number, int *of,
			 const char **text);

const char *kh_renewal_act_name(enum kh_renewal_act act);

#endif
