/*
 * Known keys among the devices of the bus, and libusb on the uv loop.
 */
#include "usb.h"

#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "log.h"
#include "system.h"

#define KEYS_MAX 32
#define WATCHES_MAX 16

struct watch {
	uv_poll_t poll;
	int handle;
	bool used;
};

struct kh_usb {
	libusb_context *context;
	uv_loop_t *loop;
	struct watch *watches[WATCHES_MAX];
	const struct kh_profiles *profiles;
	struct kh_usb_found keys[KEYS_MAX];
	uint16_t places[KEYS_MAX]; /* of the keys on the bus */
	size_t count;
	struct kh_devices *devices; /* tells of what comes and goes where libusb does not; NULL: it does, or nobody */
	bool told;
	void (*changed)(void *context);
	void *changed_context;
};

/* From what the system has read at plugging in: the device is not opened. */
static bool only_storage(libusb_device *device)
{
	struct libusb_config_descriptor *config;
	bool only = true;

	if (libusb_get_config_descriptor(device, 0, &config) != 0)
		return false;
	for (uint8_t i = 0; i < config->bNumInterfaces; i++) {
		const struct libusb_interface *interface = &config->interface[i];

		if (interface->num_altsetting < 1 ||
		    interface->altsetting[0].bInterfaceClass != LIBUSB_CLASS_MASS_STORAGE)
			only = false;
	}
	only = only && config->bNumInterfaces > 0;
	libusb_free_config_descriptor(config);
	return only;
}

static bool find_key(const struct kh_usb *usb, libusb_device *device, struct kh_usb_found *found)
{
	struct libusb_device_descriptor descriptor;

	if (libusb_get_device_descriptor(device, &descriptor) != 0)
		return false;
	found->family = kh_family_of_usb(usb->profiles, descriptor.idVendor, descriptor.idProduct, &found->model);
	if (!found->family)
		return false;
	found->storage = found->model->mode == KH_PROFILE_USB_MODE_STORAGE || only_storage(device);
	return true;
}

static uint16_t place_of(libusb_device *device)
{
	return (uint16_t)(libusb_get_bus_number(device) << 8 | libusb_get_device_address(device));
}

/* Where it is a known one. */
static void add_key(struct kh_usb *usb, libusb_device *device)
{
	if (usb->count == KEYS_MAX || !find_key(usb, device, &usb->keys[usb->count]))
		return;
	usb->places[usb->count++] = place_of(device);
}

static void remove_key(struct kh_usb *usb, libusb_device *device)
{
	for (size_t i = 0; i < usb->count; i++) {
		if (usb->places[i] != place_of(device))
			continue;
		usb->count--;
		usb->places[i] = usb->places[usb->count];
		usb->keys[i] = usb->keys[usb->count];
		return;
	}
}

static int LIBUSB_CALL plugged(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *user)
{
	struct kh_usb *usb = user;

	(void)context;
	if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED)
		add_key(usb, device);
	else
		remove_key(usb, device);
	usb->changed(usb->changed_context);
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

static bool is_same(const struct kh_usb *usb, const struct kh_usb *before)
{
	for (size_t i = 0; i < usb->count; i++) {
		if (usb->places[i] != before->places[i] || usb->keys[i].model != before->keys[i].model)
			return false;
	}
	return usb->count == before->count;
}

/* All of the bus anew. Whether its known keys are others. */
static bool list_all(struct kh_usb *usb)
{
	const struct kh_usb before = *usb;
	libusb_device **devices = NULL;
	ssize_t count = libusb_get_device_list(usb->context, &devices);

	if (count < 0)
		return false;
	usb->count = 0;
	for (ssize_t i = 0; i < count; i++)
		add_key(usb, devices[i]);
	libusb_free_device_list(devices, 1);
	return !is_same(usb, &before);
}

static void came_or_went(void *context)
{
	struct kh_usb *usb = context;

	(void)list_all(usb);
	usb->changed(usb->changed_context);
}

struct kh_usb *kh_usb_start(uv_loop_t *loop, const struct kh_profiles *profiles, void (*changed)(void *context),
			    void *context)
{
	struct kh_usb *usb = calloc(1, sizeof(*usb));
	int status;

	if (!usb)
		return NULL;
	usb->loop = loop;
	usb->profiles = profiles;
	usb->changed = changed;
	usb->changed_context = context;
	status = libusb_init(&usb->context);
	if (status != 0) {
		kh_log(KH_LOG_INFO, "USB cannot be read: %s", libusb_error_name(status));
		free(usb);
		return NULL;
	}
	watch_all(usb);
	usb->told = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
		    libusb_hotplug_register_callback(
			    usb->context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
			    LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
			    LIBUSB_HOTPLUG_MATCH_ANY, plugged, usb, NULL) == 0;
	kh_usb_look(usb);
	if (!usb->told) {
		usb->devices = kh_devices_watch(loop, came_or_went, usb);
		usb->told = usb->devices;
	}
	return usb;
}

void kh_usb_look(struct kh_usb *usb)
{
	if (usb && !usb->told && list_all(usb))
		usb->changed(usb->changed_context);
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
	kh_devices_finish(usb->devices);
	free(usb);
}

const struct kh_usb_found *kh_usb_key(const struct kh_usb *usb, size_t n)
{
	return usb && n < usb->count ? &usb->keys[n] : NULL;
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
