/* Life of the PKCS#11 module and the choke point of its calls. */
#include "token/module.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "file.h"
#include "life.h"
#include "log.h"
#include "loop.h"

#define SKF "SKF_EnumDev" /* GM/T 0016: the other interface of Chinese keys */

_Static_assert(KH_NO_NUMBER == CK_UNAVAILABLE_INFORMATION, "of CK_ULONG");

void kh_module_init(struct kh_module *module, const char *path)
{
	memset(module, 0, sizeof(*module));
	snprintf(module->path, sizeof(module->path), "%s", path);
	module->name = kh_file_name(module->path);
}

void kh_module_call_begin(struct kh_module *module, const char *function)
{
	kh_life_call_begin();
	module->call = function;
	module->calls++;
	kh_mark_set(&module->mark, function);
	if (module->traced || module->timing || kh_log_shows(KH_LOG_DEBUG))
		module->began = uv_hrtime();
}

static void set_number(bool *has, int64_t *number, const CK_ULONG *from)
{
	*has = from;
	if (from)
		*number = (int64_t)*from;
}

static void tell_call(const struct kh_module *module, CK_RV rv, const char *result)
{
	const struct kh_about *about = &module->about;
	int64_t attributes[KH_HOST_HOST_CALLED_PARAMS_ATTRIBUTES_MAX];
	struct kh_host_host_called_params called = {
		.function = (char *)(uintptr_t)module->call,
		.result = (char *)(uintptr_t)result,
		.value = (int64_t)rv,
		.microseconds = (int64_t)(uv_hrtime() - module->began) / 1000,
		.attributes = attributes,
	};

	set_number(&called.has_slot, &called.slot, about->slot);
	set_number(&called.has_mechanism, &called.mechanism, about->mechanism);
	for (size_t i = 0; i < about->attributes_count && i < KH_HOST_HOST_CALLED_PARAMS_ATTRIBUTES_MAX; i++)
		attributes[called.attributes_count++] = (int64_t)about->attributes[i];
	(void)!kh_loop_notify(module->loop, KH_HOST_METHOD_HOST_CALLED, &called, NULL);
}

/* At debug level, and to whoever traces. */
static void note(const struct kh_module *module, CK_RV rv)
{
	const struct kh_rv *row = kh_rv_find(rv);
	char number[24];

	snprintf(number, sizeof(number), "0x%lx", rv);
	kh_log(KH_LOG_DEBUG, "%s %s %s %" PRIu64 " us", module->call, number, row ? row->name : "?",
	       (uv_hrtime() - module->began) / 1000);
	if (module->traced && module->loop)
		tell_call(module, rv, row ? row->name : number);
}

CK_RV kh_module_call_end(struct kh_module *module, CK_RV rv)
{
	enum kh_rv_kind kind;

	kh_life_call_end();
	kind = kh_rv_kind(rv);
	kh_mark_set(&module->mark, "");
	if (module->timing)
		kh_timing_add(module->timing, module->call, uv_hrtime() - module->began);
	if (kind == KH_RV_GONE || (kind == KH_RV_MAYBE_GONE && module->trouble == KH_RV_PLAIN))
		module->trouble = kind;
	if (module->traced || kh_log_shows(KH_LOG_DEBUG))
		note(module, rv);
	module->about = (struct kh_about){0};
	return rv;
}

enum kh_code kh_module_fail(struct kh_module *module, CK_RV rv, struct kh_error *error)
{
	const struct kh_rv *row = kh_rv_find(rv);
	char value[32];
	enum kh_code code;

	snprintf(value, sizeof(value), "0x%lx", rv);
	code = kh_fail_call(error, row ? row->code : KH_TOKEN_FAILED, module->call, row ? row->name : value);
	if (error) {
		error->native = rv;
		snprintf(error->module, sizeof(error->module), "%s", module->name);
	}
	return code;
}

/* What comes before there are C_ functions may crash or hang, too. */
static void enter(struct kh_module *module, const char *function)
{
	module->began = uv_hrtime();
	kh_mark_set(&module->mark, function);
}

