/*
 * A .zip of texts. The only place that meets libzip.
 */
#ifndef KH_AGENT_TOOL_ARCHIVE_H
#define KH_AGENT_TOOL_ARCHIVE_H

#include "bytes.h"

struct kh_archive_entry {
	const char *name;
	struct kh_buffer text;
};

/* Whole or not at all; a file that is there already stays: agent.failed, call
 * zip_open. */
KH_CHECKED enum kh_code kh_archive_write(const char *path, const struct kh_archive_entry *entries, size_t count,
					 struct kh_error *error);

#endif
