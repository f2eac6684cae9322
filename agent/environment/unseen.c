/* Keys that no driver shows. */
#include "environment/unseen.h"

#include <stdio.h>
#include <string.h>

#include "installed.h"
#include "token/program.h"

#define KEYS_MAX 32

const struct kh_usb_found *kh_plugged(const struct kh_environment *environment, size_t n)
{
	const struct kh_usb_found *key = kh_usb_key(environment->usb, n);
	size_t first = kh_usb_count(environment->usb);

	return key ? key : n - first < environment->cards_count ? &environment->cards[n - first] : NULL;
}

struct matching {
	size_t left[KH_CONFIG_MODULES_MAX]; /* tokens of each module that no key has yet */
	bool seen[KEYS_MAX];
};

static bool may_show(const struct kh_environment *environment, const struct kh_driver *driver,
		     const struct kh_usb_found *key, bool unknown)
{
	const char *file = kh_token_link_name(driver->link);

	return unknown ? !kh_family_of_driver(environment->profiles, file)
		       : kh_family_has(key->family, file, KH_PROFILE_MODULE_INTERFACE_PKCS11);
}

static void match(const struct kh_environment *environment, struct matching *matching, bool unknown)
{
	const struct kh_modules *modules = environment->modules;
	const struct kh_usb_found *key;

	for (size_t n = 0; n < KEYS_MAX && (key = kh_plugged(environment, n)); n++) {
		for (size_t i = 0; i < modules->count && !matching->seen[n]; i++) {
			if (matching->left[i] == 0 || !may_show(environment, &modules->items[i], key, unknown))
				continue;
			matching->left[i]--;
			matching->seen[n] = true;
		}
	}
}

static struct matching match_all(const struct kh_environment *environment)
{
	struct matching matching = {.seen = {false}};

	for (size_t i = 0; i < environment->modules->count; i++)
		matching.left[i] = environment->modules->items[i].tokens.tokens_count;
	match(environment, &matching, false);
	match(environment, &matching, true);
	return matching;
}

const struct kh_usb_found *kh_unseen_key(const struct kh_environment *environment)
{
	const struct matching matching = match_all(environment);
	const struct kh_usb_found *key;

	for (size_t n = 0; n < KEYS_MAX && (key = kh_plugged(environment, n)); n++) {
		if (!matching.seen[n])
			return key;
	}
	return NULL;
}

bool kh_seen(const struct kh_environment *environment, size_t n)
{
	return n < KEYS_MAX && match_all(environment).seen[n];
}

struct search {
	const struct kh_environment *environment;
	const struct kh_profile *family;
	char *path;
	size_t size;
};

bool kh_configured(const struct kh_modules *modules, const char *path)
{
	bool found = false;

	for (size_t i = 0; i < modules->count && !found; i++)
		found = kh_installed_same(modules->items[i].path, path);
	return found;
}

static bool loadable(const char *path)
{
	char program[2 * KH_PATH_MAX];

	return kh_token_program(path, program, sizeof(program), NULL) == KH_OK && kh_token_program_fits(program, path);
}

static void consider(void *context, const struct kh_installed *installed)
{
	struct search *search = context;

	if (search->path[0] == '\0' &&
	    kh_family_has(search->family, installed->file, KH_PROFILE_MODULE_INTERFACE_PKCS11) &&
	    loadable(installed->path) && !kh_configured(search->environment->modules, installed->path))
		snprintf(search->path, search->size, "%s", installed->path);
}

void kh_unused_driver(const struct kh_environment *environment, const struct kh_profile *family, char *path,
		      size_t size)
{
	struct search search = {environment, family, path, size};

	path[0] = '\0';
	kh_installed_visit(consider, &search);
}
