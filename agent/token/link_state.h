/*
 * A token link's inside, for token_link.c (its life), token_talk.c (the
 * conversation) and token_report.c only.
 */
#ifndef KH_AGENT_TOKEN_LINK_STATE_H
#define KH_AGENT_TOKEN_LINK_STATE_H

#include "token/calls.h"
#include "token/child.h"

enum kh_token_state { STATE_DOWN, STATE_STARTING, STATE_RUNNING, STATE_STOPPED };

struct kh_token_link {
	uv_loop_t *loop;
	const struct kh_settings *settings;
	const char *module;
	const char *program;
	struct kh_token_child *child;
	enum kh_token_state state;
	struct kh_token_call *current; /* on the way */
	struct kh_token_calls waiting;
	uv_timer_t *timer;
	uint64_t deadline;  /* of the current call */
	uint64_t remaining; /* of it, while a PIN window is open */
	bool prompting, cancelled;
	bool suspect; /* hung, and has not answered since */
	bool probing;
	uint64_t start_after; /* loop time */
	uint64_t pause;
	struct kh_error failure; /* of the last start or call */
	char last_call[64];
	int64_t restarts;
	struct kh_host_host host;
	struct kh_buffer rest; /* of a line */
	kh_token_found found;
	void *found_context;
};

/* token_link.c: the child is dead, hangs or talks nonsense. It is killed and
 * every call that waits is answered. */
void kh_token_link_lose(struct kh_token_link *link, const char *how);

/* token_talk.c: sends the next call, when none is on the way. */
void kh_token_talk_send(struct kh_token_link *link);
/* Sends host.cancel for the PIN window of a session. */
void kh_token_talk_cancel(struct kh_token_link *link, int64_t session);
/* Bytes of the child's stdout, in whatever pieces they come. */
void kh_token_talk_output(void *link, const char *data, size_t length);

#endif
