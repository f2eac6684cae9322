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
/* By a card's ATR, as "3B:FE:18"; NULL: unknown. */
const struct kh_profile *kh_family_of_atr(const struct kh_profiles *profiles, const char *atr);
/* What people call it; model may be NULL. */
const char *kh_family_name(const struct kh_profile *family, const struct kh_profile_usb *model, const char *locale);
/* Whether a file of this name is one of its drivers on this system. */
bool kh_family_has(const struct kh_profile *family, const char *file, enum kh_profile_module_interface interface);
/* The family that has such a driver, PKCS#11 or SKF; of several the one that is
 * all the driver is for, as OpenSC's cards. NULL: none. */
const struct kh_profile *kh_family_of_driver(const struct kh_profiles *profiles, const char *file);
/* What its drivers speak on this system, or anywhere where none is known here;
 * NONE: no driver is known. */
enum kh_profile_module_interface kh_family_interface(const struct kh_profile *family);
/* Where to get its driver; usual: the page for all of them. NULL: not known. */
const char *kh_family_download(const struct kh_profile *family, const char *usual);

#endif
