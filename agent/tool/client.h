/*
 * A client of the daemon, one call after the other: what `keyhall` is made of.
 * Where none runs, the daemon's inside answers in this process.
 */
#ifndef KH_AGENT_TOOL_CLIENT_H
#define KH_AGENT_TOOL_CLIENT_H

#include "contract.h"
#include "websocket/websocket.h"

struct kh_client;

enum kh_client_outcome {
	KH_CLIENT_OK,
	KH_CLIENT_ABSENT,  /* nobody listens, or somebody who is not keyhalld */
	KH_CLIENT_REFUSED, /* kh_client_reason says why */
	KH_CLIENT_FAILED,
};

struct kh_client_door {
	const uint16_t *ports; /* the first where our own user's daemon answers */
	size_t count;
	unsigned seconds;   /* to wait on each, and again for hello's answer */
	const char *locale; /* NULL: the daemon's */
	bool background;    /* as of hello */
	/* NULL: one of its own. What else is on it goes on while a call waits, calls nothing of a client but
	 * kh_client_wake(), and must not keep the loop alive (uv_unref): kh_client_free() runs it to its end. */
	uv_loop_t *loop;
};

/* Connects and says hello. client is set also when it fails; NULL: out of memory. */
enum kh_client_outcome kh_client_connect(const struct kh_client_door *door, struct kh_client **client);

/* Another way than a port: alone.h. */
struct kh_client_way {
	/* Calls events as kh_client_open() does. */
	enum kh_code (*open)(uv_loop_t *loop, const struct kh_socket_events *events, void *client, void *context,
			     struct kh_error *error);
	void (*stop)(void *context); /* then the loop is run to its end, and free called */
	void (*free)(void *context);
	void *context;
};

/* The same over it; free is called with the client's end, or where there is none. */
enum kh_client_outcome kh_client_over(const struct kh_client_way *way, const char *locale, struct kh_client **client);
const char *kh_client_reason(const struct kh_client *client);

/* params may be NULL for a method without any. On success result belongs to
 * the caller; kh_clear() it. */
KH_CHECKED enum kh_code kh_client_call(struct kh_client *client, enum kh_method_id method, const void *params,
				       void *result, struct kh_error *error);
/* Waits until a key came, went or changed since the last wait began (token.changed), or so many seconds
 * have passed (0: as long as it takes). False: the daemon has ended. */
bool kh_client_wait(struct kh_client *client, unsigned seconds);
/* A wait ends, or the next one does not begin. */
void kh_client_wake(struct kh_client *client);
/* False: the daemon has ended. */
bool kh_client_is_open(const struct kh_client *client);
/* Hears every notification from now on; false: kh_client_listen() is to return. Ctrl-C
 * and SIGTERM make it return, too, also before it is called. */
void kh_client_on_notice(struct kh_client *client, bool (*notice)(void *context, const struct kh_message *message),
			 void *context);
/* Until the user ends it, so many seconds have passed (0: as long as it takes), or
 * notice wants no more. False: the daemon has ended. */
bool kh_client_listen(struct kh_client *client, unsigned seconds);
/* How long a call may take; 60 s, where nobody says otherwise. */
void kh_client_patience(struct kh_client *client, unsigned seconds);
/* Where its daemon answers; 0: it is none. */
uint16_t kh_client_port(const struct kh_client *client);
/* Called every second while a call runs, then with 0 when that was so. */
void kh_client_on_waiting(struct kh_client *client, void (*waiting)(void *context, unsigned seconds), void *context);
void kh_client_free(struct kh_client *client);

#endif
