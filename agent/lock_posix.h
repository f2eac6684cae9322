/*
 * Who holds the lock, on POSIX.
 */
#ifndef KH_AGENT_LOCK_POSIX_H
#define KH_AGENT_LOCK_POSIX_H

#include <sys/types.h>

#include "lock.h"

/* Not above 0: nobody, or nobody on this computer. */
pid_t kh_lock_holder(const char *folder);

#endif
