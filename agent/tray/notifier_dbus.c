/*
 * org.kde.StatusNotifierItem on the session bus, by sd-bus on the uv loop. Where there is no
 * org.kde.StatusNotifierWatcher the bus tells when one has come.
 */
#include "tray/notifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "system.h"
#include "tray/menu_dbus.h"

#ifndef KH_ICONS
#define KH_ICONS "/usr/share/icons"
#endif

#define ITEM "org.kde.StatusNotifierItem"
#define ITEM_PLACE "/StatusNotifierItem"
#define WATCHER "org.kde.StatusNotifierWatcher"
#define WATCHER_PLACE "/StatusNotifierWatcher"
#define OWN_NAME "cn.keyhall.Tray" /* one of a session */
#define MICROSECONDS 1000	   /* in a ms */

struct kh_notifier {
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open; /* handles */
	struct kh_notifier_ears ears;
	struct kh_menu menu;
	sd_bus *bus;
	char name[64]; /* of the item */
	bool gone;
	/* What the item's properties are read from. */
	const char *category, *id, *title, *status, *icon, *sentence, *icons, *place, *empty;
	int32_t window;
	int is_menu;
};

/* --- the loop --- */

static void arm(struct kh_notifier *notifier);

static void leave(struct kh_notifier *notifier)
{
	if (notifier->gone)
		return;
	notifier->gone = true;
	uv_poll_stop(&notifier->poll);
	uv_timer_stop(&notifier->timer);
	notifier->ears.gone(notifier->ears.context);
}

static void drive(struct kh_notifier *notifier)
{
	int status;

	do
		status = sd_bus_process(notifier->bus, NULL);
	while (status > 0);
	if (status < 0)
		leave(notifier);
	else
		arm(notifier);
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

static void arm(struct kh_notifier *notifier)
{
	uint64_t when = UINT64_MAX, now = uv_hrtime() / MICROSECONDS;
	int events = sd_bus_get_events(notifier->bus);

	if (events < 0 || sd_bus_get_timeout(notifier->bus, &when) < 0) {
		leave(notifier);
		return;
	}
	uv_poll_start(&notifier->poll, kh_system_poll_events((short)events), on_ready);
	uv_timer_stop(&notifier->timer);
	if (when != UINT64_MAX)
		uv_timer_start(&notifier->timer, on_time, when > now ? (when - now) / MICROSECONDS + 1 : 0, 0);
}

/* --- the item --- */

static int no_pixmaps(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
		      void *context, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)context;
	(void)error;
	return sd_bus_message_append(reply, "a(iiay)", 0);
}

static int get_tooltip(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *context, sd_bus_error *error)
{
	const struct kh_notifier *notifier = context;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "(sa(iiay)ss)", notifier->icon, 0, notifier->title, notifier->sentence);
}

static int on_activate(sd_bus_message *call, void *context, sd_bus_error *error)
{
	struct kh_notifier *notifier = context;
	const struct kh_tray_face *face = notifier->menu.face;

	(void)error;
	if (face)
		notifier->ears.chosen(notifier->ears.context,
				      face->enabled[KH_TRAY_MANAGE] ? KH_TRAY_MANAGE : KH_TRAY_RESTART);
	return sd_bus_reply_method_return(call, NULL);
}

/* It lets the browser come to the front. */
static int on_token(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const char *token;
	int status = sd_bus_message_read(call, "s", &token);

	(void)context;
	(void)error;
	if (status < 0)
		return status;
	uv_os_setenv("XDG_ACTIVATION_TOKEN", token);
	return sd_bus_reply_method_return(call, NULL);
}

/* The desktop shows the menu itself; the others have no meaning here. */
static int on_other(sd_bus_message *call, void *context, sd_bus_error *error)
{
	(void)context;
	(void)error;
	return sd_bus_reply_method_return(call, NULL);
}

#define READ(name, type, member) SD_BUS_PROPERTY(name, type, NULL, offsetof(struct kh_notifier, member), 0)
#define PIXMAPS(name) SD_BUS_PROPERTY(name, "a(iiay)", no_pixmaps, 0, 0)

