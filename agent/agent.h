/*
 * The daemon as one object: what main makes and the handlers use. Everything
 * happens on one uv loop.
 */
#ifndef KH_AGENT_AGENT_H
#define KH_AGENT_AGENT_H

#include "journal.h"
#include "settings.h"
#include "token/modules.h"
#include "trace.h"
#include "usb.h"
#include "websocket/websocket.h"

#ifndef KH_VERSION
#define KH_VERSION "0"
#endif

/* A key that is worked on: one operation per key and per order at a time. The
 * key goes by its URI, the same over every driver; serial numbers repeat. */
struct kh_hold {
	struct kh_hold *next;
	char token[KH_TOKEN_URI_MAX + 1];
	char order[KH_ORDER_MAX + 1]; /* "" for a PIN */
	int64_t session;
};

struct kh_request;
struct kh_simulation;
struct kh_reminder;
struct kh_bundle;

struct kh_agent {
	uv_loop_t *loop;
	void (*handle)(struct kh_request *request); /* answers what a page asks, after its hello */
	const struct kh_settings *settings;
	struct kh_server *server;	  /* NULL: no daemon, its inside in the tool (tool/alone.h) */
	bool unreached;			  /* no server here, and a daemon runs that does not answer */
	struct kh_simulation *simulation; /* what answers in place of keys; or NULL */
	struct kh_modules modules;
	struct kh_journal *journal;  /* never NULL, may be one that keeps nothing */
	struct kh_profiles profiles; /* read with the bus: watch.h */
	struct kh_usb *usb;	     /* NULL: not to be had */
	struct kh_trace trace;
	struct kh_connection *connections;
	int64_t last_session;
	unsigned requests; /* on their way, of pages that have gone, too */
	struct kh_hold *holds;
	uv_timer_t poll; /* runs while somebody is connected */
	bool polling, poll_running;
	bool listening;				      /* somebody is connected in the background */
	unsigned looks;				      /* after a change of the bus, while nobody is connected */
	void (*keys_changed)(struct kh_agent *agent); /* NULL: nobody cares while no page is there */
	struct kh_reminder *reminder;		      /* NULL: it reminds of nothing */
	struct kh_bundle *bundle;		      /* NULL: none is being made */
};

/* Claims a key, by its canonical URI, for a session; false: it or the order is
 * in use. */
bool kh_agent_hold(struct kh_agent *agent, const char *token, const char *order, int64_t session);
void kh_agent_release(struct kh_agent *agent, const char *token, int64_t session);
bool kh_agent_token_busy(const struct kh_agent *agent, const char *token);
bool kh_agent_order_busy(const struct kh_agent *agent, const char *order);
bool kh_agent_session_busy(const struct kh_agent *agent, int64_t session);

/* The certificate manager's page, or the support tool: let in without being configured. */
bool kh_agent_is_own_page(const struct kh_agent *agent, const char *origin);

/* The clock as the contract writes it. */
int64_t kh_agent_now(void);

#endif
