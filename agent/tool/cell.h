/*
 * Where a library is tried: an empty folder as its home, and a file for what it
 * writes to stdout and stderr.
 */
#ifndef KH_AGENT_TOOL_CELL_H
#define KH_AGENT_TOOL_CELL_H

#include "system.h"
#include "token/child.h"

struct kh_cell {
	char folder[KH_PATH_MAX]; /* below the system's folder for temporary files; for this user only */
	char home[KH_PATH_MAX + 8];
	struct kh_token_trial trial;
};

KH_CHECKED enum kh_code kh_cell_make(struct kh_cell *cell, struct kh_error *error);
/* The first lines of what was written, each with at most so many characters; the
 * caller frees them. */
size_t kh_cell_read(const struct kh_cell *cell, char **lines, size_t most, size_t longest);
/* With everything in it; links are not followed. */
void kh_cell_remove(struct kh_cell *cell);

#endif
