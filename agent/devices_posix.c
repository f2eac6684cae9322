/* On Linux libusb tells of them. */
#include "devices.h"

#include <stddef.h>

struct kh_devices *kh_devices_watch(uv_loop_t *loop, void (*changed)(void *context), void *context)
{
	(void)loop;
	(void)changed;
	(void)context;
	return NULL;
}

void kh_devices_finish(struct kh_devices *devices)
{
	(void)devices;
}
