/*
 * How somebody asks a daemon to end: on POSIX by SIGTERM or SIGINT; on Windows, where
 * a program without a window cannot be told otherwise, by a named event of the session,
 * and by what a terminal sends.
 */
#ifndef KH_AGENT_STOP_H
#define KH_AGENT_STOP_H

#include <uv.h>

#include "error.h"

struct kh_stop;

/* folder: the state folder. asked is called on the loop, perhaps several times. NULL: it
 * cannot be done. */
struct kh_stop *kh_stop_listen(uv_loop_t *loop, const char *folder, void (*asked)(void *context), void *context);
/* Its handles go on closing on the loop. NULL is accepted. */
void kh_stop_finish(struct kh_stop *stop);

/* Asks the daemon of this user and state folder. False: none is there. */
bool kh_stop_ask(const char *folder);

#endif
