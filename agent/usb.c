/*
 * Known USB keys, and libusb on the uv loop.
 */
#include "usb.h"

#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "system.h"

#define KEYS_MAX 32
#define WATCHES_MAX 16

/* Vendors re-brand: an id says that a key is plugged in, never which module a
 * CA has for it. Several sources agree on each row. */
static const struct kh_usb_model models[] = {
	{0x096e, 0x0807, "飞天 ePass2003", "libcastle.so"},
	{0x096e, 0x080a, "飞天 ePass2003 Auto", "libcastle.so"},
	{0x096e, 0x080f, "飞天 eJAVA", NULL},
	{0x096e, 0x0702, "飞天 ePass3003", "libshuttle_p11v220.so"},
	{0x096e, 0x0703, "飞天 ePass3003", "libshuttle_p11v220.so"},
	{0x096e, 0x0309, "飞天 ePass3000GM", NULL},
	{0x096e, 0x0303, "飞天 ePass3000GM", NULL},
	{0x096e, 0x0312, "飞天 ePass3000GM", NULL},
	{0x096e, 0x0319, "飞天 ePass3000GM", NULL},
	{0x096e, 0x0803, "飞天 ePass", "libepsng_p11.so"},
	{0x055c, 0xe618, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x055c, 0xdb08, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x055c, 0xe508, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x055c, 0xf603, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x055c, 0x2205, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x055c, 0x0223, "龙脉 mToken GM3000", "libgm3000_pkcs11.so"},
	{0x163c, 0x0401, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0406, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0407, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0415, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0417, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0418, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0423, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0a03, "握奇 WatchKey", "libwdpkcs.so"},
	{0x163c, 0x0a12, "握奇 PROXKey", "libwdpkcs_SignatureP11.so"},
	{0x5448, 0x0001, "海泰方圆 HaiKey", NULL},
	{0x5448, 0x0003, "海泰方圆 HaiKey", NULL},
	{0x5448, 0x0004, "海泰方圆 HaiKey", NULL},
	{0x5448, 0x0103, "海泰方圆 HaiKey", NULL},
	{0x5448, 0x0203, "海泰方圆 HaiKey", NULL},
	{0x1ea8, 0xc001, "文鼎创 Key", NULL},
	{0x22fb, 0x1014, "ZTXA USK218", NULL},
	{0x6588, 0x1514, "LinGuo lgu3073", NULL},
	{0x1d99, 0x0001, "XS Key", NULL},
	{0x6513, 0x0089, "GDCA Key", NULL},
	{0xf02e, 0x0101, "NETCA Key", NULL},
	{0xa625, 0x0801, "天喻 Key", NULL},
	{0x1677, 0x0025, "HDZB uKeyCI800", NULL},
	{0x0529, 0x0602, "SafeNet eToken 7300", "libeToken.so"},
	{0x0529, 0x0620, "SafeNet eToken 5100", "libeToken.so"},
	{0x08e6, 0x34cc, "SafeNet eToken 5300", "libeToken.so"},
	{0x08e6, 0x34ce, "SafeNet eToken 5300", "libeToken.so"},
	{0x08e6, 0x34cf, "SafeNet eToken 5110+", "libeToken.so"},
	{0x08e6, 0x34d2, "SafeNet eToken Fusion", "libeToken.so"},
	{0x1050, 0x0111, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0112, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0115, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0116, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0404, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0405, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0406, "YubiKey", "libykcs11.so"},
	{0x1050, 0x0407, "YubiKey", "libykcs11.so"},
	{0x20a0, 0x4108, "Nitrokey Pro", "opensc-pkcs11.so"},
	{0x20a0, 0x4109, "Nitrokey Storage", "opensc-pkcs11.so"},
	{0x20a0, 0x4211, "Nitrokey Start", "opensc-pkcs11.so"},
	{0x20a0, 0x4230, "Nitrokey HSM", "opensc-pkcs11.so"},
	{0x20a0, 0x42b2, "Nitrokey 3", "opensc-pkcs11.so"},
	{0x20a0, 0x42d4, "CanoKey", "opensc-pkcs11.so"},
	{0x0a89, 0x0025, "Rutoken Lite", "librtpkcs11ecp.so"},
	{0x0a89, 0x0030, "Rutoken ECP", "librtpkcs11ecp.so"},
	{0x24dc, 0x0101, "JaCarta", "libjcPKCS11-2.so"},
	{0x24dc, 0x0102, "JaCarta LT", "libjcPKCS11-2.so"},
};

struct watch {
	uv_poll_t poll;
	int handle;
	bool used;
};

struct kh_usb {
	libusb_context *context;
	uv_loop_t *loop;
	struct watch *watches[WATCHES_MAX];
	struct {
		libusb_device *device; /* compared, never used */
		const struct kh_usb_model *model;
	} keys[KEYS_MAX];
	size_t count;
	void (*changed)(void *context);
	void *changed_context;
};

