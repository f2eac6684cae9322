/*
 * Devices of the USB bus that come and go, where libusb does not tell of them. devices_posix.c, devices_win.c
 */
#ifndef KH_AGENT_DEVICES_H
#define KH_AGENT_DEVICES_H

#include <uv.h>

struct kh_devices;

/* changed: on the loop, once for what comes together; what came is to be looked up. NULL: the system does not tell, or
 * libusb does. */
struct kh_devices *kh_devices_watch(uv_loop_t *loop, void (*changed)(void *context), void *context);
/* Its handle closes on the loop. NULL is accepted. */
void kh_devices_finish(struct kh_devices *devices);

#endif
