/*
 * What people download: installers of the key agent, and the configuration that belongs to them, as they lie in a
 * folder. The table in downloads.c says which names there are; every other file, and a link to a file, is not there.
 *
 * The folder is looked at whenever it is asked for, so that a file is offered as soon as it lies there. Its SHA-256 is
 * computed once and kept until size, time or number of the file change. Put a file there under another name and rename
 * it: it is then seen whole.
 *
 * All calls may come from several threads: the server has one for each connection, so that a large file that is read
 * for the first time keeps only those waiting who ask for the list.
 */
#ifndef HALL_DOWNLOADS_H
#define HALL_DOWNLOADS_H

#include "encode.h"
#include "error.h"
#include "system.h"

#define HALL_DOWNLOAD_NAME_SIZE 128
#define HALL_DOWNLOADS_MAX 64

/* The bundle (bundle.h) and its signature. */
#define HALL_BUNDLE "hall.json"
#define HALL_BUNDLE_SIGNATURE "hall.json.jws"
/* manifest.h */
#define HALL_MANIFEST "manifest.jws"

struct hall_download {
	char name[HALL_DOWNLOAD_NAME_SIZE];
	const struct hall_download_kind *kind;
	char version[32], architecture[24]; /* "": the name says none */
	struct hall_file_mark mark;
	char sha256[HALL_HASH_SIZE];
};

struct hall_downloads;

/* Looks at the folder once. Fails when it is none. */
HALL_CHECKED enum hall_code hall_downloads_open(const char *folder, struct hall_downloads **downloads,
						struct hall_error *error);
void hall_downloads_close(struct hall_downloads *downloads);

/* [{"name","url","kind","system","architecture","version","size","sha256"}], by kind, the newest first; the caller owns
 * it. NULL: none. */
json_t *hall_downloads_json(struct hall_downloads *downloads);

/* To send a file: NULL when the table does not know its name or it is not there. */
FILE *hall_downloads_take(struct hall_downloads *downloads, const char *name, size_t *length, const char **type);

/* What a name says; sets name, kind, version and architecture. */
bool hall_download_read_name(const char *name, struct hall_download *download);

/* Negative, 0, positive as version a is older, equal, newer than b: numbers count by value, and 1.0~rc1 is older than 1.0. */
int hall_version_compare(const char *a, const char *b);

#endif
