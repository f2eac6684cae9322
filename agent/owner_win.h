/*
 * Whose a file of all users must be on Windows, where any user may make folders in ProgramData.
 */
#ifndef KH_AGENT_OWNER_WIN_H
#define KH_AGENT_OWNER_WIN_H

#include <stdbool.h>

/* owner: a SID. Administrators, the system, or the user of this process, who may configure the own agent anyway. */
bool kh_owner_trusted(void *owner);

#endif
