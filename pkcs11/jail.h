/*
 * The jail of a module that is only tried. It keeps a bad library from harm by
 * accident; it is no wall against one that means harm: that runs as the user all
 * the same. jail_posix.c, jail_win.c
 *
 * Inside: HOME and the folder for temporary files are an empty folder, where the
 * process stands too; limits on memory, files, their size and processes; no dump
 * of memory; no new privileges; no network, where the system lets us.
 */
#ifndef KH_PKCS11_JAIL_H
#define KH_PKCS11_JAIL_H

#include "error.h"

/* Before there are threads, and before kh_process_protect(). isolated: without a
 * network. agent.failed: it cannot stand in folder. */
KH_CHECKED enum kh_code kh_jail_enter(const char *folder, bool *isolated, struct kh_error *error);

#endif
