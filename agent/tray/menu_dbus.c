/*
 * A headline, a line, then an entry for each action.
 */
#include "tray/menu_dbus.h"

#include <string.h>

#define SERVICE "com.canonical.dbusmenu"

enum { ROOT, HEADLINE, LINE, FIRST, ITEMS = FIRST + KH_TRAY_ACTIONS };

static bool is_item(const struct kh_menu *menu, int32_t id)
{
	return id >= ROOT && id < (menu->face ? (int)ITEMS : HEADLINE);
}

/* --- what an item is: a{sv} --- */

static int append_text(sd_bus_message *message, const char *name, const char *text)
{
	return sd_bus_message_append(message, "{sv}", name, "s", text);
}

static int append_label(sd_bus_message *message, const char *label, bool enabled)
{
	int status = append_text(message, "label", label);

	return status < 0 ? status : sd_bus_message_append(message, "{sv}", "enabled", "b", (int)enabled);
}

static int append_facts(sd_bus_message *message, const struct kh_menu *menu, int32_t id)
{
	switch (id) {
	case ROOT:
		return append_text(message, "children-display", "submenu");
	case HEADLINE:
		return append_label(message, menu->face->headline, false);
	case LINE:
		return append_text(message, "type", "separator");
	default:
		return append_label(message, menu->face->entries[id - FIRST], menu->face->enabled[id - FIRST]);
	}
}

static int append_properties(sd_bus_message *message, const struct kh_menu *menu, int32_t id)
{
	int status = sd_bus_message_open_container(message, 'a', "{sv}");

	if (status >= 0)
		status = append_facts(message, menu, id);
	return status < 0 ? status : sd_bus_message_close_container(message);
}

/* (ia{sv}av): the root with its children, or another item. */
static int append_item(sd_bus_message *message, const struct kh_menu *menu, int32_t id, int32_t depth)
{
	int status = sd_bus_message_open_container(message, 'r', "ia{sv}av");

	if (status >= 0)
		status = sd_bus_message_append(message, "i", id);
	if (status >= 0)
		status = append_properties(message, menu, id);
	if (status >= 0)
		status = sd_bus_message_open_container(message, 'a', "v");
	for (int32_t child = HEADLINE; status >= 0 && id == ROOT && depth != 0 && is_item(menu, child); child++) {
		status = sd_bus_message_open_container(message, 'v', "(ia{sv}av)");
		if (status >= 0)
			status = append_item(message, menu, child, 0);
		if (status >= 0)
			status = sd_bus_message_close_container(message);
	}
	if (status >= 0)
		status = sd_bus_message_close_container(message);
	return status < 0 ? status : sd_bus_message_close_container(message);
}

/* --- methods --- */

/* Every property is given, whichever are asked for. */
static int get_layout(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const struct kh_menu *menu = context;
	sd_bus_message *reply = NULL;
	int32_t parent, depth;
	int status = sd_bus_message_read(call, "ii", &parent, &depth);

	if (status >= 0 && !is_item(menu, parent))
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "no such item");
	if (status >= 0)
		status = sd_bus_message_new_method_return(call, &reply);
	if (status >= 0)
		status = sd_bus_message_append(reply, "u", menu->revision);
	if (status >= 0)
		status = append_item(reply, menu, parent, depth);
	if (status >= 0)
		status = sd_bus_send(menu->bus, reply, NULL);
	sd_bus_message_unref(reply);
	return status;
}

static int append_group(sd_bus_message *reply, const struct kh_menu *menu, int32_t id)
{
	int status = sd_bus_message_open_container(reply, 'r', "ia{sv}");

	if (status >= 0)
		status = sd_bus_message_append(reply, "i", id);
	if (status >= 0)
		status = append_properties(reply, menu, id);
	return status < 0 ? status : sd_bus_message_close_container(reply);
}

/* No ids: all of them. */
static int append_groups(sd_bus_message *reply, const struct kh_menu *menu, const int32_t *ids, size_t count)
{
	int status = sd_bus_message_open_container(reply, 'a', "(ia{sv})");

	for (size_t i = 0; status >= 0 && i < count; i++) {
		if (is_item(menu, ids[i]))
			status = append_group(reply, menu, ids[i]);
	}
	for (int32_t id = ROOT; status >= 0 && count == 0 && is_item(menu, id); id++)
		status = append_group(reply, menu, id);
	return status < 0 ? status : sd_bus_message_close_container(reply);
}

