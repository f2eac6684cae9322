/* The rows about the USB bus and the drivers. */
#include "environment/judge_driver.h"

#include <stdio.h>
#include <string.h>

#include "environment/unseen.h"
#include "installed.h"
#include "library.h"
#include "token/program.h"
#include "token/report.h"

#define PKCS11 KH_PROFILE_MODULE_INTERFACE_PKCS11
#define SKF KH_PROFILE_MODULE_INTERFACE_SKF

static const char *name_of(const struct kh_check *check, const struct kh_usb_found *key)
{
	return kh_family_name(key->family, key->model, check->locale);
}

/* About a key: its driver's page. */
static void add_about(struct kh_check *check, enum kh_finding finding, const char *const *values,
		      const struct kh_usb_found *key)
{
	const char *usual = check->environment->settings->config.downloads;

	kh_check_add_from(check, finding, values, key ? kh_family_download(key->family, usual) : usual);
}

void kh_check_usb(struct kh_check *check)
{
	const struct kh_environment *environment = check->environment;
	const struct kh_usb_found *first = kh_plugged(environment, 0);
	const struct kh_usb_found *unseen = kh_unseen_key(environment);
	const char *values[] = {"name", unseen ? name_of(check, unseen) : first ? name_of(check, first) : "", NULL};

	if (!first && check->count > 0)
		kh_check_add(check, KH_FINDING_USB_OTHER, values);
	else if (!environment->usb)
		kh_check_add(check, KH_FINDING_USB_UNREAD, values);
	else if (!first)
		kh_check_add(check, KH_FINDING_USB_ABSENT, values);
	else if (unseen && check->count > 0)
		add_about(check, KH_FINDING_USB_UNSEEN, values, unseen);
	else if (unseen && unseen->storage)
		add_about(check, KH_FINDING_USB_STORAGE, values, unseen);
	else
		kh_check_add(check, KH_FINDING_USB_OK, values);
}

/* What the first module says that says anything; NULL: none does. */
static const char *of_modules(const struct kh_modules *modules, const char *(*tell)(const struct kh_token_link *link))
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < modules->count; i++)
		text = tell(modules->items[i].link);
	return text;
}

static bool works(const struct kh_driver *driver)
{
	return kh_token_link_state(driver->link) == KH_OK;
}

static bool is_there(const struct kh_driver *driver)
{
	return kh_system_readable(driver->path);
}

/* Another driver of a family whose key this one shows; NULL: none. */
static const struct kh_driver *second_driver(const struct kh_check *check, const char *shows,
					     const struct kh_profile **family)
{
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_usb_found *key;

	for (size_t n = 0; (key = kh_plugged(check->environment, n)); n++) {
		for (size_t i = 0; i < modules->count; i++) {
			const char *file = kh_token_link_name(modules->items[i].link);

			*family = key->family;
			if (strcmp(file, shows) != 0 && is_there(&modules->items[i]) &&
			    modules->items[i].tokens.tokens_count == 0 && kh_family_has(key->family, file, PKCS11) &&
			    kh_family_has(key->family, shows, PKCS11))
				return &modules->items[i];
		}
	}
	return NULL;
}

/* The driver of the key that the check is about is like this, or any where it is about none; NULL: none. */
static const struct kh_driver *driver_with(const struct kh_check *check, bool (*is)(const struct kh_driver *driver))
{
	const struct kh_modules *modules = check->environment->modules;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_driver *driver = &modules->items[i];

		if ((!check->subject || strcmp(kh_token_link_name(driver->link), check->subject->module) == 0) &&
		    is(driver))
			return driver;
	}
	return NULL;
}

static bool is_unlisted(const struct kh_driver *driver)
{
	return driver->tokens.tokens_count > 0 && driver->listed == KH_TOKEN_FAILED;
}

static bool has_stumbled(const struct kh_driver *driver)
{
	return kh_token_link_stumbled(driver->link);
}

static void judge_working(struct kh_check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	const char *problem = of_modules(modules, kh_token_link_profile_problem);
	const char *shows = check->subject ? check->subject->module : NULL;
	const struct kh_profile *family = NULL;
	const struct kh_driver *second = shows ? second_driver(check, shows, &family) : NULL;
	const struct kh_driver *unlisted = check->subject ? driver_with(check, is_unlisted) : NULL;
	const struct kh_driver *stumbled = driver_with(check, has_stumbled);
	const char *about[] = {"profile", of_modules(modules, kh_token_link_profile), "name", problem, NULL};

	if (unlisted) {
		const char *values[] = {"module", kh_token_link_name(unlisted->link), NULL};

		kh_check_add(check, KH_FINDING_DRIVER_UNLISTED, values);
	} else if (stumbled) {
		const char *values[] = {"module", kh_token_link_name(stumbled->link), "call",
					kh_token_link_stumbled(stumbled->link), NULL};

		kh_check_add(check, KH_FINDING_DRIVER_STUMBLED, values);
	} else if (second) {
		const char *values[] = {"name",	  kh_family_name(family, NULL, check->locale),
					"module", shows,
					"other",  kh_token_link_name(second->link),
					NULL};

		kh_check_add(check, KH_FINDING_DRIVER_SEVERAL, values);
	} else {
		kh_check_add(check, problem ? KH_FINDING_DRIVER_PROFILE : KH_FINDING_DRIVER_OK, about);
	}
}

