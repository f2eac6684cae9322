/*
 * What browsers are told of the halls, on every system: the policies that spare users the question whether a hall's
 * pages may speak with the agent, and the one whether they may start it. The systems differ in where such a policy
 * stands: linux/policies.c, windows/machine/browsers.c.
 *
 * Values are jansson's; what is returned is the caller's.
 */
#ifndef KH_INSTALLER_HALLS_H
#define KH_INSTALLER_HALLS_H

#include <jansson.h>
#include <stdbool.h>

/* Lists of addresses, of Chromium 146 and 139 and the browsers made of it. */
#define KH_HALLS_LISTS 2
extern const char *const kh_halls_lists[KH_HALLS_LISTS];

/* A list of {protocol, allowed_origins}: what may be started without a question. */
#define KH_HALLS_LAUNCH "AutoLaunchProtocolsFromOrigins"

/* The https origins of a configuration, also of NULL. */
json_t *kh_halls_origins(const json_t *configuration);
/* Firefox wants hosts: https://hall.example:8443 → hall.example */
json_t *kh_halls_hosts(const json_t *origins);
/* Ours in KH_HALLS_LAUNCH. */
json_t *kh_halls_launch(const json_t *origins);

/* Arrays as sets; NULL is an empty one. append adds what list has not, take removes what values has. */
bool kh_halls_has(const json_t *list, const json_t *value);
void kh_halls_append(json_t *list, const json_t *more);
void kh_halls_take(json_t *list, const json_t *values);

#endif
