/*
 * The daemon's inside in the tool's own process, for when none runs: the same
 * requests get the same answers. It has no port, takes no lock, and its token hosts
 * wait for nobody's.
 */
#ifndef KH_AGENT_TOOL_ALONE_H
#define KH_AGENT_TOOL_ALONE_H

#include "settings.h"
#include "tool/client.h"

/* A client of it. settings stay the caller's; their state folder is taken out. unreached: a daemon runs, and does
 * not answer: the check says so. */
enum kh_client_outcome kh_client_alone(struct kh_settings *settings, bool unreached, const char *locale,
				       struct kh_client **client);

#endif
