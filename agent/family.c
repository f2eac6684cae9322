/* Families of keys. */
#include "family.h"

#include <stdio.h>
#include <string.h>

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

const char *kh_family_name(const struct kh_profile *family, const struct kh_profile_usb *model, const char *locale)
{
	const struct kh_profile_names *names = family->file.names;

	if (model && model->name)
		return model->name;
	if (!names)
		return family->file.name;
	return strncmp(locale, "zh", 2) == 0 ? names->zh : names->en;
}
