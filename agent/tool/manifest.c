/*
 * The manifest.
 */
#include "tool/manifest.h"

#include <string.h>

#include "tool/jws.h"
#include "window.h"

static bool is_mixed(const struct kh_manifest *manifest)
{
	for (size_t i = 0; i < manifest->files_count; i++)
		if (strcmp(manifest->files[i].version, manifest->version) != 0)
			return true;
	return manifest->files_count == 0;
}

static enum kh_manifest_verdict judge(const struct kh_manifest *manifest, int64_t now, int64_t last)
{
	int64_t expires;

	if (!kh_time_parse(manifest->expires, &expires))
		return KH_MANIFEST_INVALID;
	if (manifest->number < last)
		return KH_MANIFEST_OLDER;
	if (expires <= now)
		return KH_MANIFEST_EXPIRED;
	return is_mixed(manifest) ? KH_MANIFEST_MIXED : KH_MANIFEST_GOOD;
}

enum kh_manifest_verdict kh_manifest_read(const char *jws, const char *key, int64_t now, int64_t last,
					  struct kh_manifest *manifest)
{
	struct kh_bytes payload = {0};
	enum kh_manifest_verdict verdict = KH_MANIFEST_UNSIGNED;
	struct kh_manifest read;

	if (kh_jws_open(jws, key, &payload)) {
		verdict = KH_MANIFEST_INVALID;
		if (kh_decode(&kh_manifest_type, (const char *)payload.data, payload.length, &read, NULL) == KH_OK) {
			verdict = judge(&read, now, last);
			if (verdict == KH_MANIFEST_GOOD)
				*manifest = read;
			else
				kh_clear(&kh_manifest_type, &read);
		}
	}
	kh_bytes_finish(&payload);
	return verdict;
}
