/*
 * For whom this process works, and what it does when nobody is there any more.
 *
 * Under the daemon a thread watches the lifeline (lifeline.h). When it ends,
 * the C_ call that runs is finished, because a write that is cut off may leave
 * half an object on the key; no other begins, and this process ends with its
 * group, where a PIN window may be. Without a call that is at once. A call that
 * goes on too long is ended after KH_GRACE_VARIABLE.
 *
 * The same where the system ends a whole session, daemon and token hosts
 * alike. By hand nothing of this happens: then it ends with its parent or at a
 * signal, whatever it does.
 */
#ifndef KH_PKCS11_LIFE_H
#define KH_PKCS11_LIFE_H

#include "error.h"

/* Once, before the module is loaded. agent.failed. */
KH_CHECKED enum kh_code kh_life_start(struct kh_error *error);

/* How long a call of a process that is alone may go on, in ms. */
unsigned kh_life_grace(void);

/* Around each C_ call, by the choke point (module.h); calls do not nest. When
 * nobody is there any more neither comes back. From any one thread. */
void kh_life_call_begin(void);
void kh_life_call_end(void);

/* Nobody is there any more; comes back only during a call. Safe in a signal
 * handler. */
void kh_life_lose(void);

#endif
