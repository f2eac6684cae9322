/*
 * Files that the daemon hands down to its token hosts, by descriptors of the C library.
 * inherited_posix.c, inherited_win.c
 */
#ifndef KH_PROTOCOL_INHERITED_H
#define KH_PROTOCOL_INHERITED_H

#include "error.h"

/* The handle that the environment tells by its number; it is kept from children
 * of this process. agent.failed. */
KH_CHECKED enum kh_code kh_inherited_open(const char *number, int *handle, struct kh_error *error);

/* A pipe of which no end is inherited by itself. agent.failed with the system's call. */
KH_CHECKED enum kh_code kh_inherited_pipe(int *reads, int *writes, struct kh_error *error);
/* Until nobody has the other end any more. */
void kh_inherited_wait(int reads);
void kh_inherited_close(int handle);

#endif
