/* softkey's part of choke.h, and the functions it does not have. */
#include "softkey.h"

const char module_name[] = "softkey";
const bool module_writes = true;

CK_RV module_open(void)
{
	return store_open();
}

const char *module_folder(void)
{
	return store_path();
}

void module_refresh(void)
{
	slots_refresh();
}

void module_pull(const char *name)
{
	store_pull(name);
	slots_refresh();
}

#pragma GCC diagnostic ignored "-Wunused-parameter"
#define CALL(name, parameters, arguments)
#define FREE(name, parameters, arguments)
#define LACK(name, parameters, arguments)                                                                              \
	CK_RV soft_##name parameters                                                                                   \
	{                                                                                                              \
		return CKR_FUNCTION_NOT_SUPPORTED;                                                                     \
	}
#include "calls.h"
