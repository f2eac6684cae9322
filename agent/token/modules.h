/*
 * All token hosts together: what keys and certificates they show, and which of
 * them a token URI belongs to. The last answers are kept; a list that has not
 * changed costs one small question a module.
 */
#ifndef KH_AGENT_TOKEN_MODULES_H
#define KH_AGENT_TOKEN_MODULES_H

#include "token/link.h"

struct kh_driver {
	struct kh_modules *all;
	struct kh_token_link *link;
	char *path;
	struct kh_host_token_list_result tokens;
	struct kh_host_certificate_found_params certificates; /* all of them */
	struct kh_host_certificate_found_params found;	      /* of a list that is on the way */
	char *certificates_revision;			      /* NULL: they are not known */
	enum kh_code listed;				      /* how their last list ended */
	enum kh_second_reader second_reader;		      /* its last answer; NONE: it was not asked yet */
	bool unread; /* the second reader hung or died on it: it is not asked again */
};

struct kh_modules {
	struct kh_driver items[KH_CONFIG_MODULES_MAX];
	size_t count;
	/* What token hosts have tried: the CA certificates of the configuration, the PIN window. */
	struct kh_host_anchors_read_result anchors;
	struct kh_host_window_try_result window;
	bool anchors_read, window_tried;
	struct kh_trace *trace; /* set before kh_modules_init(); NULL: there is none */
	/* Told when the set of tokens or a PIN's state has changed. */
	void (*changed)(void *context);
	void *context;
};

/* The configured modules; without them OpenSC's from its usual places. */
KH_CHECKED enum kh_code kh_modules_init(struct kh_modules *modules, uv_loop_t *loop, const struct kh_settings *settings,
					struct kh_error *error);
void kh_modules_start(struct kh_modules *modules);
void kh_modules_stop(struct kh_modules *modules);
/* After stop, when the loop has run to its end. */
void kh_modules_finish(struct kh_modules *modules);

/* error is KH_OK's when at least one module answered, or there is none. */
typedef void (*kh_modules_done)(void *context, const struct kh_error *error);

/* Asks every module for its tokens. A module with an open PIN window is not
 * asked: what it said before stands. refresh: also finds keys that a module
 * has not noticed; may end logins. */
void kh_modules_list_tokens(struct kh_modules *modules, bool refresh, kh_modules_done done, void *context);
/* The same for certificates (and for tokens where they are not known). known: of
 * the tokens that are known, without a look for others. */
void kh_modules_list_certificates(struct kh_modules *modules, bool known, kh_modules_done done, void *context);

/* any.c: a question to the first token host that answers; no key is asked. params stays
 * the caller's until reply. agent.busy: each has a PIN window open. */
void kh_modules_ask_any(struct kh_modules *modules, enum kh_host_method_id method, const void *params,
			kh_token_reply reply, void *context);

/* Asks one of them. Where there are others, one that has hung does not make
 * them wait: it is asked in the background, and reply gets its failure. */
void kh_modules_ask(struct kh_modules *modules, struct kh_driver *module, enum kh_host_method_id method,
		    const void *params, kh_token_reply reply, void *context);

/* --- what they have shown so far --- */

/* The module and canonical entry of a token URI among the tokens known; NULL:
 * none. A URI fits when each attribute it has is the token's (RFC 7512, 2.3). */
struct kh_driver *kh_modules_find(struct kh_modules *modules, const char *uri, const struct kh_token_info **token);
/* More than one key fits: error is then token.ambiguous. No operation chooses. */
bool kh_modules_ambiguous(const struct kh_modules *modules, const char *uri, struct kh_error *error);
/* The same by a canonical URI: what was remembered of a token. */
struct kh_driver *kh_modules_find_token(struct kh_modules *modules, const char *token,
					const struct kh_token_info **info);
/* A certificate by id among those known. */
struct kh_driver *kh_modules_find_certificate(struct kh_modules *modules, const char *id,
					      const struct kh_key_certificate **certificate);
/* Another module than this one asks for a PIN: one PIN window at a time. */
bool kh_modules_asking(const struct kh_modules *modules, const struct kh_driver *but);
size_t kh_modules_count_tokens(const struct kh_modules *modules);

/* All tokens in one array that borrows from the modules; free() it. NULL with
 * count 0 is none. */
struct kh_token_info *kh_modules_tokens(const struct kh_modules *modules, size_t *count);

/* Whether every attribute of one pkcs11: URI stands in the other. */
bool kh_token_uri_fits(const char *asked, const char *token);

#endif
