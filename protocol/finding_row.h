/*
 * The table of what an environment check can find, generated from x-findings
 * and x-remedies; for agent/environment/findings.c.
 */
#ifndef KH_PROTOCOL_FINDING_ROW_H
#define KH_PROTOCOL_FINDING_ROW_H

#include <stdbool.h>

#include "codes.h"

struct kh_remedy_row {
	enum kh_remedy_kind kind;
	const char *text; /* key of kh_text() */
	bool download;	  /* with the address of the download page */
};

struct kh_finding_row {
	enum kh_environment_item_id id;
	enum kh_environment_item_state state;
	int number; /* for the telephone */
	const char *code;
	const char *text; /* key of kh_text() */
	const struct kh_remedy_row *remedy;
};

/* By enum kh_finding. */
extern const struct kh_finding_row kh_finding_rows[];

#endif
