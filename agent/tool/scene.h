/*
 * Where a replay takes place: a folder of its own with the test token's store
 * (tests/softkey) and the daemon's configuration. Nothing of this computer's agent
 * is used or changed.
 */
#ifndef KH_AGENT_TOOL_SCENE_H
#define KH_AGENT_TOOL_SCENE_H

#include "settings.h"
#include "tool/authority.h"

/* What the labels of the test token's keys begin with: no other module is played on. */
#define KH_SCENE_LABEL "seed "

struct kh_scene {
	char folder[KH_PATH_MAX];
	struct kh_settings settings;
};

/* module: the test token; pinentry: NULL is the usual one. keys: the certificates it is to
 * hold, on up to two keys, each by the authority with its place in the list, from 1, for
 * a serial number; NULL: an empty key. False: it cannot be; close it. */
KH_CHECKED bool kh_scene_open(struct kh_scene *scene, const char *module, const char *pinentry,
			      struct kh_authority *authority, const struct kh_certificate_list_result *keys);
/* From the next call of the module on these rules hold. */
KH_CHECKED bool kh_scene_fault(const struct kh_scene *scene, const struct kh_buffer *rules);
void kh_scene_close(struct kh_scene *scene);

#endif
