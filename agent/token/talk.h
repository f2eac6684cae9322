/*
 * The conversation with a token host: lines out, lines in. One call is on the
 * way at a time; the others wait, so that a deadline counts only the call's own
 * time. The deadline stands still while the host has a PIN window open, for
 * KH_PIN_SECONDS at most.
 *
 * A talk outlives its child: calls can be queued while there is none, and are
 * sent when kh_token_talk_begin() brings one.
 */
#ifndef KH_AGENT_TOKEN_TALK_H
#define KH_AGENT_TOKEN_TALK_H

#include "token/calls.h"
#include "token/child.h"
#include "trace.h"

#define KH_PIN_SECONDS 300

/* Hears of certificates while certificate.list is on the way; what it keeps it
 * moves out of found. false: that cannot be, and the child is lost. */
typedef bool (*kh_token_found)(void *context, struct kh_host_certificate_found_params *found);

struct kh_token_talk_events {
	/* The child died, hangs, does not listen or talks nonsense; how is for the log.
	 * Whoever hears it ends the talk and the child. */
	void (*lost)(void *context, const char *how);
	/* The module has answered a call. False: that does not count, the call was taken
	 * back and the talk goes on with another child. */
	bool (*answered)(void *context, const struct kh_error *error);
	void *context;
};

struct kh_token_talk {
	struct kh_token_child *child;  /* the link's; NULL: nobody listens */
	struct kh_token_call *current; /* on the way */
	struct kh_token_calls waiting;
	uv_timer_t *timer;
	uint64_t deadline;  /* of the current call, loop time */
	uint64_t remaining; /* of it, while a PIN window is open */
	bool prompting, cancelled;
	bool hung;		 /* and has not answered since */
	struct kh_token_end end; /* of its last child */
	struct kh_buffer rest;	 /* of a line */
	struct kh_token_talk_events events;
	kh_token_found found;
	void *found_context;
	struct kh_trace *trace; /* may be NULL */
	const char *name;	/* of the module's file, in the trace */
};

/* percent of the built-in deadlines. False: out of memory. */
bool kh_token_talk_init(struct kh_token_talk *talk, uv_loop_t *loop, int64_t percent,
			const struct kh_token_talk_events *events);
/* The timer closes on the loop; no call may be left. */
void kh_token_talk_finish(struct kh_token_talk *talk);

/* With a child that has just started: configure is sent first, then what waits. */
void kh_token_talk_begin(struct kh_token_talk *talk, struct kh_token_child *child, struct kh_token_call *configure);
/* Forgets the child; the calls stay. */
void kh_token_talk_end(struct kh_token_talk *talk);
/* Takes back the call that is on the way, to make it again to the next child.
 * False: there is none, or it may not be made again. */
bool kh_token_talk_repeat(struct kh_token_talk *talk);
/* Answers every call there is now with an error; what the answers ask for anew stays. */
void kh_token_talk_fail(struct kh_token_talk *talk, const struct kh_error *error);

/* Queues a call; it becomes the talk's. */
void kh_token_talk_call(struct kh_token_talk *talk, struct kh_token_call *call);
/* Answers a session's PIN calls that wait, and has the PIN window closed that is
 * open for it. */
void kh_token_talk_cancel(struct kh_token_talk *talk, int64_t session);
/* Tells the child whether every call of its module is wanted. */
void kh_token_talk_trace(struct kh_token_talk *talk);
/* A call is on the way that may open a PIN window. */
bool kh_token_talk_asking(const struct kh_token_talk *talk);

/* What its child is made with. */
struct kh_token_ears kh_token_talk_ears(struct kh_token_talk *talk);

#endif
