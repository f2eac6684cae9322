/*
 * Which keys are plugged in by their USB ids, also when no driver shows them:
 * the one door to libusb. Where USB cannot be read there are none, and nothing
 * fails.
 */
#ifndef KH_AGENT_USB_H
#define KH_AGENT_USB_H

#include <uv.h>

#include "error.h"

struct kh_usb;

struct kh_usb_model {
	uint16_t vendor, product;
	const char *name;
	const char *module; /* usual file name of its PKCS#11 module, or NULL */
};

/* changed: a known key came or went. NULL: USB is not to be had. */
struct kh_usb *kh_usb_start(uv_loop_t *loop, void (*changed)(void *context), void *context);
/* NULL is accepted. */
void kh_usb_stop(struct kh_usb *usb);

/* The known keys plugged in now; NULL behind the last. */
const struct kh_usb_model *kh_usb_key(const struct kh_usb *usb, size_t n);
size_t kh_usb_count(const struct kh_usb *usb);
const char *kh_usb_library(void);

#endif
