/*
 * The programs of this folder that run, in every session of the computer, when the package changes. An order goes on
 * where it was.
 */
#ifndef KH_MACHINE_SESSIONS_H
#define KH_MACHINE_SESSIONS_H

#include <stdbool.h>
#include <wchar.h>

/* Each user's lock and agent are asked to end; what has not ended then, or cannot be asked, is ended. False: something runs still. */
bool kh_sessions_stop(const wchar_t *folder);

/* The agent and the lock, for whoever is logged in: as the user, without an administrator's rights. Where that user is
 * not known they start at the next login. */
void kh_sessions_start(const wchar_t *folder);

#endif
