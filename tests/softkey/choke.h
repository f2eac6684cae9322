/*
 * What softkey and tests/shim share: the choke point (entry.c), through which
 * every function of calls.h goes into a soft_ function, and the fault script
 * (fault.c). The module brings the soft_ functions and what is called module_… here.
 */
#ifndef SOFTKEY_CHOKE_H
#define SOFTKEY_CHOKE_H

#include <stdbool.h>
#include <stddef.h>

#include <p11-kit/pkcs11.h>

#define NAME 32
#define PATH 512

#define CALL(name, parameters, arguments) CK_RV soft_##name parameters;
#define FREE CALL
#define LACK CALL
#include "calls.h"
#undef CALL
#undef FREE
#undef LACK

extern const char module_name[];
/* Whether it keeps objects and logins itself: else "write", "cut", "tear" and "logout" in a script are refused. */
extern const bool module_writes;
CK_RV module_open(void);	    /* before C_Initialize */
const char *module_folder(void);    /* of the script and the list of calls */
void module_refresh(void);	    /* at every call: what was pulled and plugged in */
void module_pull(const char *name); /* NULL: all tokens */
void module_logout(void);	    /* as another program's C_Logout does on some cards */

/* manners.c: reads what the module does otherwise, and puts that before its functions. */
void manners_read(CK_FUNCTION_LIST *functions);

/* fault.c: the fault script and the list of calls. */
void fault_open(const char *folder);
/* Before and after a call, or a "write" of the store; other than CKR_OK: answer that.
 * caller: a place in the code that calls, or NULL. */
CK_RV fault_before(const char *call, const void *caller);
CK_RV fault_after(const char *call);
/*
 * What a "cut" or "tear" rule says about this write: power stays, or goes between
 * write and rename, or leaves so many percent of a new object (0 to 100).
 */
enum { POWER_STAYS = -2, POWER_CUT = -1 };
int fault_power(void);

#endif
