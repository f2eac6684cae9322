/*
 * The menu over D-Bus: com.canonical.dbusmenu, version 3.
 */
#ifndef KH_AGENT_TRAY_MENU_DBUS_H
#define KH_AGENT_TRAY_MENU_DBUS_H

#include <systemd/sd-bus.h>

#include "tray/notifier.h"

#define KH_MENU_PLACE "/MenuBar"

struct kh_menu {
	sd_bus *bus;			 /* borrowed, as is the face */
	const struct kh_tray_face *face; /* NULL: it is empty */
	struct kh_notifier_ears ears;
	uint32_t revision;
};

/* The menu's object; negative: errno's number. */
int kh_menu_add(struct kh_menu *menu);
/* The face is another one. */
void kh_menu_change(struct kh_menu *menu, const struct kh_tray_face *face);

#endif
