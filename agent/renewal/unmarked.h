/*
 * Orders of which no key shows a mark. What the journal remembers of them is a
 * hint: a key that is plugged in is believed before it. With key "same" the
 * mark is the new certificate's label, which it has from the install until the
 * completion; before and after, the certificates on the key tell what can be
 * told without the mark.
 */
#ifndef KH_AGENT_RENEWAL_UNMARKED_H
#define KH_AGENT_RENEWAL_UNMARKED_H

#include "renewal/look.h"
#include "renewal/run.h"

/* Whether the certificates on the keys have to be listed before the journal's
 * memory of this order can be judged. */
bool kh_unmarked_wants_list(struct kh_agent *agent, const char *order);

/* key "same", and the new certificate is on the order's key: without its mark
 * the order is completed. */
bool kh_unmarked_completed(struct kh_agent *agent, const struct kh_journal_entry *entry,
			   const struct kh_residues *residues);

/* Whether a memory is to be believed; if so entry->stage is where the order
 * stands. seen: its token when that confirms it, else NULL. */
bool kh_unmarked_counts(struct kh_agent *agent, struct kh_journal_entry *entry, const struct kh_residues *residues,
			const struct kh_token_info **seen);

/* Goes on with an order that is remembered (run->entry) and whose token is
 * there; token.removed or agent.busy where the look could not search it. */
void kh_unmarked_go(struct kh_run *run, struct kh_driver *module, const struct kh_token_info *token,
		    const struct kh_residues *residues);

/* renewal.install of an order that nobody remembers: the certificate names its
 * key. One that is there already, the latest of its holder and not yet to be
 * renewed, is proved again: the receipt of an order that was completed. */
void kh_unmarked_search(struct kh_run *run);

#endif
