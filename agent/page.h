/*
 * The certificate manager (证书管理): a few static files in the program, served
 * at the daemon's own address to exact Host values only.
 */
#ifndef KH_AGENT_PAGE_H
#define KH_AGENT_PAGE_H

#include <stddef.h>

struct kh_page_file {
	const char *path; /* "/" is index.html */
	const char *type;
	const unsigned char *data;
	size_t length;
};

/* NULL: there is no such file. */
const struct kh_page_file *kh_page_find(const char *path);

/* Headers of every file: name with its colon, value, …, NULL. */
extern const char *const kh_page_headers[];

#endif
