/* Profiles from their folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cleanup.h"
#include "file.h"
#include "log.h"
#include "profile.h"

#define FILE_MAX 65536
#define NAMES_MAX 256
#define PATH_SIZE 4096

#ifndef KH_PROFILES_FOLDER
#define KH_PROFILES_FOLDER "../../share/keyhall/modules.d"
#endif

/* What a folder's profiles have in common. */
struct origin {
	size_t before; /* how many profiles there were when its turn came */
	bool own;
};

/* The whole path stands in the log only: others hear of problems, too. */
static void add_problem(struct kh_profiles *profiles, const char *path, const char *what)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer raw = {0};
	struct kh_buffer text = {0};

	kh_log(KH_LOG_ERROR, "driver profile %s: %s", path, what);
	kh_buffer_printf(&raw, "%.100s: %.200s", kh_file_name(path), what);
	kh_utf8_append(&text, raw.data, raw.length);
	if (text.failed || profiles->problems_count == KH_PROFILE_PROBLEMS_MAX)
		kh_buffer_finish(&text);
	else
		profiles->problems[profiles->problems_count++] = text.data;
}

static bool is_known(const struct kh_profiles *profiles, const char *name)
{
	for (size_t i = 0; i < profiles->count; i++) {
		if (strcmp(profiles->items[i].file.name, name) == 0)
			return true;
	}
	return false;
}

static enum kh_code add(struct kh_profiles *profiles, struct kh_profile *profile, const char *path,
			const struct origin *origin, struct kh_error *error)
{
	const struct kh_profiles earlier = {.items = profiles->items, .count = origin->before};
	struct kh_profile *more;

	if (is_known(profiles, profile->file.name) || profiles->count == KH_PROFILES_MAX) {
		if (!is_known(&earlier, profile->file.name))
			add_problem(profiles, path, "name is taken, or there are too many profiles");
		kh_profile_clear(profile);
		return KH_OK;
	}
	more = realloc(profiles->items, (profiles->count + 1) * sizeof(*more));
	if (!more) {
		kh_profile_clear(profile);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	profiles->items = more;
	profile->own = origin->own;
	more[profiles->count++] = *profile;
	return KH_OK;
}

static char *read_file(const char *path, size_t *length)
{
	KH_AUTO_FREE char *text = malloc(FILE_MAX + 1);
	FILE *file = kh_file_open(path, "rb");
	bool whole = false;

	if (file && text) {
		*length = fread(text, 1, FILE_MAX + 1, file);
		whole = !ferror(file) && *length <= FILE_MAX;
	}
	if (file)
		(void)fclose(file);
	return whole ? kh_steal(&text) : NULL;
}

static enum kh_code add_file(struct kh_profiles *profiles, const char *path, const struct origin *origin,
			     struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	KH_AUTO_FREE char *text = NULL;
	struct kh_profile profile;
	size_t length = 0;

	text = read_file(path, &length);
	if (!text)
		add_problem(profiles, path, "cannot be read, or is larger than a profile");
	else if (kh_profile_read(text, length, &profile, &complaint))
		return add(profiles, &profile, path, origin, error);
	else
		add_problem(profiles, path, complaint.data ? complaint.data : "");
	return KH_OK;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_profile(const uv_dirent_t *entry)
{
	const char *dot = strrchr(entry->name, '.');

	return entry->name[0] != '.' && dot && strcmp(dot, ".json") == 0 && entry->type != UV_DIRENT_DIR;
}

static size_t list_folder(uv_fs_t *scan, char *names[NAMES_MAX])
{
	uv_dirent_t entry;
	size_t count = 0;

	while (count < NAMES_MAX && uv_fs_scandir_next(scan, &entry) == 0) {
		char *name = is_profile(&entry) ? strdup(entry.name) : NULL;

		if (name)
			names[count++] = name;
	}
	if (count > 1)
		qsort(names, count, sizeof(*names), compare_names);
	return count;
}

enum kh_code kh_profiles_add_folder(struct kh_profiles *profiles, const char *folder, bool own, struct kh_error *error)
{
	const struct origin origin = {profiles->count, own};
	enum kh_code code = KH_OK;
	char *names[NAMES_MAX];
	size_t count = 0;
	uv_fs_t scan;

	if (uv_fs_scandir(NULL, &scan, folder, 0, NULL) < 0)
		add_problem(profiles, folder, "is no folder that can be read");
	else
		count = list_folder(&scan, names);
	uv_fs_req_cleanup(&scan);
	for (size_t i = 0; i < count; i++) {
		char path[PATH_SIZE];

		if (snprintf(path, sizeof(path), "%s/%s", folder, names[i]) >= (int)sizeof(path))
			add_problem(profiles, names[i], "has too long a path");
		else if (code == KH_OK)
			code = add_file(profiles, path, &origin, error);
		free(names[i]);
	}
	return code;
}

static bool is_folder(const char *path)
{
	uv_fs_t request;
	bool there = uv_fs_scandir(NULL, &request, path, 0, NULL) >= 0;

	uv_fs_req_cleanup(&request);
	return there;
}

/* Beside the token host, as in a build folder; else where it is installed. */
static bool packaged_folder(const char *host, char *path, size_t size)
{
	char program[PATH_SIZE];
	size_t length = sizeof(program);

	if (host)
		snprintf(program, sizeof(program), "%s", host);
	else if (uv_exepath(program, &length) != 0)
		return false;
	program[kh_file_name(program) - program] = '\0';
	if (snprintf(path, size, "%smodules.d", program) < (int)size && is_folder(path))
		return true;
	if (KH_PROFILES_FOLDER[0] == '/')
		program[0] = '\0';
	return snprintf(path, size, "%s%s", program, KH_PROFILES_FOLDER) < (int)size;
}

enum kh_code kh_profiles_load(struct kh_profiles *out, const char *folder, const char *host, struct kh_error *error)
{
	struct kh_profiles profiles = {.count = 0};
	char packaged[PATH_SIZE];
	enum kh_code code = KH_OK;

	if (folder && *folder)
		code = kh_profiles_add_folder(&profiles, folder, true, error);
	if (code == KH_OK && packaged_folder(host, packaged, sizeof(packaged)))
		code = kh_profiles_add_folder(&profiles, packaged, false, error);
	if (code == KH_OK)
		*out = profiles;
	else
		kh_profiles_clear(&profiles);
	return code;
}

void kh_profiles_clear(struct kh_profiles *profiles)
{
	for (size_t i = 0; i < profiles->count; i++)
		kh_profile_clear(&profiles->items[i]);
	for (size_t i = 0; i < profiles->problems_count; i++)
		free(profiles->problems[i]);
	free(profiles->items);
	*profiles = (struct kh_profiles){.count = 0};
}
