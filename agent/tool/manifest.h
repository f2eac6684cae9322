/*
 * The manifest: a signed list of the installers that a hall offers (hall/README.md). Nothing in it counts before its
 * signature was verified by the one key of the configuration; what the message says of its own key is not asked.
 */
#ifndef KH_AGENT_TOOL_MANIFEST_H
#define KH_AGENT_TOOL_MANIFEST_H

#include "configuration.h"

enum kh_manifest_verdict {
	KH_MANIFEST_GOOD,
	KH_MANIFEST_UNSIGNED, /* not by this key, or not whole */
	KH_MANIFEST_INVALID,  /* signed, and not understood */
	KH_MANIFEST_OLDER,    /* its number is below one that was seen: rolled back */
	KH_MANIFEST_EXPIRED,  /* held back until it was out of date */
	KH_MANIFEST_MIXED,    /* lists a file of another version */
};

/* jws: compact, RFC 7515. key: an Ed25519 public key, PEM. now: seconds since 1970; last: the highest number seen, 0 for
 * none. manifest is set only where it is good; the caller's, kh_clear(). */
enum kh_manifest_verdict kh_manifest_read(const char *jws, const char *key, int64_t now, int64_t last,
					  struct kh_manifest *manifest);

#endif
