/* The configured anchors. */
#include "x509/anchors.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "x509/legible.h"

#define REASON(name) KH_HOST_ANCHOR_PROBLEM_REASON_##name

/* A file that is being read. */
struct reading {
	struct kh_anchors *anchors;
	size_t found;
	enum kh_host_anchor_problem_reason reason; /* the first one */
};

static void note(struct reading *reading, enum kh_host_anchor_problem_reason reason)
{
	if (reading->reason == REASON(NONE))
		reading->reason = reason;
}

static bool take(void *context, struct kh_span der)
{
	struct reading *reading = context;
	struct kh_anchors *anchors = reading->anchors;
	size_t count = (size_t)sk_X509_num(anchors->list);
	X509 *certificate = kh_legible_new(der);
	char id[KH_SHA256_HEX];

	if (!certificate) {
		note(reading, REASON(BROKEN));
		return true;
	}
	reading->found++;
	kh_sha256_hex(der.data, der.length, id);
	if (kh_anchors_have(anchors, id) || count == KH_ANCHORS_MAX || sk_X509_push(anchors->list, certificate) == 0) {
		if (count == KH_ANCHORS_MAX)
			note(reading, REASON(MANY));
		X509_free(certificate);
		return count < KH_ANCHORS_MAX;
	}
	memcpy(anchors->ids[count], id, sizeof(id));
	if (X509_check_ca(certificate) == 0)
		note(reading, REASON(LEAF));
	else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		note(reading, REASON(EXPIRED));
	else
		anchors->usable++;
	return true;
}

static void read_file(struct kh_anchors *anchors, const char *path)
{
	const char *shown = kh_anchor_is_text(path) ? "PEM" : path;
	struct reading reading = {.anchors = anchors, .reason = REASON(NONE)};
	enum kh_host_anchor_problem_reason reason = kh_anchors_read_file(path, take, &reading);

	note(&reading, reason);
	if (reading.found == 0)
		note(&reading, REASON(NOTHING));
	if (reading.reason == REASON(NONE) || anchors->troubles_count == KH_ANCHOR_FILES_MAX)
		return;
	anchors->troubles[anchors->troubles_count++] = (struct kh_anchor_trouble){shown, reading.reason};
	kh_log(KH_LOG_ERROR, "anchor %s: %s", shown,
	       kh_enum_text(&kh_host_anchor_problem_reason_names, (int)reading.reason));
}

struct kh_anchors *kh_anchors_new(char *const *files, size_t count)
{
	struct kh_anchors *anchors = calloc(1, sizeof(*anchors));

	if (!anchors)
		return NULL;
	anchors->store = X509_STORE_new();
	anchors->list = sk_X509_new_null();
	if (!anchors->store || !anchors->list) {
		kh_anchors_free(anchors);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		read_file(anchors, files[i]);
	return anchors;
}

void kh_anchors_free(struct kh_anchors *anchors)
{
	if (!anchors)
		return;
	sk_X509_pop_free(anchors->list, X509_free);
	X509_STORE_free(anchors->store);
	free(anchors);
}

bool kh_anchors_have(const struct kh_anchors *anchors, const char *id)
{
	for (int i = 0; i < sk_X509_num(anchors->list); i++) {
		if (strcmp(anchors->ids[i], id) == 0)
			return true;
	}
	return false;
}
