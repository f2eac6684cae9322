/*
 * A client of the daemon, one call after the other: what `keyhall` is made of.
 * Where none runs, the daemon's inside answers in this process.
 */
#ifndef KH_AGENT_TOOL_CLIENT_H
#define KH_AGENT_TOOL_CLIENT_H

#include "contract.h"
#include "settings.h"

struct kh_client;

enum kh_client_outcome {
	KH_CLIENT_OK,
	KH_CLIENT_ABSENT,  /* nobody listens, or somebody who is not keyhalld */
	KH_CLIENT_REFUSED, /* kh_client_reason says why */
	KH_CLIENT_FAILED,
};

/* Connects and says hello, on the first of the ports where our own user's
 * daemon answers; waits for seconds at most on each, and again for hello's
 * answer. client is set also when it fails; NULL: out of memory. */
enum kh_client_outcome kh_client_connect(const uint16_t *ports, size_t count, unsigned seconds, const char *locale,
					 struct kh_client **client);
/* The same with the daemon's inside in this process (alone.h). unreached: a daemon runs, and does not answer. */
enum kh_client_outcome kh_client_alone(struct kh_settings *settings, bool unreached, const char *locale,
				       struct kh_client **client);
const char *kh_client_reason(const struct kh_client *client);

/* params may be NULL for a method without any. On success result belongs to
 * the caller; kh_clear() it. */
KH_CHECKED enum kh_code kh_client_call(struct kh_client *client, enum kh_method_id method, const void *params,
				       void *result, struct kh_error *error);
/* Waits until a key came, went or changed since the last wait began (token.changed).
 * False: the daemon has ended. */
bool kh_client_wait(struct kh_client *client);
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
