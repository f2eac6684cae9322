/*
 * Calls to a token host that wait for their turn: a queue, and how long each
 * may take.
 */
#ifndef KH_AGENT_TOKEN_CALLS_H
#define KH_AGENT_TOKEN_CALLS_H

#include "host_contract.h"

/* result is the method's struct when code is KH_OK, else NULL; it is cleared
 * after the call, what is to stay must be moved out. error is filled unless
 * KH_OK. */
typedef void (*kh_token_reply)(void *context, enum kh_code code, void *result, const struct kh_error *error);

struct kh_token_call {
	struct kh_token_call *next;
	long long id;
	enum kh_host_method_id method;
	int64_t session;
	uint64_t deadline;     /* ms of its own time, without a PIN window */
	bool again;	       /* nothing was done if its host is lost: it may be made to another one, once */
	struct kh_buffer line; /* as it is sent */
	kh_token_reply reply;  /* NULL: nobody waits for the answer */
	void *context;
};

/* Zeroed: empty, after kh_token_calls_init. */
struct kh_token_calls {
	struct kh_token_call *first, **last;
	long long number; /* of calls so far */
	uint64_t percent; /* of the built-in deadlines */
};

void kh_token_calls_init(struct kh_token_calls *calls, int64_t percent);

/* A call that is in no queue yet. */
KH_CHECKED enum kh_code kh_token_calls_make(struct kh_token_calls *calls, enum kh_host_method_id method,
					    const void *params, struct kh_token_call **call, struct kh_error *error);
void kh_token_calls_append(struct kh_token_calls *calls, struct kh_token_call *call);
void kh_token_calls_prepend(struct kh_token_calls *calls, struct kh_token_call *call);
/* NULL: none waits. */
struct kh_token_call *kh_token_calls_take(struct kh_token_calls *calls);
/* All of them, linked by next. */
struct kh_token_call *kh_token_calls_take_all(struct kh_token_calls *calls);
/* The first PIN call of a session; NULL: none. */
struct kh_token_call *kh_token_calls_take_pin(struct kh_token_calls *calls, int64_t session);

/* Answers a call and frees it. */
void kh_token_call_end(struct kh_token_call *call, enum kh_code code, void *result, const struct kh_error *error);
/* Whether it may open a PIN window. */
bool kh_token_call_asks_pin(const struct kh_token_call *call);

#endif
