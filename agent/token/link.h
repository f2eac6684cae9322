/*
 * One token host: a keyhall-token child for one PKCS#11 module, spoken to in
 * JSON lines over pipes. The child may crash or hang; then every call that
 * waits is answered token.failed with the function the module died in, and the
 * next call starts a new child, after a pause that grows while it goes on
 * dying. How calls take their turn: talk.h.
 *
 * Some modules cannot be started a second time in one process: the child says so,
 * or dies of it. The call that needed it is then made again to a new child at once,
 * each call once, if nothing was done for it. A write is not: it is answered.
 */
#ifndef KH_AGENT_TOKEN_LINK_H
#define KH_AGENT_TOKEN_LINK_H

#include "settings.h"
#include "token/talk.h"

enum kh_link_state { KH_LINK_DOWN, KH_LINK_STARTING, KH_LINK_RUNNING, KH_LINK_STOPPED };

/* Read in link.c and report.c only. */
struct kh_token_link {
	uv_loop_t *loop;
	const struct kh_settings *settings;
	const char *module;
	const char *given; /* modules[].host; may be NULL */
	char program[KH_PATH_MAX];
	const char *init; /* modules[].init; may be NULL */
	const struct kh_token_trial *trial;
	struct kh_token_child *child;
	enum kh_link_state state;
	struct kh_token_talk talk;
	bool probing;
	bool starts_once;     /* the module cannot be started again in its child */
	uint64_t start_after; /* loop time */
	uint64_t pause;
	struct kh_error failure; /* of the last start or call */
	char last_call[KH_ERROR_DATA_CALL_MAX + 1];
	bool replaced; /* after last_call another child went on with it */
	int64_t starts;
	struct kh_host_host host;
};

/* settings, module, program and init stay the caller's. program: the token host; NULL: at each start the one that
 * fits the module. NULL: out of memory. */
struct kh_token_link *kh_token_link_new(uv_loop_t *loop, const struct kh_settings *settings, const char *module,
					const char *program, const char *init);
/* The module is only tried. trial stays the caller's. */
void kh_token_link_try(struct kh_token_link *link, const struct kh_token_trial *trial);
void kh_token_link_listen(struct kh_token_link *link, kh_token_found found, void *context);
/* What is said goes into the trace, while it runs; it stays the caller's, and may be NULL. */
void kh_token_link_observe(struct kh_token_link *link, struct kh_trace *trace);
/* The trace has begun or ended: the child is told. */
void kh_token_link_trace(struct kh_token_link *link);
/* Starts the child unless it runs; calls do that by themselves. */
void kh_token_link_start(struct kh_token_link *link);
/* params is read before this returns, and reply may be called before, too.
 * session: on whose behalf, 0 for our own. */
void kh_token_link_call(struct kh_token_link *link, enum kh_host_method_id method, const void *params, int64_t session,
			kh_token_reply reply, void *context);
/* Closes the PIN window of a session. */
void kh_token_link_cancel(struct kh_token_link *link, int64_t session);
/* Ends a session's login where the child runs. */
void kh_token_link_logout(struct kh_token_link *link, int64_t session);
/* A call is on the way that may open a PIN window. */
bool kh_token_link_asking(const struct kh_token_link *link);
/* A PIN window is open. */
bool kh_token_link_prompting(const struct kh_token_link *link);
/* The child runs and is configured; a call that was lost with it finds it down. */
bool kh_token_link_runs(const struct kh_token_link *link);
/* Nothing is on the way and nothing waits. */
bool kh_token_link_idle(const struct kh_token_link *link);

/* The module's file name. */
const char *kh_token_link_name(const struct kh_token_link *link);
/* It has hung and not answered since: who asks it may wait long. */
bool kh_token_link_suspect(const struct kh_token_link *link);
/* Finds out whether a suspect answers again; nobody waits for it. */
void kh_token_link_probe(struct kh_token_link *link);
/* Forgets the pause before the next start: the clerk asks again. */
void kh_token_link_retry(struct kh_token_link *link);
/* Ends the child; its calls are answered agent.stopping. The handles close on
 * the loop, then the link may be freed. */
void kh_token_link_stop(struct kh_token_link *link);
void kh_token_link_free(struct kh_token_link *link);

#endif
