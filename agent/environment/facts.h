/*
 * What is known of the machine when it is judged; gathered by checkup.c.
 */
#ifndef KH_AGENT_ENVIRONMENT_FACTS_H
#define KH_AGENT_ENVIRONMENT_FACTS_H

#include "environment/reader.h"
#include "token/modules.h"
#include "usb.h"

struct kh_environment {
	const struct kh_settings *settings;
	const struct kh_modules *modules;
	const struct kh_profiles *profiles;
	const struct kh_usb *usb; /* NULL: not to be had */
	/* Cards in readers, of families that are not on the bus, too. */
	const struct kh_usb_found *cards;
	size_t cards_count;
	const struct kh_renewal_list_result *renewals;
	/* Certificates that are not of a configured CA, by their SHA-256. */
	const struct kh_host_chain_look_result *chains;
	const char *token; /* the URI of the key that was chosen; NULL: none was */
	int64_t now;
	int64_t hall_time;	       /* 0: it was not told */
	enum kh_reader_service reader; /* asked where a driver works through it */
	bool journal_works;
	bool ipv6;	/* the daemon listens on [::1], too */
	bool running;	/* false: the tool looks, and no daemon answers */
	bool unreached; /* one runs all the same */
};

#endif
