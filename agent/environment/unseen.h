/*
 * Keys on the USB bus and in card readers against the keys that drivers show. Nothing in PKCS#11
 * tells which of them are the same: each key is given one token of a driver of
 * its family, what is left over one of a driver that no profile knows, because a
 * CA's own build has any name. A driver of another family does not show it.
 */
#ifndef KH_AGENT_ENVIRONMENT_UNSEEN_H
#define KH_AGENT_ENVIRONMENT_UNSEEN_H

#include "environment/facts.h"

/* The known keys that are plugged in: those of the bus, then cards in readers; NULL behind the last. */
const struct kh_usb_found *kh_plugged(const struct kh_environment *environment, size_t n);
/* The first of them that no driver shows; NULL: none. */
const struct kh_usb_found *kh_unseen_key(const struct kh_environment *environment);
/* Whether a driver shows the n-th of them. */
bool kh_seen(const struct kh_environment *environment, size_t n);
/* The first installed driver of a family that the token host could load and the
 * configuration does not name; path is "" when there is none. */
void kh_unused_driver(const struct kh_environment *environment, const struct kh_profile *family, char *path,
		      size_t size);

/* Whether a driver is set up, by whatever path. */
bool kh_configured(const struct kh_modules *modules, const char *path);

#endif
