/* Loading a shared library on POSIX systems. */
#include "token/module.h"

#include <dlfcn.h>

void *kh_library_open(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

void *kh_library_symbol(void *library, const char *name)
{
	return dlsym(library, name);
}
