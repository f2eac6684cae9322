/*
 * The one PKCS#11 module of this process: load, start, stop, start again; and
 * the choke point every C_ call goes through:
 *
 *     rv = KH_CALL(module, C_Login, session, CKU_USER, pin, length);
 *     if (rv != CKR_OK)
 *             return kh_module_fail(module, rv, error);
 *
 * KH_CALL notes the function's name in the shared mark (so that the daemon
 * knows which call a module died in), counts it, and logs name, result and
 * duration at debug level: never an argument. When the daemon is gone it does
 * not come back: life.h. While the daemon traces it tells it of the call
 * (host.called), with what KH_CALL_ON says that the call is about, where that is
 * at hand:
 *
 *     rv = KH_CALL_ON(module, slot, &token->slot, C_GetTokenInfo, token->slot, &info);
 *
 * kh_module_fail() is the only place where a CK_RV becomes an enum kh_code.
 */
#ifndef KH_PKCS11_TOKEN_MODULE_H
#define KH_PKCS11_TOKEN_MODULE_H

#include <p11-kit/pkcs11.h>

#include "error.h"
#include "mark.h"
#include "profile.h"
#include "token/rv.h"
#include "token/timing.h"

#define KH_MODULE_PATH_MAX 4096

struct kh_loop;

/* What a call is about, for a trace: never a value. All of it may be NULL. */
struct kh_about {
	const CK_SLOT_ID *slot;
	const CK_MECHANISM_TYPE *mechanism;
	const CK_ATTRIBUTE_TYPE *attributes;
	size_t attributes_count;
};

struct kh_module {
	char path[KH_MODULE_PATH_MAX];
	const char *name; /* file name in path */
	char *init;	  /* pReserved of C_Initialize; NULL: none */
	void *library;
	CK_FUNCTION_LIST *functions;
	CK_INFO info;
	const struct kh_profiles *profiles; /* to choose from when it starts; may be NULL */
	const struct kh_profile *profile;   /* NULL: none fits */
	bool running;
	unsigned long starts;	  /* of C_Initialize that succeeded */
	unsigned long calls;	  /* through the choke point */
	uint64_t revisions;	  /* handed out to inventories; never twice the same */
	enum kh_rv_kind trouble;  /* GONE or MAYBE_GONE once seen, until the next start */
	const char *call;	  /* name of the latest call */
	uint64_t began;		  /* its start, ns */
	struct kh_timing *timing; /* of a module that is only tried; else NULL */
	struct kh_about about;	  /* while it runs */
	bool traced;		  /* the daemon wants to hear of every call */
	struct kh_mark mark;	  /* empty when started by hand */
	struct kh_loop *loop;	  /* told of calls, and while a key's own pad is waited for; may be NULL */
};

#define KH_CALL(module, function, ...)                                                                                 \
	(kh_module_call_begin((module), #function),                                                                    \
	 kh_module_call_end((module), (module)->functions->function(__VA_ARGS__)))

#define KH_CALL_ON(module, member, pointer, function, ...)                                                             \
	((module)->about.member = (pointer), KH_CALL(module, function, __VA_ARGS__))

void kh_module_call_begin(struct kh_module *module, const char *function);
CK_RV kh_module_call_end(struct kh_module *module, CK_RV rv);

/* Fills error from the latest call and returns its code; rv is not CKR_OK. */
enum kh_code kh_module_fail(struct kh_module *module, CK_RV rv, struct kh_error *error);

void kh_module_init(struct kh_module *module, const char *path);
/* Loads and initialises unless it runs. driver.missing, token.failed. */
KH_CHECKED enum kh_code kh_module_start(struct kh_module *module, struct kh_error *error);
/* C_Finalize: every session, handle and login of this process ends. */
void kh_module_stop(struct kh_module *module);

/* module_posix.c, module_win.c: the loaded library and its function list, or NULL. */
void *kh_library_open(const char *path);
void *kh_library_symbol(void *library, const char *name);
/* Why the last library could not be opened, as the system says. */
const char *kh_library_problem(void);
/* A module in this process works through the smart card service. */
bool kh_library_reads_cards(void);

/* Chooses among module->profiles by what C_GetInfo said. */
void kh_module_choose_profile(struct kh_module *module);
/* The profile of a module that runs; NULL: none fits. */
const struct kh_profile *kh_module_profile(const struct kh_module *module);
/* The same where the module is known to have SM2, else NULL. */
const struct kh_profile *kh_module_sm2(const struct kh_module *module);

#endif
