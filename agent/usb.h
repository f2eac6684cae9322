/*
 * Which keys are plugged in by the USB ids of the driver profiles, also when no driver shows them:
 * the one door to libusb. Where USB cannot be read there are none, and nothing
 * fails.
 */
#ifndef KH_AGENT_USB_H
#define KH_AGENT_USB_H

#include <uv.h>

#include "family.h"

struct kh_usb;

/* A known key on the bus. */
struct kh_usb_found {
	const struct kh_profile *family;
	const struct kh_profile_usb *model; /* of the family; NULL: a card in a reader */
	bool storage;			    /* only its CD-ROM or disk shows: no driver can see the key */
};

/* profiles stay the caller's. changed: a device came or went, which a driver may know although no
 * profile does. NULL: USB is not to be had. */
struct kh_usb *kh_usb_start(uv_loop_t *loop, const struct kh_profiles *profiles, void (*changed)(void *context),
			    void *context);
/* Where nobody tells of keys that come and go, looks for them; else does nothing. NULL is accepted. */
void kh_usb_look(struct kh_usb *usb);
/* NULL is accepted. */
void kh_usb_stop(struct kh_usb *usb);

/* The known keys plugged in now; NULL behind the last. */
const struct kh_usb_found *kh_usb_key(const struct kh_usb *usb, size_t n);
size_t kh_usb_count(const struct kh_usb *usb);
const char *kh_usb_library(void);

#endif
