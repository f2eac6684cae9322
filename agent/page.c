/*
 * The files of the certificate manager.
 */
#include "page.h"

#include <string.h>

#include "page_files.h"

const char *const kh_page_headers[] = {
	"content-security-policy:",
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ws://127.0.0.1:*; "
	"base-uri 'none'; "
	"form-action 'none'; frame-ancestors 'none'",
	"x-content-type-options:",
	"nosniff",
	"referrer-policy:",
	"no-referrer",
	"cross-origin-resource-policy:",
	"same-origin",
	"cross-origin-opener-policy:",
	"same-origin",
	"cache-control:",
	"no-store",
	NULL,
};

const struct kh_page_file *kh_page_find(const char *path)
{
	for (const struct kh_page_file *file = kh_page_files; file->path; file++) {
		if (strcmp(file->path, path) == 0)
			return file;
	}
	return NULL;
}
