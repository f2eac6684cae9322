/* The choke point: every C_ function counts, meets the fault script, holds the lock, goes on. */
#include <pthread.h>

#include "choke.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool initialized;
static CK_FUNCTION_LIST functions;

static CK_RV enter(const char *name, bool is_initialize, const void *caller)
{
	CK_RV rv;

	pthread_mutex_lock(&lock);
	if (is_initialize && !initialized) {
		rv = module_open();
		if (rv != CKR_OK)
			return rv;
		fault_open(module_folder());
	}
	if (is_initialize == initialized)
		return initialized ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_CRYPTOKI_NOT_INITIALIZED;
	rv = fault_before(name, caller);
	module_refresh();
	return rv;
}

static CK_RV leave(const char *name, CK_RV rv, bool done)
{
	CK_RV wanted = done ? fault_after(name) : CKR_OK;

	pthread_mutex_unlock(&lock);
	return wanted != CKR_OK ? wanted : rv;
}

#define IS(name, other) (__builtin_strcmp(#name, other) == 0)
#define CALL(name, parameters, arguments)                                                                              \
	static CK_RV entry_##name parameters                                                                           \
	{                                                                                                              \
		CK_RV rv = enter("C_" #name, IS(name, "Initialize"), __builtin_return_address(0));                     \
		bool done = rv == CKR_OK;                                                                              \
                                                                                                                       \
		if (done)                                                                                              \
			rv = soft_##name arguments;                                                                    \
		if (rv == CKR_OK && IS(name, "Initialize")) {                                                          \
			initialized = true;                                                                            \
			manners_read(&functions);                                                                      \
		}                                                                                                      \
		if (rv == CKR_OK && IS(name, "Finalize"))                                                              \
			initialized = false;                                                                           \
		return leave("C_" #name, rv, done);                                                                    \
	}
#define FREE CALL
#define LACK CALL
#include "calls.h"
#undef CALL

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

#define CALL(name, parameters, arguments) .C_##name = entry_##name,
static CK_FUNCTION_LIST functions = {
	.version = {2, 40},
	.C_GetFunctionList = C_GetFunctionList,
#include "calls.h"
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	if (!list)
		return CKR_ARGUMENTS_BAD;
	*list = &functions;
	return CKR_OK;
}