static const sd_bus_vtable table[] = {
	SD_BUS_VTABLE_START(0),
	READ("Category", "s", category),
	READ("Id", "s", id),
	READ("Title", "s", title),
	READ("Status", "s", status),
	READ("WindowId", "i", window),
	READ("IconName", "s", icon),
	READ("IconThemePath", "s", icons),
	READ("OverlayIconName", "s", empty),
	READ("AttentionIconName", "s", icon),
	READ("AttentionMovieName", "s", empty),
	READ("ItemIsMenu", "b", is_menu),
	READ("Menu", "o", place),
	PIXMAPS("IconPixmap"),
	PIXMAPS("OverlayIconPixmap"),
	PIXMAPS("AttentionIconPixmap"),
	SD_BUS_PROPERTY("ToolTip", "(sa(iiay)ss)", get_tooltip, 0, 0),
	SD_BUS_METHOD("Activate", "ii", NULL, on_activate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SecondaryActivate", "ii", NULL, on_other, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ContextMenu", "ii", NULL, on_other, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Scroll", "is", NULL, on_other, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ProvideXdgActivationToken", "s", NULL, on_token, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("NewTitle", NULL, 0),
	SD_BUS_SIGNAL("NewIcon", NULL, 0),
	SD_BUS_SIGNAL("NewAttentionIcon", NULL, 0),
	SD_BUS_SIGNAL("NewOverlayIcon", NULL, 0),
	SD_BUS_SIGNAL("NewToolTip", NULL, 0),
	SD_BUS_SIGNAL("NewStatus", "s", 0),
	SD_BUS_VTABLE_END,
};

/* --- the watcher --- */

static int on_registered(sd_bus_message *reply, void *context, sd_bus_error *error)
{
	(void)context;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		kh_log(KH_LOG_DEBUG, "not shown: %s", sd_bus_message_get_error(reply)->name);
	return 0;
}

/* Who is not there is not started for it. */
static void enlist(struct kh_notifier *notifier)
{
	sd_bus_message *call = NULL;

	if (sd_bus_message_new_method_call(notifier->bus, &call, WATCHER, WATCHER_PLACE, WATCHER,
					   "RegisterStatusNotifierItem") >= 0 &&
	    sd_bus_message_set_auto_start(call, 0) >= 0 && sd_bus_message_append(call, "s", notifier->name) >= 0)
		(void)sd_bus_call_async(notifier->bus, NULL, call, on_registered, notifier, 0);
	sd_bus_message_unref(call);
}

static int on_owner(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct kh_notifier *notifier = context;
	const char *name, *old, *new;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && new[0] != '\0' && notifier->menu.face)
		enlist(notifier);
	return 0;
}

/* --- its life --- */

static bool open_bus(struct kh_notifier *notifier)
{
	if (sd_bus_open_user(&notifier->bus) < 0 || sd_bus_request_name(notifier->bus, OWN_NAME, 0) < 0)
		return false;
	notifier->menu.bus = notifier->bus;
	return sd_bus_add_object_vtable(notifier->bus, NULL, ITEM_PLACE, ITEM, table, notifier) >= 0 &&
	       kh_menu_add(&notifier->menu) >= 0 && sd_bus_request_name(notifier->bus, notifier->name, 0) >= 0 &&
	       sd_bus_add_match(notifier->bus, NULL,
				"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
				"member='NameOwnerChanged',arg0='" WATCHER "'",
				on_owner, notifier) >= 0;
}

static void attach(struct kh_notifier *notifier)
{
	uv_poll_init(notifier->loop, &notifier->poll, sd_bus_get_fd(notifier->bus));
	uv_timer_init(notifier->loop, &notifier->timer);
	notifier->poll.data = notifier->timer.data = notifier;
	uv_unref((uv_handle_t *)&notifier->poll);
	uv_unref((uv_handle_t *)&notifier->timer);
	notifier->open = 2;
	arm(notifier);
}

struct kh_notifier *kh_notifier_new(uv_loop_t *loop, const struct kh_notifier_ears *ears)
{
	struct kh_notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier)
		return NULL;
	notifier->loop = loop;
	notifier->ears = *ears;
	notifier->menu.ears = &notifier->ears;
	notifier->category = "Hardware";
	notifier->id = "keyhall";
	notifier->icons = KH_ICONS;
	notifier->place = KH_MENU_PLACE;
	notifier->empty = notifier->title = notifier->status = notifier->icon = notifier->sentence = "";
	snprintf(notifier->name, sizeof(notifier->name), ITEM "-%d-1", (int)uv_os_getpid());
	if (!open_bus(notifier)) {
		sd_bus_flush_close_unref(notifier->bus);
		free(notifier);
		return NULL;
	}
	attach(notifier);
	return notifier;
}

static void tell(struct kh_notifier *notifier)
{
	static const char *const signals[] = {"NewTitle", "NewIcon", "NewAttentionIcon", "NewToolTip"};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sd_bus_emit_signal(notifier->bus, ITEM_PLACE, ITEM, signals[i], NULL);
	(void)sd_bus_emit_signal(notifier->bus, ITEM_PLACE, ITEM, "NewStatus", "s", notifier->status);
}

void kh_notifier_show(struct kh_notifier *notifier, const struct kh_tray_face *face)
{
	bool first = !notifier->menu.face;

	if (notifier->gone)
		return;
	notifier->title = face->title;
	notifier->icon = face->icon;
	notifier->sentence = face->sentence;
	notifier->status = face->attention ? "NeedsAttention" : "Active";
	kh_menu_change(&notifier->menu, face);
	tell(notifier);
	if (first)
		enlist(notifier);
	arm(notifier);
}

static void closed(uv_handle_t *handle)
{
	struct kh_notifier *notifier = handle->data;

	if (--notifier->open == 0)
		free(notifier);
}

void kh_notifier_free(struct kh_notifier *notifier)
{
	if (!notifier)
		return;
	notifier->gone = true;
	uv_close((uv_handle_t *)&notifier->poll, closed);
	uv_close((uv_handle_t *)&notifier->timer, closed);
	sd_bus_flush_close_unref(notifier->bus);
}
