/*
 * What the hall asks of the operating system: files, folders, a lock, the stop
 * signal, a free port. system_posix.c holds it for POSIX systems.
 */
#ifndef HALL_SYSTEM_H
#define HALL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "folder/name"; the caller frees it. */
char *hall_path(const char *folder, const char *name);

bool hall_folder_make(const char *path); /* only for its owner; good when it exists */
bool hall_file_exists(const char *path);
bool hall_file_reserve(const char *path); /* there afterwards; a new one is its owner's only */

/* Whole file, a NUL behind its end, the caller's; NULL: absent or over max. */
char *hall_file_read(const char *path, size_t max, size_t *length);

/* What tells that a file is still the same: it is looked at again when one of them differs. */
struct hall_file_mark {
	uint64_t size, number; /* bytes; of the file in its file system */
	int64_t seconds, nanoseconds;
};

/* Calls each for every name in a folder, in no order. False: there is no such folder. */
bool hall_folder_each(const char *path, void (*each)(void *context, const char *name), void *context);

/* To read a regular file, not a link to one. NULL: there is none. */
FILE *hall_file_open(const char *path, struct hall_file_mark *mark);

/* All or nothing: a new file, synced, renamed over the old one. secret: only
 * its owner may read it. */
bool hall_file_write(const char *path, const void *data, size_t length, bool secret);

/* False: another process holds it. Held until the process ends. */
bool hall_lock(const char *path);

/* Folder of the running program; the caller frees it. */
char *hall_program_folder(void);

/* No core dump: the keys of CA and key centre would be in it. */
void hall_process_protect(void);

/* Blocks the stop signals for every thread made afterwards; ignores SIGPIPE. */
void hall_signals_prepare(void);
/* Waits for SIGTERM or SIGINT. */
void hall_signals_wait(void);

/* Address and port to listen on, from malloc; NULL: not an IPv4 address. */
struct sockaddr_in *hall_address_new(const char *address, unsigned port);

/* A port nobody listens on at this IPv4 address; 0: none. */
unsigned hall_port_free(const char *address);

#endif