static int get_group_properties(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const struct kh_menu *menu = context;
	sd_bus_message *reply = NULL;
	const void *ids = NULL;
	size_t size = 0;
	int status = sd_bus_message_read_array(call, 'i', &ids, &size);

	(void)error;
	if (status >= 0)
		status = sd_bus_message_new_method_return(call, &reply);
	if (status >= 0)
		status = append_groups(reply, menu, ids, size / sizeof(int32_t));
	if (status >= 0)
		status = sd_bus_send(menu->bus, reply, NULL);
	sd_bus_message_unref(reply);
	return status;
}

static int get_property(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const struct kh_menu *menu = context;
	const char *name;
	int32_t id;
	int status = sd_bus_message_read(call, "is", &id, &name);

	if (status < 0)
		return status;
	if (is_item(menu, id) && id >= FIRST && strcmp(name, "enabled") == 0)
		return sd_bus_reply_method_return(call, "v", "b", (int)menu->face->enabled[id - FIRST]);
	if (is_item(menu, id) && id >= FIRST && strcmp(name, "label") == 0)
		return sd_bus_reply_method_return(call, "v", "s", menu->face->entries[id - FIRST]);
	return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "no such property");
}

static void hear(const struct kh_menu *menu, int32_t id, const char *what)
{
	if (strcmp(what, "opened") == 0 && id == ROOT)
		menu->ears.looked(menu->ears.context);
	else if (strcmp(what, "clicked") == 0 && id >= FIRST && is_item(menu, id) && menu->face->enabled[id - FIRST])
		menu->ears.chosen(menu->ears.context, (enum kh_tray_action)(id - FIRST));
}

static int on_event(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const char *what;
	int32_t id;
	int status = sd_bus_message_read(call, "is", &id, &what);

	(void)error;
	if (status < 0)
		return status;
	hear(context, id, what);
	return sd_bus_reply_method_return(call, NULL);
}

/* a(isvu): the answer names what is no item; nothing is. */
static int on_events(sd_bus_message *call, void *context, sd_bus_error *error)
{
	int status = sd_bus_message_enter_container(call, 'a', "(isvu)");

	(void)error;
	while (status >= 0 && (status = sd_bus_message_enter_container(call, 'r', "isvu")) > 0) {
		const char *what;
		int32_t id;

		status = sd_bus_message_read(call, "is", &id, &what);
		if (status >= 0)
			status = sd_bus_message_skip(call, "vu");
		if (status >= 0)
			status = sd_bus_message_exit_container(call);
		if (status >= 0)
			hear(context, id, what);
	}
	return status < 0 ? status : sd_bus_reply_method_return(call, "ai", 0);
}

/* What is newer comes as a change of the layout. */
static int on_about_to_show(sd_bus_message *call, void *context, sd_bus_error *error)
{
	(void)error;
	hear(context, ROOT, "opened");
	return sd_bus_reply_method_return(call, "b", 0);
}

static int on_about_to_show_group(sd_bus_message *call, void *context, sd_bus_error *error)
{
	(void)error;
	hear(context, ROOT, "opened");
	return sd_bus_reply_method_return(call, "aiai", 0, 0);
}

/* --- properties --- */

static int get_constant(sd_bus *bus, const char *path, const char *interface, const char *property,
			sd_bus_message *reply, void *context, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)context;
	(void)error;
	if (strcmp(property, "Version") == 0)
		return sd_bus_message_append(reply, "u", 3);
	if (strcmp(property, "IconThemePath") == 0)
		return sd_bus_message_append(reply, "as", 0);
	return sd_bus_message_append(reply, "s", strcmp(property, "Status") == 0 ? "normal" : "ltr");
}

static const sd_bus_vtable table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "u", get_constant, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("TextDirection", "s", get_constant, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Status", "s", get_constant, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("IconThemePath", "as", get_constant, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_METHOD("GetLayout", "iias", "u(ia{sv}av)", get_layout, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetGroupProperties", "aias", "a(ia{sv})", get_group_properties, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetProperty", "is", "v", get_property, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Event", "isvu", NULL, on_event, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("EventGroup", "a(isvu)", "ai", on_events, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AboutToShow", "i", "b", on_about_to_show, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AboutToShowGroup", "ai", "aiai", on_about_to_show_group, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", 0),
	SD_BUS_SIGNAL("LayoutUpdated", "ui", 0),
	SD_BUS_SIGNAL("ItemActivationRequested", "iu", 0),
	SD_BUS_VTABLE_END,
};

int kh_menu_add(struct kh_menu *menu)
{
	return sd_bus_add_object_vtable(menu->bus, NULL, KH_MENU_PLACE, SERVICE, table, menu);
}

void kh_menu_change(struct kh_menu *menu, const struct kh_tray_face *face)
{
	menu->face = face;
	menu->revision++;
	(void)sd_bus_emit_signal(menu->bus, KH_MENU_PLACE, SERVICE, "LayoutUpdated", "ui", menu->revision, ROOT);
}
