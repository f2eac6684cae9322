/*
 * Users of Windows: whose a file of all users must be, where any user may make folders in ProgramData, and whose a
 * process is.
 */
#ifndef KH_AGENT_OWNER_WIN_H
#define KH_AGENT_OWNER_WIN_H

#include <stdbool.h>

/* owner: a SID. Administrators, the system, or the user of this process, who may configure the own agent anyway. */
bool kh_owner_trusted(void *owner);
/* Whether its user is this process's. process: a handle that may be asked about. */
bool kh_owner_is_own_process(void *process);
/* Whether this process is the system's. */
bool kh_owner_is_system(void);

#endif
