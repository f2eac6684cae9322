/*
 * A renewal call at work: does what decide.c says next, one call to the token
 * host at a time, until it says done. The page is told each step; the journal
 * notes those that write.
 */
#ifndef KH_AGENT_RENEWAL_RUN_H
#define KH_AGENT_RENEWAL_RUN_H

#include "renewal/decide.h"
#include "request.h"

struct kh_run {
	struct kh_request *request;
	enum kh_renewal_act act;
	unsigned facts; /* enum kh_renewal_fact */
	enum kh_renewal_step step;
	struct kh_driver *module;
	char *token; /* its URI */
	/* What the journal keeps of it; order, token, ids and key choice live here. */
	struct kh_journal_entry entry;
	char public_key[KH_SHA256_MAX + 1]; /* of the pair: made here, or as the page gave it; "": not known */
	bool made;			    /* here, for the order */
	enum kh_key_type key_type;
	bool has_private_key; /* of the old certificate, as seen without login */
	bool holds;
	bool replaced;		 /* a pair that was broken */
	bool again;		 /* the login had ended, and is made once more */
	bool listed;		 /* the tokens were asked for anew */
	size_t candidate;	 /* of a search through the tokens */
	struct kh_error refusal; /* by one of them */
	/* answers */
	struct kh_renewal_begin_result begun;
	char *receipt;
	struct kh_renewal_complete_result completed;
};

/* The page's parameters, whichever call it is. */
const char *kh_run_order(const struct kh_request *request);

struct kh_run *kh_run_new(struct kh_request *request, enum kh_renewal_act act);

/* Makes a token the run's; false: out of memory. */
bool kh_run_use_token(struct kh_run *run, struct kh_driver *module, const char *token, const char *serial);

/* Claims the key (module and token are set) and goes on to the
 * end; then run and request are gone. */
void kh_run_go(struct kh_run *run);

/* Ends it with an error; then run and request are gone. */
void kh_run_fail(struct kh_run *run, const struct kh_error *error);
void kh_run_end(struct kh_run *run, enum kh_code code);

#endif
