/* For posix.h: nobody is told which library calls. */
#ifndef TESTS_WINDOWS_DLFCN_H
#define TESTS_WINDOWS_DLFCN_H

typedef struct {
	const char *dli_fname;
} Dl_info;

#define dladdr(address, info) ((void)(address), (info)->dli_fname = NULL, 0)

#endif
