/*
 * Where in a JSON text a member or an item is, for messages about files that people
 * write. The text has been read as JSON before.
 */
#ifndef KH_PROTOCOL_LOCATE_H
#define KH_PROTOCOL_LOCATE_H

#include "bytes.h"

struct kh_location {
	size_t start, end; /* with its name, without a comma */
	size_t value;	   /* where the value begins */
};

/* Finds what a dotted path names, the last one where there are several. False: it is
 * not there; location is then what is there of the path: the object that lacks it. */
bool kh_locate(const char *text, size_t length, const char *path, struct kh_location *location);

/* The path of what begins at a place, as kh_locate takes it. */
void kh_locate_path(const char *text, size_t place, char *path, size_t size);

/* The line, from 1. */
size_t kh_locate_line(const char *text, size_t place);

/* Takes it out: blanks stand in its place, so that everything else stays where it is. */
void kh_locate_blank(char *text, size_t length, const struct kh_location *location);

#endif
