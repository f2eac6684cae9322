/* Families of keys. */
#include "family.h"

#include <stdio.h>
#include <string.h>

#include "system.h"

const struct kh_profile *kh_family_of_usb(const struct kh_profiles *profiles, uint16_t vendor, uint16_t product,
					  const struct kh_profile_usb **model)
{
	char id[KH_PROFILE_USB_ID_MAX + 1];

	snprintf(id, sizeof(id), "%04x:%04x", vendor, product);
	for (size_t i = 0; i < profiles->count; i++) {
		const struct kh_profile_file *file = &profiles->items[i].file;

		for (size_t k = 0; k < file->usb_count; k++) {
			if (strcmp(file->usb[k].id, id) != 0)
				continue;
			*model = &file->usb[k];
			return &profiles->items[i];
		}
	}
	return NULL;
}

/* In a pattern two dots are any byte. */
static bool fits(const char *pattern, const char *atr)
{
	size_t i = 0;

	while (pattern[i] != '\0' && atr[i] != '\0' && (pattern[i] == '.' || pattern[i] == atr[i]))
		i++;
	return pattern[i] == '\0' && atr[i] == '\0';
}

const struct kh_profile *kh_family_of_atr(const struct kh_profiles *profiles, const char *atr)
{
	for (size_t i = 0; i < profiles->count; i++) {
		const struct kh_profile_file *file = &profiles->items[i].file;

		for (size_t k = 0; k < file->atr_count; k++) {
			if (fits(file->atr[k].atr, atr))
				return &profiles->items[i];
		}
	}
	return NULL;
}

const char *kh_family_name(const struct kh_profile *family, const struct kh_profile_usb *model, const char *locale)
{
	const struct kh_profile_names *names = family->file.names;

	if (model && model->name)
		return model->name;
	if (!names)
		return family->file.name;
	return strncmp(locale, "zh", 2) == 0 ? names->zh : names->en;
}

/* What has a default is NONE where it is not written. */
static enum kh_profile_module_interface interface_of(const struct kh_profile_module *module)
{
	return module->interface == KH_PROFILE_MODULE_INTERFACE_SKF ? KH_PROFILE_MODULE_INTERFACE_SKF
								    : KH_PROFILE_MODULE_INTERFACE_PKCS11;
}

bool kh_family_has(const struct kh_profile *family, const char *file, enum kh_profile_module_interface interface)
{
	for (size_t i = 0; i < family->file.modules_count; i++) {
		const struct kh_profile_module *module = &family->file.modules[i];

		if (module->system == kh_system_name() && interface_of(module) == interface &&
		    kh_profile_glob(module->file, file))
			return true;
	}
	return false;
}

const struct kh_profile *kh_family_of_driver(const struct kh_profiles *profiles, const char *file)
{
	const struct kh_profile *found = NULL;

	for (size_t i = 0; i < profiles->count; i++) {
		const struct kh_profile *family = &profiles->items[i];

		if (!kh_family_has(family, file, KH_PROFILE_MODULE_INTERFACE_PKCS11) &&
		    !kh_family_has(family, file, KH_PROFILE_MODULE_INTERFACE_SKF))
			continue;
		if (!found || (found->file.usb_count > 0 && family->file.usb_count == 0))
			found = family;
	}
	return found;
}

enum kh_profile_module_interface kh_family_interface(const struct kh_profile *family)
{
	enum kh_profile_module_interface here = KH_PROFILE_MODULE_INTERFACE_NONE;
	enum kh_profile_module_interface anywhere = KH_PROFILE_MODULE_INTERFACE_NONE;

	for (size_t i = 0; i < family->file.modules_count; i++) {
		const struct kh_profile_module *module = &family->file.modules[i];

		if (anywhere != KH_PROFILE_MODULE_INTERFACE_PKCS11)
			anywhere = interface_of(module);
		if (module->system == kh_system_name() && here != KH_PROFILE_MODULE_INTERFACE_PKCS11)
			here = interface_of(module);
	}
	return here != KH_PROFILE_MODULE_INTERFACE_NONE ? here : anywhere;
}

const char *kh_family_download(const struct kh_profile *family, const char *usual)
{
	return family->own && family->file.download ? family->file.download : usual ? usual : family->file.download;
}
