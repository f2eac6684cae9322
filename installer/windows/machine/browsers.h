/*
 * What browsers are told of the halls, in the registry. Of each list a value a hall; the value that is JSON gets an
 * item more. What was added is noted below SOFTWARE\Keyhall, where only administrators write; removal takes away that,
 * and no more. Where a group policy of the domain sets the same list, it writes all of it anew: the halls belong there.
 */
#ifndef KH_MACHINE_BROWSERS_H
#define KH_MACHINE_BROWSERS_H

#include <jansson.h>
#include <stdbool.h>

/* configuration: its https origins are the halls; NULL or none: what was added before goes. False: said on stderr. */
bool kh_browsers_install(const json_t *configuration);
void kh_browsers_remove(void);

#endif
