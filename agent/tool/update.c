/*
 * keyhall update check: whether the hall offers a newer version. It installs nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "file.h"
#include "text.h"
#include "tool/manifest.h"
#include "tool/tool.h"
#include "tool/whole.h"
#include "websocket/fetch.h"

#define MANIFEST_MAX (256u * 1024)
#define SECONDS 10
#define MODE 0600

/* Of the highest number that was seen, in the state folder. */
struct seen_path {
	char text[KH_PATH_MAX + 16];
};

static struct seen_path seen_path(const struct kh_tool *tool)
{
	struct seen_path path;

	snprintf(path.text, sizeof(path.text), "%s/updates", tool->settings.state);
	return path;
}

static int64_t read_seen(const struct kh_tool *tool)
{
	FILE *file = kh_file_open(seen_path(tool).text, "r");
	int64_t number = 0;

	if (file && fscanf(file, "%" SCNd64, &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	return number;
}

static bool write_seen(const struct kh_tool *tool, int64_t number)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_error error;

	kh_buffer_printf(&text, "%" PRId64 "\n", number);
	return !text.failed && kh_system_make_folder(tool->settings.state, &error) == KH_OK &&
	       kh_write_whole(seen_path(tool).text, MODE, &text) >= 0;
}

/* frame: a text that says {reason}. */
static int fail(const struct kh_tool *tool, const char *frame, const char *reason)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	const char *values[] = {"reason", NULL, NULL};

	kh_text(&text, tool->locale, reason, NULL);
	values[1] = text.data;
	kh_tool_print(stderr, tool->locale, frame, values, "\n");
	return EXIT_FAILURE;
}

/* By number: 1.10 is newer than 1.9; what is no number ends it. */
static int compare(const char *a, const char *b)
{
	for (;;) {
		char *after_a, *after_b;
		long left = strtol(a, &after_a, 10), right = strtol(b, &after_b, 10);

		if (left != right)
			return left < right ? -1 : 1;
		if (*after_a != '.' || *after_b != '.')
			return (*after_a == '.') - (*after_b == '.');
		a = after_a + 1;
		b = after_b + 1;
	}
}

static void tell_newer(const struct kh_tool *tool, const struct kh_manifest *manifest)
{
	const char *values[] = {
		"version", manifest->version, "own", KH_VERSION, "address", tool->settings.config.downloads, NULL};

	kh_tool_print(stdout, tool->locale,
		      compare(manifest->version, KH_VERSION) > 0 ? "tool.update.newer" : "tool.update.none", values,
		      "\n");
}

static const char *reason_of(enum kh_manifest_verdict verdict)
{
	static const char *const reasons[] = {
		[KH_MANIFEST_UNSIGNED] = "tool.update.unsigned", [KH_MANIFEST_INVALID] = "tool.update.invalid",
		[KH_MANIFEST_OLDER] = "tool.update.older",	 [KH_MANIFEST_EXPIRED] = "tool.update.expired",
		[KH_MANIFEST_MIXED] = "tool.update.mixed",
	};

	return reasons[verdict];
}

int kh_tool_update_check(struct kh_tool *tool)
{
	const struct kh_config_updates *updates = tool->settings.config.updates;
	KH_AUTO(kh_buffer_finish) struct kh_buffer jws = {0};
	int64_t seen = read_seen(tool);
	struct kh_manifest manifest;
	enum kh_manifest_verdict verdict;

	if (!updates) {
		kh_tool_print(stderr, tool->locale, "tool.update.unset", NULL, "\n");
		return KH_TOOL_USAGE;
	}
	if (!kh_fetch(updates->address, MANIFEST_MAX, SECONDS, &jws))
		return fail(tool, "tool.update.failed", "tool.update.absent");
	verdict = kh_manifest_read(jws.data, updates->key, time(NULL), seen, &manifest);
	if (verdict != KH_MANIFEST_GOOD)
		return fail(tool, "tool.update.refused", reason_of(verdict));
	if (manifest.number > seen && !write_seen(tool, manifest.number)) {
		kh_clear(&kh_manifest_type, &manifest);
		return fail(tool, "tool.update.failed", "tool.update.unwritten");
	}
	tell_newer(tool, &manifest);
	kh_clear(&kh_manifest_type, &manifest);
	return EXIT_SUCCESS;
}
