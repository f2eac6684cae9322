/* Keys and drivers in the report. */
#include "report_drivers.h"

#include <stdlib.h>
#include <string.h>

#include "environment/unseen.h"
#include "installed.h"
#include "watch.h"

/* The home's path is the user's name on most machines. */
char *kh_report_redact(const char *text)
{
	struct kh_buffer out = {0};
	char home[KH_PATH_MAX];
	size_t length;

	kh_system_home(home, sizeof(home));
	length = strlen(home);
	while (length > 1 && *text != '\0') {
		const char *found = strstr(text, home);

		if (!found)
			break;
		kh_buffer_append(&out, text, (size_t)(found - text));
		kh_buffer_append_text(&out, "~");
		text = found + length;
	}
	kh_buffer_append_text(&out, text);
	if (!out.failed && out.data)
		return out.data;
	kh_buffer_finish(&out);
	return strdup("");
}

#define PATH_LENGTH 512 /* of a candidate, in the contract */

struct search {
	struct kh_report *report;
	const struct kh_agent *agent;
};

static void append(char ***list, size_t *count, size_t most, const char *text)
{
	char **more;

	for (size_t i = 0; i < *count; i++) {
		if (kh_installed_same((*list)[i], text))
			return;
	}
	more = *count < most ? realloc(*list, (*count + 1) * sizeof(*more)) : NULL;
	if (!more)
		return;
	*list = more;
	more[(*count)++] = strdup(text);
}

static void consider(void *context, const struct kh_installed *installed)
{
	struct search *search = context;
	struct kh_report *report = search->report;
	bool known = kh_family_of_driver(&search->agent->profiles, installed->file);
	char *path;

	if ((!installed->registered && !known) || strlen(installed->path) > PATH_LENGTH ||
	    kh_configured(&search->agent->modules, installed->path))
		return;
	path = kh_report_redact(installed->path);
	append(&report->candidates, &report->candidates_count, KH_REPORT_CANDIDATES_MAX, path);
	for (size_t i = 0; i < report->usb_count; i++) {
		const struct kh_profile *family = kh_usb_key(search->agent->usb, i)->family;

		if (kh_family_has(family, installed->file, KH_PROFILE_MODULE_INTERFACE_PKCS11) ||
		    kh_family_has(family, installed->file, KH_PROFILE_MODULE_INTERFACE_SKF))
			append(&report->usb[i].candidates, &report->usb[i].candidates_count, KH_USB_KEY_CANDIDATES_MAX,
			       path);
	}
	free(path);
}

static void describe(struct kh_usb_key *key, const struct kh_usb_found *found, const char *downloads,
		     const char *locale)
{
	const char *driver = kh_family_download(found->family, downloads);
	enum kh_profile_module_interface interface = kh_family_interface(found->family);

	key->id = strdup(found->model->id);
	key->name = strdup(kh_family_name(found->family, found->model, locale));
	key->driver = driver ? strdup(driver) : NULL;
	key->family = strdup(found->family->file.name);
	key->mode = found->storage ? KH_USB_KEY_MODE_STORAGE : KH_USB_KEY_MODE_KEY;
	if (interface != KH_PROFILE_MODULE_INTERFACE_NONE)
		key->interface = interface == KH_PROFILE_MODULE_INTERFACE_SKF ? KH_USB_KEY_INTERFACE_SKF
									      : KH_USB_KEY_INTERFACE_PKCS11;
}

void kh_report_drivers(struct kh_report *report, struct kh_agent *agent, const char *locale)
{
	const struct kh_environment environment = {
		.profiles = kh_watch_profiles(agent), .modules = &agent->modules, .usb = agent->usb};
	struct search search = {report, agent};
	size_t count = kh_usb_count(agent->usb);

	report->usb = calloc(count + 1, sizeof(*report->usb));
	for (size_t i = 0; report->usb && i < count; i++) {
		struct kh_usb_key *key = &report->usb[report->usb_count++];

		describe(key, kh_usb_key(agent->usb, i), agent->settings->config.downloads, locale);
		key->shown = kh_seen(&environment, i);
	}
	kh_installed_visit(consider, &search);
}
