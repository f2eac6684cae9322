/*
 * The mark: one small page of shared memory in which a token host writes the
 * name of the module's function it is about to call. When the host hangs, is
 * killed or crashes, the daemon reads there what it died in.
 *
 * Daemon: kh_mark_create(), hand kh_mark_handle() to the child as an inherited
 * file whose number in the child stands in the environment variable
 * KH_MARK_VARIABLE; kh_mark_get() after the child's end; kh_mark_finish().
 * Token host: kh_mark_open(getenv(KH_MARK_VARIABLE)), kh_mark_set() before and
 * after each call. Without the variable nothing is marked.
 */
#ifndef KH_PROTOCOL_MARK_H
#define KH_PROTOCOL_MARK_H

#include <stddef.h>

#include "error.h"

#define KH_MARK_VARIABLE "KEYHALL_MARK_FD"
#define KH_MARK_SIZE 64

/* Zeroed: no mark; then set does nothing and get answers "". */
struct kh_mark {
	char *page;
	int handle; /* meaningful only with a page */
};

/* agent.failed with the system's call. The handle is not inherited by itself. */
KH_CHECKED enum kh_code kh_mark_create(struct kh_mark *mark, struct kh_error *error);
/* number: as in the environment; NULL leaves mark empty and is no error. The
 * handle is kept from children of this process. */
KH_CHECKED enum kh_code kh_mark_open(struct kh_mark *mark, const char *number, struct kh_error *error);
/* What the child inherits; -1 without a page. Stays owned by mark. */
int kh_mark_handle(const struct kh_mark *mark);
void kh_mark_finish(struct kh_mark *mark);

/* A function's name, cut to KH_MARK_SIZE - 1; "" when no call is running. Only
 * stores to memory: cheap, and safe in a signal handler. */
void kh_mark_set(struct kh_mark *mark, const char *call);
/* The name, or "" when there is none or the page holds anything but a name:
 * a module that has gone wild may have written there. */
void kh_mark_get(const struct kh_mark *mark, char *call, size_t size);

#endif
