/* anchors.read: what the configured anchors are worth; chain.look: what leads elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "host.h"
#include "x509/chain.h"
#include "x509/name.h"

#define FILE_NAME_MAX 256 /* AnchorProblem.file */

enum kh_code kh_op_anchors_read(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	struct kh_host_anchors_read_result *result = out;
	struct kh_anchors *anchors = kh_anchors_new(host->settings.anchors, host->settings.anchors_count);

	(void)in;
	if (!anchors)
		return kh_fail(error, KH_AGENT_FAILED);
	kh_anchors_free(host->anchors);
	host->anchors = anchors;
	result->usable = (int64_t)anchors->usable;
	result->problems = calloc(anchors->troubles_count + 1, sizeof(*result->problems));
	if (!result->problems)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < anchors->troubles_count; i++) {
		struct kh_host_anchor_problem *problem = &result->problems[result->problems_count++];
		struct kh_buffer name = {0};

		problem->reason = anchors->troubles[i].reason;
		kh_utf8_append(&name, kh_file_name(anchors->troubles[i].file),
			       strlen(kh_file_name(anchors->troubles[i].file)));
		kh_utf8_shorten(&name, 0, FILE_NAME_MAX);
		problem->file = name.data ? name.data : strdup("");
		if (name.failed || !problem->file)
			return kh_fail(error, KH_AGENT_FAILED);
	}
	return KH_OK;
}

enum kh_code kh_op_chain_look(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_chain_look_params *params = in;
	struct kh_host_chain_look_result *result = out;
	struct kh_certificate *all[KH_HOST_CHAIN_LOOK_PARAMS_CERTIFICATES_MAX] = {NULL};
	const struct kh_anchors *anchors = kh_host_anchors(host);
	const size_t count = params->certificates_count;

	result->foreign = calloc(count + 1, sizeof(*result->foreign));
	if (!result->foreign || !anchors)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < count; i++)
		all[i] = kh_certificate_from_pem(params->certificates[i]);
	for (size_t i = 0; i < count; i++) {
		if (all[i] && kh_chain_foreign(anchors, all[i], all, count))
			result->foreign[result->foreign_count++] = strdup(all[i]->id);
	}
	for (size_t i = 0; i < count; i++)
		kh_certificate_free(all[i]);
	return KH_OK;
}
