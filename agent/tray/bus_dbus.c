/*
 * What sd-bus waits for, its descriptor and a time, as handles of the loop.
 */
#include "tray/bus_dbus.h"

#include "system.h"

#define MICROSECONDS 1000 /* in a ms */

static void leave(struct kh_bus *bus)
{
	if (bus->lost)
		return;
	bus->lost = true;
	uv_poll_stop(&bus->poll);
	uv_timer_stop(&bus->timer);
	bus->gone(bus->context);
}

static void drive(struct kh_bus *bus)
{
	int status;

	do
		status = sd_bus_process(bus->bus, NULL);
	while (status > 0);
	if (status < 0)
		leave(bus);
	else
		kh_bus_arm(bus);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	drive(poll->data);
}

static void on_time(uv_timer_t *timer)
{
	drive(timer->data);
}

void kh_bus_arm(struct kh_bus *bus)
{
	uint64_t when = UINT64_MAX, now = uv_hrtime() / MICROSECONDS;
	int events = sd_bus_get_events(bus->bus);

	if (bus->lost)
		return;
	if (events < 0 || sd_bus_get_timeout(bus->bus, &when) < 0) {
		leave(bus);
		return;
	}
	uv_poll_start(&bus->poll, kh_system_poll_events((short)events), on_ready);
	uv_timer_stop(&bus->timer);
	if (when != UINT64_MAX)
		uv_timer_start(&bus->timer, on_time, when > now ? (when - now) / MICROSECONDS + 1 : 0, 0);
}

void kh_bus_serve(struct kh_bus *bus, uv_loop_t *loop)
{
	uv_poll_init(loop, &bus->poll, sd_bus_get_fd(bus->bus));
	uv_timer_init(loop, &bus->timer);
	bus->poll.data = bus->timer.data = bus;
	uv_unref((uv_handle_t *)&bus->poll);
	uv_unref((uv_handle_t *)&bus->timer);
	bus->open = 2;
	kh_bus_arm(bus);
}

static void closed(uv_handle_t *handle)
{
	struct kh_bus *bus = handle->data;

	if (--bus->open == 0)
		bus->closed(bus->context);
}

void kh_bus_close(struct kh_bus *bus)
{
	bus->lost = true;
	uv_close((uv_handle_t *)&bus->poll, closed);
	uv_close((uv_handle_t *)&bus->timer, closed);
	sd_bus_flush_close_unref(bus->bus);
}
