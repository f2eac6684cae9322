/*
 * org.kde.StatusNotifierItem on the session bus. Where there is no org.kde.StatusNotifierWatcher the bus tells when
 * one has come.
 */
#include "tray/notifier.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "tray/bus_dbus.h"
#include "tray/menu_dbus.h"

#ifndef KH_ICONS
#define KH_ICONS "/usr/share/icons"
#endif

#define ITEM "org.kde.StatusNotifierItem"
#define ITEM_PLACE "/StatusNotifierItem"
#define WATCHER "org.kde.StatusNotifierWatcher"
#define WATCHER_PLACE "/StatusNotifierWatcher"
#define OWN_NAME "cn.keyhall.Tray" /* one of a session */
#define TOKEN "XDG_ACTIVATION_TOKEN"
#define STOP_MS 10000
#define STOP_STEP_MS 20

struct kh_notifier {
	struct kh_notifier_ears ears;
	struct kh_bus bus;
	struct kh_menu menu;
	char name[64]; /* of the item */
	/* What the item's properties are read from. */
	const char *category, *id, *title, *status, *icon, *sentence, *icons, *place, *empty;
	int32_t window;
	int is_menu;
};

/* --- what is heard --- */

static void chosen(void *context, enum kh_tray_action action)
{
	const struct kh_notifier *notifier = context;

	notifier->ears.chosen(notifier->ears.context, action);
	uv_os_unsetenv(TOKEN);
}

static void looked(void *context)
{
	const struct kh_notifier *notifier = context;

	notifier->ears.looked(notifier->ears.context);
}

static void gone(void *context)
{
	const struct kh_notifier *notifier = context;

	notifier->ears.gone(notifier->ears.context);
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
		chosen(notifier, face->primary);
	return sd_bus_reply_method_return(call, NULL);
}

/* It lets the browser come to the front: what is chosen next starts one, which has it of our environment. */
static int on_token(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const char *token;
	int status = sd_bus_message_read(call, "s", &token);

	(void)context;
	(void)error;
	if (status < 0)
		return status;
	uv_os_setenv(TOKEN, token);
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

	if (sd_bus_message_new_method_call(notifier->bus.bus, &call, WATCHER, WATCHER_PLACE, WATCHER,
					   "RegisterStatusNotifierItem") >= 0 &&
	    sd_bus_message_set_auto_start(call, 0) >= 0 && sd_bus_message_append(call, "s", notifier->name) >= 0)
		(void)sd_bus_call_async(notifier->bus.bus, NULL, call, on_registered, notifier, 0);
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
	sd_bus *bus = NULL;

	if (sd_bus_open_user(&bus) < 0)
		return false;
	notifier->bus.bus = notifier->menu.bus = bus;
	return sd_bus_request_name(bus, OWN_NAME, 0) >= 0 &&
	       sd_bus_add_object_vtable(bus, NULL, ITEM_PLACE, ITEM, table, notifier) >= 0 &&
	       kh_menu_add(&notifier->menu) >= 0 && sd_bus_request_name(bus, notifier->name, 0) >= 0 &&
	       sd_bus_add_match(bus, NULL,
				"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
				"member='NameOwnerChanged',arg0='" WATCHER "'",
				on_owner, notifier) >= 0;
}

struct kh_notifier *kh_notifier_new(uv_loop_t *loop, const struct kh_notifier_ears *ears)
{
	struct kh_notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier)
		return NULL;
	notifier->ears = *ears;
	notifier->bus.gone = gone;
	notifier->bus.closed = free;
	notifier->bus.context = notifier;
	notifier->menu.ears = (struct kh_notifier_ears){.chosen = chosen, .looked = looked, .context = notifier};
	notifier->category = "Hardware";
	notifier->id = "keyhall";
	notifier->icons = KH_ICONS;
	notifier->place = KH_MENU_PLACE;
	notifier->empty = notifier->title = notifier->status = notifier->icon = notifier->sentence = "";
	snprintf(notifier->name, sizeof(notifier->name), ITEM "-%d-1", (int)uv_os_getpid());
	if (!open_bus(notifier)) {
		sd_bus_flush_close_unref(notifier->bus.bus);
		free(notifier);
		return NULL;
	}
	kh_bus_serve(&notifier->bus, loop);
	return notifier;
}

static void tell(struct kh_notifier *notifier)
{
	static const char *const signals[] = {"NewTitle", "NewIcon", "NewAttentionIcon", "NewToolTip"};
	sd_bus *bus = notifier->bus.bus;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sd_bus_emit_signal(bus, ITEM_PLACE, ITEM, signals[i], NULL);
	(void)sd_bus_emit_signal(bus, ITEM_PLACE, ITEM, "NewStatus", "s", notifier->status);
}

void kh_notifier_show(struct kh_notifier *notifier, const struct kh_tray_face *face)
{
	bool first = !notifier->menu.face;

	if (notifier->bus.lost)
		return;
	notifier->title = face->title;
	notifier->icon = face->icon;
	notifier->sentence = face->sentence;
	notifier->status = face->attention ? "NeedsAttention" : "Active";
	kh_menu_change(&notifier->menu, face);
	tell(notifier);
	if (first)
		enlist(notifier);
	kh_bus_arm(&notifier->bus);
}

void kh_notifier_free(struct kh_notifier *notifier)
{
	if (notifier)
		kh_bus_close(&notifier->bus);
}

/* --- the one that runs --- */

/* Not above 0: there is none. */
static pid_t find_other(sd_bus *bus)
{
	sd_bus_creds *owner = NULL;
	pid_t process = 0;

	if (sd_bus_get_name_creds(bus, OWN_NAME, SD_BUS_CREDS_PID, &owner) >= 0)
		(void)sd_bus_creds_get_pid(owner, &process);
	sd_bus_creds_unref(owner);
	return process;
}

bool kh_notifier_stop(void)
{
	sd_bus *bus = NULL;
	pid_t other = sd_bus_open_user(&bus) >= 0 ? find_other(bus) : 0;
	bool stopped = other <= 0;

	if (!stopped)
		(void)kill(other, SIGTERM);
	for (int waited = 0; !stopped && waited < STOP_MS; waited += STOP_STEP_MS) {
		uv_sleep(STOP_STEP_MS);
		stopped = find_other(bus) != other;
	}
	sd_bus_flush_close_unref(bus);
	return stopped;
}