static void leave(struct kh_module *module, const char *function)
{
	kh_mark_set(&module->mark, "");
	if (module->timing)
		kh_timing_add(module->timing, function, uv_hrtime() - module->began);
}

/* instead: the function it has, where that tells what it is. */
static enum kh_code missing(struct kh_module *module, const char *call, const char *instead, struct kh_error *error)
{
	enum kh_code code = kh_fail_call(error, KH_DRIVER_MISSING, call, instead);
	const char *problem = module->library ? "" : kh_library_problem();

	kh_log(KH_LOG_ERROR, "%s cannot be loaded (%s%s%s)", module->path, call, *problem ? ": " : "", problem);
	if (error)
		snprintf(error->module, sizeof(error->module), "%s", module->name);
	return code;
}

static enum kh_code load(struct kh_module *module, struct kh_error *error)
{
	CK_C_GetFunctionList get;
	void *symbol;

	if (module->functions)
		return KH_OK;
	enter(module, "dlopen");
	if (!module->library)
		module->library = kh_library_open(module->path);
	leave(module, "dlopen");
	if (!module->library)
		return missing(module, "dlopen", "", error);
	symbol = kh_library_symbol(module->library, "C_GetFunctionList");
	if (!symbol) {
		bool skf = kh_library_symbol(module->library, SKF);

		return missing(module, "C_GetFunctionList", skf ? SKF : "", error);
	}
	memcpy(&get, &symbol, sizeof(get));
	enter(module, "C_GetFunctionList");
	CK_RV rv = get(&module->functions);
	leave(module, "C_GetFunctionList");
	if (rv != CKR_OK || !module->functions) {
		module->functions = NULL;
		return missing(module, "C_GetFunctionList", "", error);
	}
	return KH_OK;
}

void kh_module_choose_profile(struct kh_module *module)
{
	const CK_INFO *info = &module->info;
	char manufacturer[sizeof(info->manufacturerID) + 1];
	size_t length = sizeof(info->manufacturerID);
	char version[16];

	while (length > 0 && (info->manufacturerID[length - 1] == ' ' || info->manufacturerID[length - 1] == '\0'))
		length--;
	memcpy(manufacturer, info->manufacturerID, length);
	manufacturer[length] = '\0';
	snprintf(version, sizeof(version), "%u.%u", info->libraryVersion.major, info->libraryVersion.minor);
	module->profile = kh_profiles_match(module->profiles, module->name, manufacturer, version);
}

enum kh_code kh_module_start(struct kh_module *module, struct kh_error *error)
{
	CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK, .pReserved = module->init};
	enum kh_code code;
	CK_RV rv;

	if (module->running)
		return KH_OK;
	code = load(module, error);
	if (code != KH_OK)
		return code;
	rv = KH_CALL(module, C_Initialize, &arguments);
	if ((rv == CKR_CANT_LOCK || rv == CKR_ARGUMENTS_BAD) && !module->init)
		rv = KH_CALL(module, C_Initialize, NULL);
	/* After our C_Finalize it means that nothing was started again. */
	if (rv != CKR_OK && (rv != CKR_CRYPTOKI_ALREADY_INITIALIZED || module->starts > 0))
		return kh_module_fail(module, rv, error);
	rv = KH_CALL(module, C_GetInfo, &module->info);
	if (rv == CKR_FUNCTION_NOT_SUPPORTED)
		memset(&module->info, 0, sizeof(module->info));
	else if (rv != CKR_OK) /* without it the profile would be missing until the next start */
		return kh_module_fail(module, rv, error);
	if (module->profiles)
		kh_module_choose_profile(module);
	module->running = true;
	module->trouble = KH_RV_PLAIN;
	module->starts++;
	return KH_OK;
}

void kh_module_stop(struct kh_module *module)
{
	if (!module->running)
		return;
	(void)KH_CALL(module, C_Finalize, NULL);
	module->running = false;
}

const struct kh_profile *kh_module_profile(const struct kh_module *module)
{
	return module->profile;
}

const struct kh_profile *kh_module_sm2(const struct kh_module *module)
{
	return module->profile && module->profile->sm2 ? module->profile : NULL;
}
