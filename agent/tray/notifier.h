/*
 * The notification area of the desktop: an icon with a tooltip and a menu. Linux: notifier_dbus.c has it as a
 * StatusNotifierItem, with its menu in menu_dbus.c. Windows: notifier_win.c, menu_win.c.
 *
 * Windows tells what the user does to a window, by messages. The loop waits for its completion port and wakes for no
 * message, and an open menu has a loop of its own, in which ours would stand still. So the window is on a thread of
 * its own; a face goes there by SendMessage(), which returns when it is taken, and what is heard comes back as bits
 * of one word and a uv_async: there is no lock, and nothing that both hold.
 *
 * Its handles do not keep the loop alive. Where the desktop shows no such icons it waits until it does.
 */
#ifndef KH_AGENT_TRAY_NOTIFIER_H
#define KH_AGENT_TRAY_NOTIFIER_H

#include <uv.h>

#include "tray/face.h"

struct kh_notifier;

/* Called on the loop. */
struct kh_notifier_ears {
	/* An entry of the menu, or a click on the icon. */
	void (*chosen)(void *context, enum kh_tray_action action);
	/* Somebody looks at it. */
	void (*looked)(void *context);
	/* The session has ended, or somebody asks this program to; nothing more is called. */
	void (*gone)(void *context);
	void *context;
};

/* NULL: there is no desktop, or another process of this session does it already. */
struct kh_notifier *kh_notifier_new(uv_loop_t *loop, const struct kh_notifier_ears *ears);
/* face stays the caller's until the next one is shown, or the notifier is freed. */
void kh_notifier_show(struct kh_notifier *notifier, const struct kh_tray_face *face);
/* Then the loop is to be run once more. NULL is accepted. */
void kh_notifier_free(struct kh_notifier *notifier);

/* Asks the process of this session that does it to end, and waits for that. False: it does not. */
bool kh_notifier_stop(void);

#endif
