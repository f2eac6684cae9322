/*
 * What this process does with itself at the start. process_posix.c
 */
#ifndef KH_PROCESS_H
#define KH_PROCESS_H

#include "error.h"

/* No core dump, no ptrace by others of this user, no SIGPIPE. When the parent
 * dies the process dies at once, whatever it is doing, and with it its process
 * group when it leads it, as under the daemon: the PIN window is in it. */
KH_CHECKED enum kh_code kh_process_protect(struct kh_error *error);

/* Moves stdout to a descriptor of our own and points descriptor 1 at stderr:
 * modules and crash handlers print. */
KH_CHECKED enum kh_code kh_process_take_stdout(int *fd, struct kh_error *error);

#endif
