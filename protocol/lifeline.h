/*
 * The lifeline: a pipe whose writing end only the daemon has. However the
 * daemon ends, the pipe ends with it, and its token hosts know that nobody is
 * there any more. Nothing is ever written to it.
 *
 * Daemon: kh_lifeline_create(), hand kh_lifeline_handle() to the child as an
 * inherited file whose number in the child stands in the environment variable
 * KH_LIFELINE_VARIABLE, then kh_lifeline_given(). kh_lifeline_finish() lets the
 * child go.
 * Token host: kh_lifeline_open(getenv(KH_LIFELINE_VARIABLE)), then
 * kh_lifeline_wait() in a thread of its own. Without the variable, by hand,
 * there is none.
 */
#ifndef KH_PROTOCOL_LIFELINE_H
#define KH_PROTOCOL_LIFELINE_H

#include "error.h"

#define KH_LIFELINE_VARIABLE "KEYHALL_LIFELINE_FD"
/* How long a call of the module may go on after the end, in ms. */
#define KH_GRACE_VARIABLE "KEYHALL_GRACE_MS"
#define KH_GRACE_MILLISECONDS 10000

/* Zeroed: no line. */
struct kh_lifeline {
	bool holds, watches;
	int held;    /* the daemon's end */
	int watched; /* the token host's */
};

/* agent.failed with the system's call. No handle is inherited by itself. */
KH_CHECKED enum kh_code kh_lifeline_create(struct kh_lifeline *line, struct kh_error *error);
/* What the child inherits. Stays owned by line. */
int kh_lifeline_handle(const struct kh_lifeline *line);
/* The child has it: closes the daemon's copy. */
void kh_lifeline_given(struct kh_lifeline *line);
/* number: as in the environment; NULL leaves line empty and is no error. The
 * handle is kept from children of this process. */
KH_CHECKED enum kh_code kh_lifeline_open(struct kh_lifeline *line, const char *number, struct kh_error *error);
/* Comes back when the daemon is gone or has let go. */
void kh_lifeline_wait(const struct kh_lifeline *line);
/* May be called twice. */
void kh_lifeline_finish(struct kh_lifeline *line);

#endif
