/*
 * A keyhall-token process: its pipes, its mark, its lifeline, its end. It
 * inherits no sockets; its stderr is ours, but for a module that is only tried. It
 * leads a process group of its own, which ends with it, however it ends: a PIN
 * window is in it. When we die it finishes the call of the module that it is in and
 * ends; the next one for the same module and state folder waits for that. Killed and
 * ended children go on closing on the loop by themselves.
 */
#ifndef KH_AGENT_TOKEN_CHILD_H
#define KH_AGENT_TOKEN_CHILD_H

#include <uv.h>

#include "error.h"

struct kh_token_child;

/* Of a module that is only tried. */
struct kh_token_trial {
	const char *folder; /* empty: its home; pkcs11/jail.h */
	int output;	    /* file that it writes to in place of our stderr */
};

struct kh_token_place {
	const char *program;
	const char *module;
	const char *state;		    /* the lock is in this folder where the session has none; empty: no lock */
	int64_t deadlines;		    /* percent */
	const struct kh_token_trial *trial; /* NULL: none */
};

/* How it ended. */
struct kh_token_end {
	enum kh_token_end_how {
		KH_TOKEN_END_UNKNOWN, /* it has closed its stdout, and may run */
		KH_TOKEN_END_EXITED,
		KH_TOKEN_END_CRASHED,
	} how;
	int number; /* its status; the signal or the exception of a crash */
};

/* output: bytes of its stdout. ended: once, when it died or closed its stdout;
 * then kill it. Neither is called after kill or end. */
struct kh_token_ears {
	void (*output)(void *context, const char *data, size_t length);
	void (*ended)(void *context, const struct kh_token_end *end);
	void *context;
};

KH_CHECKED enum kh_code kh_token_child_new(uv_loop_t *loop, const struct kh_token_place *place,
					   const struct kh_token_ears *ears, struct kh_token_child **child,
					   struct kh_error *error);
bool kh_token_child_write(struct kh_token_child *child, const char *data, size_t length);
/* The module's function it is in, or "". */
void kh_token_child_mark(const struct kh_token_child *child, char *call, size_t size);
/* At once. NULL is accepted. */
void kh_token_child_kill(struct kh_token_child *child);
/* By closing its stdin; after a second it is left alone, to end after the call
 * it is in. */
void kh_token_child_end(struct kh_token_child *child);

#endif
