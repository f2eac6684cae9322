/*
 * The configuration of all users: from a hall's file, from what the installer was given, or as it is.
 */
#ifndef KH_MACHINE_SETTLE_H
#define KH_MACHINE_SETTLE_H

#include <jansson.h>
#include <stdbool.h>
#include <wchar.h>

/* In ProgramData\Keyhall: what the last installation has said. */
#define KH_SETTLE_LOG L"setup.log"

/* "" or NULL: not given. What is given takes the place of what the configuration had. */
struct kh_given {
	const wchar_t *config;	/* hall.json */
	const wchar_t *key;	/* which must have signed it */
	const wchar_t *origins; /* separated by , or ; */
	const wchar_t *anchors; /* files, separated by ; */
	const wchar_t *modules; /* folder with driver profiles */
};

/* keyhall configure judges and writes it; anchors and driver profiles are copied into ProgramData\Keyhall. What is wrong
 * is refused, and what was there stays. The folder must be secured. False: said. */
bool kh_settle(const wchar_t *folder, const struct kh_given *given);

/* The configuration; NULL: there is none that can be read. */
json_t *kh_settle_read(void);

/* All that is in ProgramData\Keyhall by this program, and that folder when nothing else is in it. */
void kh_settle_remove(void);

#endif
