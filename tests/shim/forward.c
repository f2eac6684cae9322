/* The module behind, and the calls that only go through. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shim.h"

const char module_name[] = "shim";
const bool module_writes = false;

CK_FUNCTION_LIST *real;

const char *module_folder(void)
{
	const char *folder = getenv("SHIM_STORE");

	return folder && strlen(folder) < 300 ? folder : "";
}

static CK_RV fail(const char *why)
{
	fprintf(stderr, "shim: %s\n", why);
	return CKR_GENERAL_ERROR;
}

CK_RV module_open(void)
{
	const char *path = getenv("SHIM_MODULE");
	CK_RV (*list)(CK_FUNCTION_LIST **) = NULL;
	void *module;

	if (real)
		return CKR_OK;
	if (!path || !module_folder()[0])
		return fail("SHIM_MODULE and SHIM_STORE must be set");
	mkdir(module_folder(), 0700);
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module)
		*(void **)&list = dlsym(module, "C_GetFunctionList");
	return list ? list(&real) : fail("SHIM_MODULE is no PKCS#11 module");
}

#define FREE(name, parameters, arguments)
#define CALL(name, parameters, arguments)                                                                              \
	CK_RV soft_##name parameters                                                                                   \
	{                                                                                                              \
		CK_RV rv = session_check(session);                                                                     \
                                                                                                                       \
		return rv == CKR_OK ? real->C_##name arguments : rv;                                                   \
	}
#define LACK CALL
#include "calls.h"
