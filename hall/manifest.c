/* The manifest. */
#include "manifest.h"

#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "system.h"

static const char *text(json_t *item, const char *name)
{
	return json_string_value(json_object_get(item, name));
}

/* Only installers are for a system. */
static const char *newest(json_t *list)
{
	const char *version = NULL;
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (text(item, "system") && (!version || hall_version_compare(text(item, "version"), version) > 0))
			version = text(item, "version");
	}
	return version;
}

static json_t *files_of(json_t *list, const char *version)
{
	static const char *const names[] = {"name", "version", "architecture", "size", "sha256"};
	json_t *files = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!text(item, "system") || strcmp(text(item, "version"), version) != 0)
			continue;
		json_t *file = json_object();
		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
			json_object_set(file, names[n], json_object_get(item, names[n]));
		json_array_append_new(files, file);
	}
	return files;
}

static json_t *manifest_json(json_t *list, const char *version)
{
	int64_t now = hall_clock_now();
	char issued[HALL_TIME_SIZE], expires[HALL_TIME_SIZE];

	hall_clock_format(now, issued);
	hall_clock_format(now + HALL_MANIFEST_DAYS * 86400, expires);
	return json_pack("{s:I, s:s, s:s, s:s, s:o}", "number", (json_int_t)now, "issued", issued, "expires", expires,
			 "version", version, "files", files_of(list, version));
}

enum hall_code hall_manifest_write(struct hall_downloads *downloads, const struct hall_signer *signer, const char *path,
				   struct hall_error *error)
{
	HALL_AUTO_JSON json_t *list = hall_downloads_json(downloads);
	const char *version = newest(list);

	if (!version)
		return hall_fail_field(error, "--downloads");
	HALL_AUTO_JSON json_t *manifest = manifest_json(list, version);
	HALL_AUTO_FREE char *payload = !manifest ? NULL : json_dumps(manifest, JSON_COMPACT);
	HALL_AUTO_FREE char *jws = !payload ? NULL : hall_signer_sign(signer, payload, strlen(payload), false);
	if (!jws || !hall_file_write(path, jws, strlen(jws), false))
		return hall_fail_call(error, "write", path);
	return HALL_OK;
}
