/*
 * What the notification area shows, of what the daemon has said. Pure.
 */
#ifndef KH_AGENT_TRAY_FACE_H
#define KH_AGENT_TRAY_FACE_H

#include "contract.h"

enum kh_tray_state {
	KH_TRAY_ABSENT, /* the daemon does not answer */
	KH_TRAY_NO_KEY,
	KH_TRAY_FINE,
	KH_TRAY_PENDING, /* an order is not finished */
	KH_TRAY_DUE,	 /* a certificate can be renewed */
	KH_TRAY_WRONG,	 /* the check has failed, or the daemon cannot be asked */
	KH_TRAY_STATES
};

/* The menu's entries, in their order. */
enum kh_tray_action { KH_TRAY_MANAGE, KH_TRAY_CHECK, KH_TRAY_REPORT, KH_TRAY_RESTART, KH_TRAY_ABOUT, KH_TRAY_ACTIONS };

struct kh_tray_news {
	bool running;
	const char *trouble; /* why it cannot be asked; NULL: it has answered */
	const struct kh_environment_check_result *check;
	const struct kh_certificate_list_result *certificates;
};

struct kh_tray_face {
	enum kh_tray_state state;
	const char *icon; /* a name in the icon theme */
	bool attention;	  /* the clerk has something to do */
	char *title;	  /* the program's name */
	char *headline;	  /* the state in a few words */
	char *sentence;	  /* more of it */
	char *agent;	  /* which one is running; NULL: none */
	char *entries[KH_TRAY_ACTIONS];
	bool enabled[KH_TRAY_ACTIONS];
	enum kh_tray_action primary; /* what a click on the icon does */
};

/* face: zeroed or finished. False: out of memory, and face is finished. */
KH_CHECKED bool kh_tray_face_make(const struct kh_tray_news *news, const char *locale, struct kh_tray_face *face);
void kh_tray_face_finish(struct kh_tray_face *face);
bool kh_tray_face_same(const struct kh_tray_face *a, const struct kh_tray_face *b);

#endif
