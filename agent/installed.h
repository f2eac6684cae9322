/*
 * Drivers that are installed on this computer, configured or not: what is
 * registered with p11-kit, and what lies in the usual folders. They are named to
 * people only; the daemon loads what is configured.
 */
#ifndef KH_AGENT_INSTALLED_H
#define KH_AGENT_INSTALLED_H

#include <stdbool.h>

struct kh_installed {
	const char *path; /* absolute where it is known; else a file name */
	const char *file; /* its file name */
	bool registered;  /* with p11-kit */
};

/* Visits all files of the usual folders, so found has to choose. One that was
 * registered may be visited again in its folder. */
void kh_installed_visit(void (*found)(void *context, const struct kh_installed *installed), void *context);
/* Whether two paths lead to one file. */
bool kh_installed_same(const char *a, const char *b);

#endif
