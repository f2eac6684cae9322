/*
 * Everything the token host holds, and its operations: one function for each
 * method of token.openrpc.json. An operation is straight-line code over the
 * choke point; it gets the decoded params and fills the (zeroed) result, whose
 * strings come from malloc and are released by the dispatcher.
 */
#ifndef KH_PKCS11_HOST_H
#define KH_PKCS11_HOST_H

#include "host_contract.h"
#include "key/reader.h"
#include "loop.h"
#include "profile.h"
#include "token/module.h"
#include "token/tokens.h"

#define KH_WRONG_PINS_MAX 16
#define KH_WRONG_PIN_SECONDS 600

/* A PIN that was wrong: HMAC-SHA-256 over token and PIN under a random key of
 * this process, so that it is not sent twice. */
struct kh_wrong_pin {
	uint8_t mac[32];
	char token[KH_SHA256_HEX]; /* of its URI */
	uint64_t when;		   /* ms */
	bool set;
	bool flagged; /* the token's flags told of it */
};

struct kh_host_settings {
	char *pinentry;
	char *locale;
	char **anchors;
	size_t anchors_count;
	char **credit_code_oids;
	size_t credit_code_oids_count;
	bool import_on_host; /* unwrap_host.c may be used */
};

struct kh_host {
	struct kh_loop loop;
	struct kh_module module;
	struct kh_profiles profiles;
	bool own_profiles; /* the deployer's are among them */
	struct kh_tokens tokens;
	struct kh_reader reader;
	struct kh_host_settings settings;
	struct kh_anchors *anchors; /* NULL: not read yet */
	struct kh_wrong_pin wrong[KH_WRONG_PINS_MAX];
	size_t wrong_next;
	uint8_t wrong_key[32];
	char nonce[17];		    /* begins every revision */
	unsigned long configured;   /* times host.configure came */
	bool asked;		    /* this operation has opened a PIN window */
	bool fresh;		    /* this process was started for this operation */
	bool isolated;		    /* this process has no network (jail.h) */
	struct kh_timing timing;    /* where module.timing is set */
	char proved[KH_SHA256_HEX]; /* the certificate that certificate.prove passed last */
};

typedef enum kh_code kh_operation(struct kh_host *host, const void *params, void *result, struct kh_error *error);

kh_operation kh_op_host_configure;
kh_operation kh_op_anchors_read;
kh_operation kh_op_window_try;
kh_operation kh_op_chain_look;
kh_operation kh_op_reader_list;
kh_operation kh_op_module_probe;
kh_operation kh_op_token_list;
kh_operation kh_op_certificate_list;
kh_operation kh_op_token_login;
kh_operation kh_op_token_logout;
kh_operation kh_op_pin_change;
kh_operation kh_op_renewal_residue;
kh_operation kh_op_key_generate;
kh_operation kh_op_key_rebuild;
kh_operation kh_op_request_create;
kh_operation kh_op_certificate_check;
kh_operation kh_op_certificate_write;
kh_operation kh_op_encryption_import;
kh_operation kh_op_certificate_prove;
kh_operation kh_op_receipt_create;
kh_operation kh_op_pair_retire;
kh_operation kh_op_pending_delete;
kh_operation kh_op_host_cancel;
kh_operation kh_op_host_trace;

KH_CHECKED enum kh_code kh_host_init(struct kh_host *host, const char *module, int in_fd, int out_fd,
				     struct kh_error *error);
void kh_host_finish(struct kh_host *host);
/* Answers requests until stdin ends, then logs out. dispatch.c */
void kh_host_run(struct kh_host *host);

/* The token of an operation that needs the login: token.absent, or pin.ended when
 * nobody is logged in (any more). */
KH_CHECKED enum kh_code kh_host_token(struct kh_host *host, const char *uri, struct kh_token **out,
				      struct kh_error *error);
/* The configured anchors, read when they are first needed; NULL: memory is out. */
const struct kh_anchors *kh_host_anchors(struct kh_host *host);
/* A copy for a result; agent.failed when memory is out. */
KH_CHECKED enum kh_code kh_host_text(char **out, const char *text, struct kh_error *error);

#endif
