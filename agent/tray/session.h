/*
 * The user's session around the notification area: what differs between systems.
 */
#ifndef KH_AGENT_TRAY_SESSION_H
#define KH_AGENT_TRAY_SESSION_H

#include <stdbool.h>
#include <stddef.h>

/* First thing in main. Linux: unlike the daemon it is not hardened, browsers are started from here. */
void kh_session_begin(void);

/* Whether the program's file is still there: a package that is removed takes it away. One that was upgraded has put
 * another in its place, which this process then becomes, with the same arguments. Windows replaces no program that
 * runs: there an upgrade stops it first. */
bool kh_session_goes_on(char **arguments);

/* Where the user finds what was saved: downloads, else the home folder; "": neither is known. */
void kh_session_downloads(char *path, size_t size);

#endif
