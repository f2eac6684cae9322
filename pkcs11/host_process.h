/*
 * What this process does with itself. host_process_posix.c, host_process_win.c
 */
#ifndef KH_PKCS11_HOST_PROCESS_H
#define KH_PKCS11_HOST_PROCESS_H

#include "error.h"

/* No dump of memory, no ptrace by others of this user, no SIGPIPE; on Windows no question to
 * the user about a crash, and a job, which stands for the process group. */
KH_CHECKED enum kh_code kh_process_protect(struct kh_error *error);

/* Moves stdin and stdout to descriptors of our own. Descriptor 1 is stderr then:
 * modules and crash handlers print; 0 has nothing to read: openCryptoki's TPM token
 * closes it where there is no TPM. */
KH_CHECKED enum kh_code kh_process_take_pipes(int *in, int *out, struct kh_error *error);

/* At once, without any cleanup, and with its process group when it leads it, as
 * under the daemon: the PIN window is in it. Safe in a signal handler. */
_Noreturn void kh_process_end(void);

/* When the parent dies this process is ended. */
KH_CHECKED enum kh_code kh_process_end_with_parent(struct kh_error *error);
/* What is called, like a signal handler, instead of the end when the system
 * asks all processes of a session to end. */
KH_CHECKED enum kh_code kh_process_on_farewell(void (*farewell)(void), struct kh_error *error);
/* A thread that handles no signals. It ends with the process. */
KH_CHECKED enum kh_code kh_process_start_thread(void (*body)(void), struct kh_error *error);

/* Whether this process has started others. */
bool kh_process_has_children(void);

/* Holds a file, which is made, until this process has ended; waits while
 * another process holds it, but not longer than that. False: it cannot be had,
 * and nothing is held. The processes that a module starts do not hold it. */
bool kh_process_hold(const char *path, unsigned milliseconds);

#endif
