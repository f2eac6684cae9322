/*
 * What the menu's entries do: each is a command of keyhall, and what that says in the end is a notification of the
 * desktop.
 */
#ifndef KH_AGENT_TRAY_ERRANDS_H
#define KH_AGENT_TRAY_ERRANDS_H

#include <uv.h>

#include "settings.h"
#include "tray/face.h"

struct kh_errand;
struct kh_telling;

/* Made by the caller, with all zero but for the first ones; its handles do not keep the loop alive. */
struct kh_errands {
	uv_loop_t *loop;
	const char *config; /* of --config; NULL: none */
	const struct kh_settings *settings;
	const struct kh_tray_face *face; /* that was shown */
	const char *locale;
	void (*restarted)(void *context); /* or could not be */
	void *context;
	struct kh_errand *running;
	struct kh_telling *tellings;
};

void kh_errands_do(struct kh_errands *errands, enum kh_tray_action action);
/* What runs goes on by itself; notifications are taken away. Then the loop is to be run once more. */
void kh_errands_finish(struct kh_errands *errands);

#endif
