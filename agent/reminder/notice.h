/*
 * A notification of the desktop, by a child (keyhall-notify) for each. Where there is no
 * desktop, no bus or nothing that shows it, nothing happens. Its handles do not keep the loop alive.
 */
#ifndef KH_AGENT_REMINDER_NOTICE_H
#define KH_AGENT_REMINDER_NOTICE_H

#include <uv.h>

/* A line of text each. */
struct kh_notice_words {
	const char *application, *title, *sentence;
	const char *button, *address; /* what opens in the browser, and the words for it; "": nothing */
};

struct kh_notice_ears {
	void (*shown)(void *context); /* once, when it is to be seen */
	void (*ended)(void *context); /* it is gone, or never came; the notice, too */
	void *context;
};

struct kh_notice;

/* The words are taken before it returns. NULL: it cannot be shown, and ears hear nothing. */
struct kh_notice *kh_notice_new(uv_loop_t *loop, const struct kh_notice_words *words,
				const struct kh_notice_ears *ears);
/* Takes it away; ears hear nothing any more. */
void kh_notice_end(struct kh_notice *notice);

#endif
