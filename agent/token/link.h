/*
 * One token host: a keyhall-token child for one PKCS#11 module, spoken to in
 * JSON lines over pipes. The child may crash or hang; then every call that
 * waits is answered token.failed with the function the module died in, and the
 * next call starts a new child, after a pause that grows while it goes on
 * dying.
 *
 * One call is on the way at a time; the others wait here, so that a deadline
 * counts only the call's own time. It stands still while the host has a PIN
 * window open, for KH_PIN_SECONDS at most.
 */
#ifndef KH_AGENT_TOKEN_LINK_H
#define KH_AGENT_TOKEN_LINK_H

#include <uv.h>

#include "host_contract.h"
#include "settings.h"

#define KH_PIN_SECONDS 300

struct kh_token_link;

/* result is the method's struct when code is KH_OK, else NULL; it is cleared
 * after the call, what is to stay must be moved out. error is filled unless
 * KH_OK. May be called from within kh_token_link_call(). */
typedef void (*kh_token_reply)(void *context, enum kh_code code, void *result, const struct kh_error *error);

/* settings and module stay the caller's. NULL: out of memory. */
struct kh_token_link *kh_token_link_new(uv_loop_t *loop, const struct kh_settings *settings, const char *module,
					const char *program);
/* Hears of certificates while certificate.list is on the way; what it keeps it
 * moves out of found. false: that cannot be, and the child is lost. */
typedef bool (*kh_token_found)(void *context, struct kh_host_certificate_found_params *found);
void kh_token_link_listen(struct kh_token_link *link, kh_token_found found, void *context);
/* Starts the child unless it runs; calls do that by themselves. */
void kh_token_link_start(struct kh_token_link *link);
/* params is read before this returns. session: on whose behalf, 0 for our own. */
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
/* The failure of its last start or call, KH_OK when it works. */
enum kh_code kh_token_link_state(const struct kh_token_link *link);
/* It has hung and not answered since: who asks it may wait long. */
bool kh_token_link_suspect(const struct kh_token_link *link);
/* Finds out whether a suspect answers again; nobody waits for it. */
void kh_token_link_probe(struct kh_token_link *link);
/* What a call gets that is not made because the link is suspect. */
const struct kh_error *kh_token_link_failure(const struct kh_token_link *link);
/* Forgets the pause before the next start: the clerk asks again. */
void kh_token_link_retry(struct kh_token_link *link);
/* The module profile in use; NULL: none, or not known. */
const char *kh_token_link_profile(const struct kh_token_link *link);
/* A profile that was left out, and why; NULL: none. */
const char *kh_token_link_profile_problem(const struct kh_token_link *link);
/* Everything in report becomes the caller's. */
KH_CHECKED enum kh_code kh_token_link_report(const struct kh_token_link *link, struct kh_module_report *report,
					     struct kh_error *error);

/* Ends the child; its calls are answered agent.stopping. The handles close on
 * the loop, then the link may be freed. */
void kh_token_link_stop(struct kh_token_link *link);
void kh_token_link_free(struct kh_token_link *link);

#endif
