/*
 * Files the hall gives to browsers: the pages and the SDK. Only names
 * of letters, digits, '.', '_' and '-' are looked up, none that begins with a
 * dot; "/x" also finds x.html, "/" index.html. Content types by a table: what
 * is not in it is not given. In .html <!--#include virtual="/parts/x.html" -->
 * is replaced by that file of the same folder.
 */
#ifndef HALL_PAGES_H
#define HALL_PAGES_H

#include "site.h"

struct hall_page {
	char *data; /* the caller's */
	size_t length;
	const char *type;
};

/* page.absent when there is none. */
HALL_CHECKED enum hall_code hall_page_read(const struct hall_site *site, const char *path, struct hall_page *page,
					   struct hall_error *error);

#endif