static const struct kh_usb_model *find_model(libusb_device *device)
{
	struct libusb_device_descriptor descriptor;

	if (libusb_get_device_descriptor(device, &descriptor) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (models[i].vendor == descriptor.idVendor && models[i].product == descriptor.idProduct)
			return &models[i];
	}
	return NULL;
}

static void add_key(struct kh_usb *usb, libusb_device *device)
{
	const struct kh_usb_model *model = find_model(device);

	if (!model || usb->count == KEYS_MAX)
		return;
	usb->keys[usb->count].device = device;
	usb->keys[usb->count].model = model;
	usb->count++;
	usb->changed(usb->changed_context);
}

static void remove_key(struct kh_usb *usb, const libusb_device *device)
{
	for (size_t i = 0; i < usb->count; i++) {
		if (usb->keys[i].device != device)
			continue;
		usb->keys[i] = usb->keys[--usb->count];
		usb->changed(usb->changed_context);
		return;
	}
}

static int LIBUSB_CALL plugged(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *user)
{
	(void)context;
	if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED)
		add_key(user, device);
	else
		remove_key(user, device);
	return 0;
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct kh_usb *usb = poll->data;
	struct timeval none = {0, 0};

	(void)events;
	if (status == 0)
		libusb_handle_events_timeout_completed(usb->context, &none, NULL);
}

static void LIBUSB_CALL watch(int handle, short events, void *user)
{
	struct kh_usb *usb = user;
	size_t i = 0;

	while (i < WATCHES_MAX && usb->watches[i])
		i++;
	if (i == WATCHES_MAX)
		return;
	usb->watches[i] = calloc(1, sizeof(*usb->watches[i]));
	if (!usb->watches[i])
		return;
	usb->watches[i]->handle = handle;
	uv_poll_init(usb->loop, &usb->watches[i]->poll, handle);
	usb->watches[i]->poll.data = usb;
	uv_poll_start(&usb->watches[i]->poll, kh_system_poll_events(events), ready);
}

static void LIBUSB_CALL unwatch(int handle, void *user)
{
	struct kh_usb *usb = user;

	for (size_t i = 0; i < WATCHES_MAX; i++) {
		if (!usb->watches[i] || usb->watches[i]->handle != handle)
			continue;
		uv_poll_stop(&usb->watches[i]->poll);
		uv_close((uv_handle_t *)&usb->watches[i]->poll, (uv_close_cb)free);
		usb->watches[i] = NULL;
	}
}

static void watch_all(struct kh_usb *usb)
{
	const struct libusb_pollfd **files = libusb_get_pollfds(usb->context);

	for (size_t i = 0; files && files[i]; i++)
		watch(files[i]->fd, files[i]->events, usb);
	libusb_free_pollfds(files);
	libusb_set_pollfd_notifiers(usb->context, watch, unwatch, usb);
}

static void list_once(struct kh_usb *usb)
{
	libusb_device **devices = NULL;
	ssize_t count = libusb_get_device_list(usb->context, &devices);

	for (ssize_t i = 0; i < count; i++)
		add_key(usb, devices[i]);
	if (count >= 0)
		libusb_free_device_list(devices, 1);
}

struct kh_usb *kh_usb_start(uv_loop_t *loop, void (*changed)(void *context), void *context)
{
	struct kh_usb *usb = calloc(1, sizeof(*usb));
	int status;

	if (!usb)
		return NULL;
	usb->loop = loop;
	usb->changed = changed;
	usb->changed_context = context;
	status = libusb_init(&usb->context);
	if (status != 0) {
		kh_log(KH_LOG_INFO, "USB cannot be read: %s", libusb_error_name(status));
		free(usb);
		return NULL;
	}
	watch_all(usb);
	if (!libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) ||
	    libusb_hotplug_register_callback(
		    usb->context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
		    LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
		    LIBUSB_HOTPLUG_MATCH_ANY, plugged, usb, NULL) != 0)
		list_once(usb);
	return usb;
}

void kh_usb_stop(struct kh_usb *usb)
{
	if (!usb)
		return;
	libusb_set_pollfd_notifiers(usb->context, NULL, NULL, NULL);
	for (size_t i = 0; i < WATCHES_MAX; i++) {
		if (usb->watches[i])
			unwatch(usb->watches[i]->handle, usb);
	}
	libusb_exit(usb->context);
	free(usb);
}

const struct kh_usb_model *kh_usb_key(const struct kh_usb *usb, size_t n)
{
	return usb && n < usb->count ? usb->keys[n].model : NULL;
}

size_t kh_usb_count(const struct kh_usb *usb)
{
	return usb ? usb->count : 0;
}

const char *kh_usb_library(void)
{
	static char text[32];
	const struct libusb_version *version = libusb_get_version();

	snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro);
	return text;
}
