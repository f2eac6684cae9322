/*
 * Files that the daemon hands down to its token hosts. inherited_posix.c,
 * inherited_win.c
 */
#ifndef KH_PROTOCOL_INHERITED_H
#define KH_PROTOCOL_INHERITED_H

#include "error.h"

/* The handle that the environment tells by its number; it is kept from children
 * of this process. agent.failed. */
KH_CHECKED enum kh_code kh_inherited_open(const char *number, int *handle, struct kh_error *error);

#endif
