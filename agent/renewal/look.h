/*
 * The look around with which every renewal call begins: what orders have left on
 * the keys plugged in.
 */
#ifndef KH_AGENT_RENEWAL_LOOK_H
#define KH_AGENT_RENEWAL_LOOK_H

#include "request.h"

/* What orders left on all keys; without a PIN. looked: the URIs of the keys that
 * were searched, which may be fewer than are known: one may go meanwhile, its
 * module fail, or have a PIN window open. */
struct kh_residues {
	struct kh_host_residue *items;
	size_t count;
	char **looked;
	size_t looked_count;
};

/* Whether this key was searched: what was not found may only then be called not there. */
bool kh_renewal_looked_at(const struct kh_residues *residues, const char *token);

/* residues is the caller's to move from; it is cleared afterwards. error is
 * KH_OK's when at least one module answered or there is none. */
typedef void (*kh_looked)(void *context, struct kh_residues *residues, const struct kh_error *error);

/* What one order left; its public key finds its pair where a key keeps no mark.
 * known: a run takes the keys as they were seen
 * last, and asks anew when the order is on none of them; what is on them, too,
 * when kh_modules_list_certificates() has just searched them. */
void kh_renewal_look_around(struct kh_agent *agent, const struct kh_host_order_name *name,
			    enum kh_host_renewal_residue_params_known known, kh_looked looked, void *context);
/* What all orders left that are not completed: those of the journal by name, the
 * others by their mark alone. */
void kh_renewal_look_for_all(struct kh_agent *agent, kh_looked looked, void *context);

/* The one that got furthest, where an order left something on several keys; of
 * equals that on this token. torn: what only a cut write
 * left counts, too. */
const struct kh_host_residue *kh_renewal_best(const struct kh_residues *residues, const char *token, bool torn);

#endif
