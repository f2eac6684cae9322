/* Loading a shared library on POSIX systems. */
#include "token/module.h"

#include <dlfcn.h>

void *kh_library_open(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

const char *kh_library_problem(void)
{
	const char *problem = dlerror();

	return problem ? problem : "";
}

void *kh_library_symbol(void *library, const char *name)
{
	return dlsym(library, name);
}

/* Modules bring it with them or load it in C_Initialize. */
bool kh_library_reads_cards(void)
{
	void *library = dlopen("libpcsclite.so.1", RTLD_LAZY | RTLD_NOLOAD);

	if (library)
		dlclose(library);
	return library;
}
