/*
 * A pinentry program as a uv child, and the Assuan conversation with it. What
 * it answers to a question goes from the line buffer straight into a kh_secret;
 * the buffers are wiped.
 */
#ifndef KH_PKCS11_PIN_PINENTRY_H
#define KH_PKCS11_PIN_PINENTRY_H

#include "loop.h"
#include "pin/assuan.h"

struct kh_pinentry {
	struct kh_loop *loop;
	unsigned patience;	     /* s, for greeting and settings */
	int64_t session;	     /* host.cancel of it ends every wait */
	bool (*gone)(void *context); /* asked now and then while the clerk is: the key he is asked for; or NULL */
	void *gone_context;
	bool running;
	bool exited;
	unsigned handles; /* open uv handles */
	uv_process_t process;
	uv_pipe_t to;
	uv_pipe_t from;
	bool replied;
	bool broken; /* end of its output, or a line that is too long */
	enum kh_assuan_reply reply;
	unsigned long number;	  /* of ERR */
	struct kh_secret *answer; /* where DATA goes; NULL: nowhere */
	char line[KH_ASSUAN_LINE + 24];
	size_t length;
	char chunk[512];
};

/* Starts a program (a path, or a name in PATH); a uv error when it cannot be
 * started. kh_pinentry_wait() then takes its greeting. */
int kh_pinentry_start(struct kh_pinentry *pinentry, const char *program);
/* Ends it: politely when it has answered, else by signal. */
void kh_pinentry_stop(struct kh_pinentry *pinentry);

/* Sends "verb text" (text may be NULL) and waits for OK or ERR in reply:
 * pin.cancelled, pin.unavailable; token.removed when gone says so. The clerk may take his time over GETPIN and
 * CONFIRM; greeting and settings are the program's own business and have
 * the pinentry's patience. */
KH_CHECKED enum kh_code kh_pinentry_command(struct kh_pinentry *pinentry, const char *verb, const char *text,
					    struct kh_error *error);
KH_CHECKED enum kh_code kh_pinentry_wait(struct kh_pinentry *pinentry, struct kh_error *error);

#endif