enum kh_finding kh_driver_failure(const struct kh_error *failure, const char *program, const char *path, char *kind,
				  size_t size)
{
	const struct kh_library library = kh_library_look(path);

	kind[0] = '\0';
	if (failure->code != KH_DRIVER_MISSING)
		return KH_FINDING_DRIVER_FAILED;
	if (!kh_system_readable(path))
		return KH_FINDING_DRIVER_ABSENT;
	if (strcmp(failure->call, "C_GetFunctionList") == 0)
		return failure->value[0] ? KH_FINDING_DRIVER_SKF : KH_FINDING_DRIVER_INTERFACE;
	if (library.format == KH_LIBRARY_NONE)
		return KH_FINDING_DRIVER_FORMAT;
	kh_library_describe(&library, kind, size);
	return kh_token_program_fits(program, path) ? KH_FINDING_DRIVER_FAILED : KH_FINDING_DRIVER_MACHINE;
}

static void add_failure(struct kh_check *check, const struct kh_driver *driver, const struct kh_usb_found *key)
{
	const struct kh_error *failure = kh_token_link_failure(driver->link);
	char kind[64];
	const char *values[] = {"module", kh_token_link_name(driver->link), "kind", kind, NULL};

	if (failure->code == KH_AGENT_MIXED) {
		kh_check_add(check, KH_FINDING_DRIVER_UNTRIED, NULL);
		return;
	}
	add_about(check,
		  kh_driver_failure(failure, kh_token_link_program(driver->link), driver->path, kind, sizeof(kind)),
		  values, key);
}

/* The module that failed worst; NULL: none. */
static const struct kh_driver *failed_driver(const struct kh_modules *modules)
{
	const struct kh_driver *failed = NULL;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_driver *driver = &modules->items[i];

		if (!works(driver) && (!failed || (is_there(driver) && !is_there(failed))))
			failed = driver;
	}
	return failed;
}

/* Of this family, or of any; one that works, or one that is there and does not. */
static const struct kh_driver *driver_that(const struct kh_modules *modules, const struct kh_profile *family,
					   bool works_now)
{
	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_driver *driver = &modules->items[i];
		const char *file = kh_token_link_name(driver->link);

		if (works(driver) == works_now && (works_now || is_there(driver)) &&
		    (!family || kh_family_has(family, file, PKCS11) || kh_family_has(family, file, SKF)))
			return driver;
	}
	return NULL;
}

/* No key of it is shown, nor is any other: what keeps its driver from that. */
static void judge_unseen(struct kh_check *check, const struct kh_usb_found *key)
{
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_driver *own = driver_that(modules, key->family, true);
	const struct kh_driver *broken = driver_that(modules, key->family, false);
	const struct kh_driver *other = driver_that(modules, NULL, true);
	const struct kh_driver *failed = driver_that(modules, NULL, false);
	const struct kh_driver *told = own ? own : other;
	const char *module = told ? kh_token_link_name(told->link) : "";
	const struct kh_profile *family = kh_family_of_driver(check->environment->profiles, module);
	char unused[KH_PATH_MAX];
	const char *values[] = {"name",	  name_of(check, key),
				"module", module,
				"other",  family ? kh_family_name(family, NULL, check->locale) : NULL,
				"file",	  unused,
				NULL};

	if (own) {
		add_about(check, key->storage ? KH_FINDING_DRIVER_OK : KH_FINDING_DRIVER_BLIND, values, key);
		return;
	}
	if (broken) {
		add_failure(check, broken, key);
		return;
	}
	kh_unused_driver(check->environment, key->family, unused, sizeof(unused));
	if (unused[0] != '\0')
		add_about(check, KH_FINDING_DRIVER_UNUSED, values, key);
	else if (kh_family_interface(key->family) == SKF)
		add_about(check, KH_FINDING_DRIVER_SKF_ONLY, values, key);
	else if (other && check->environment->settings->config.modules_count > 0)
		add_about(check, KH_FINDING_DRIVER_OTHER, values, key);
	else if (failed)
		add_failure(check, failed, key);
	else
		add_about(check, KH_FINDING_DRIVER_MISSING, values, key);
}

void kh_check_driver(struct kh_check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_usb_found *unseen = check->count == 0 ? kh_unseen_key(check->environment) : NULL;

	if (unseen)
		judge_unseen(check, unseen);
	else if (driver_that(modules, NULL, true))
		judge_working(check);
	else if (modules->count > 0)
		add_failure(check, failed_driver(modules), NULL);
	else
		kh_check_add(check, KH_FINDING_DRIVER_NONE, NULL);
}
