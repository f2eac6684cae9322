/*
 * ProgramData\Keyhall, where the configuration of all users is, and the folders that a user's agent makes. Paths are
 * UTF-16 and at most KH_WIDE_MAX units.
 */
#ifndef KH_MACHINE_FOLDERS_H
#define KH_MACHINE_FOLDERS_H

#include <stdbool.h>
#include <wchar.h>

#include "wide_win.h"

/* FOLDER\NAME, or FOLDER where name is empty. False: too long; path is then empty. */
bool kh_folders_join(wchar_t path[KH_WIDE_MAX], const wchar_t *folder, const wchar_t *name);
/* Where the running program is. */
bool kh_folders_own(wchar_t path[KH_WIDE_MAX]);
/* ProgramData\Keyhall. */
bool kh_folders_data(wchar_t path[KH_WIDE_MAX]);

/* Makes ProgramData\Keyhall an administrator's: they and the system write, everybody reads. Any user may have made one
 * before: what is a link or somebody else's is put aside as Keyhall.N. False: said on stderr. */
bool kh_folders_secure(void);

/* Copies a file, or the files of a folder, into `to`, which is made. use is told of each copy. False: said. */
bool kh_folders_copy(const wchar_t *from, const wchar_t *to, void (*use)(void *context, const wchar_t *copy),
		     void *context);

/* A folder with all that is in it; links are removed and not followed, files in use stay. */
void kh_folders_remove(const wchar_t *path);
/* What agents have kept, of every user of this computer: journals and own configurations. */
void kh_folders_remove_journals(void);

#endif
