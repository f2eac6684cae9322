/*
 * Families of keys, as the driver profiles know them (protocol/profile.h): which
 * one a USB id belongs to, what it is called, which drivers it has here. What a
 * profile says loads nothing: modules are loaded from the configuration only.
 */
#ifndef KH_AGENT_FAMILY_H
#define KH_AGENT_FAMILY_H

#include "profile.h"

/* By its USB id; NULL: unknown. */
const struct kh_profile *kh_family_of_usb(const struct kh_profiles *profiles, uint16_t vendor, uint16_t product,
					  const struct kh_profile_usb **model);
/* What people call it; model may be NULL. */
const char *kh_family_name(const struct kh_profile *family, const struct kh_profile_usb *model, const char *locale);

#endif
