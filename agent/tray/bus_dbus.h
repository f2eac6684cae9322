/*
 * The session bus on the uv loop. Its handles do not keep the loop alive.
 */
#ifndef KH_AGENT_TRAY_BUS_DBUS_H
#define KH_AGENT_TRAY_BUS_DBUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <uv.h>

/* Made by the caller, with its bus and the last three. */
struct kh_bus {
	sd_bus *bus;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open; /* handles */
	bool lost;
	void (*gone)(void *context);   /* the bus is lost; once */
	void (*closed)(void *context); /* after kh_bus_close(), on the loop */
	void *context;
};

void kh_bus_serve(struct kh_bus *bus, uv_loop_t *loop);
/* Something was sent outside of its callbacks. */
void kh_bus_arm(struct kh_bus *bus);
void kh_bus_close(struct kh_bus *bus);

#endif
