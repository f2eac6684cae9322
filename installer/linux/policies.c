/*
 * policies install|remove [--root FOLDER]: spares the users of this computer the browser's question whether the hall's
 * pages may speak with the agent, and the one whether the hall may start it. The halls are the https origins of
 * etc/keyhall/config.json.
 *
 * Chromium's family reads all files of a folder, and of two that set the same policy the last one by name: ours comes
 * last and has the others' values, too. Firefox has one file for everybody, into which ours are added. What was made
 * or added is noted in var/lib/keyhall/policies.json; removal takes away that, and no more.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "halls.h"

#define FOLDER "/etc/keyhall"
#define CONFIGURATION FOLDER "/config.json"
#define NOTES "/var/lib/keyhall/policies.json"
#define OURS "zz-keyhall.json"
#define FIREFOX "/etc/firefox/policies/policies.json"

static const char *const chromiums[] = {
	"/etc/chromium/policies/managed",
	"/etc/opt/chrome/policies/managed",
	"/etc/opt/edge/policies/managed",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *root = "";

static bool place(char *path, size_t size, const char *rest, const char *name)
{
	int length = snprintf(path, size, "%s%s%s%s", root, rest, name ? "/" : "", name ? name : "");

	return length > 0 && (size_t)length < size;
}

static bool complain(const char *path, const char *why)
{
	fprintf(stderr, "keyhall policies: %s: %s\n", path, why);
	return false;
}

/* --- files --- */

/* NULL: there is none, or, said, it is not to be read. missing: there is none. */
static json_t *read_object(const char *path, bool *missing)
{
	json_error_t error;
	json_t *value = json_load_file(path, 0, &error);

	*missing = !value && access(path, F_OK) != 0;
	if (!value && !*missing)
		complain(path, error.text);
	if (value && !json_is_object(value)) {
		complain(path, "is no JSON object");
		json_decref(value);
		return NULL;
	}
	return value;
}

static bool write_text(const char *path, const char *text)
{
	char draft[PATH_MAX];
	FILE *file;
	bool written;

	if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
		return complain(path, strerror(ENAMETOOLONG));
	file = fopen(draft, "w");
	if (!file)
		return complain(draft, strerror(errno));
	written = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0 &&
		  fchmod(fileno(file), 0644) == 0;
	written = fclose(file) == 0 && written;
	if (written && rename(draft, path) == 0)
		return true;
	complain(path, strerror(errno));
	unlink(draft);
	return false;
}

static bool write_object(const char *path, const json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));
	bool written = text && write_text(path, text);

	free(text);
	return written;
}

/* Those of its folders that are not there, noted outermost first. */
static bool make_folders(char *path, json_t *made)
{
	for (char *end = strchr(path + strlen(root) + 1, '/'); end; end = strchr(end + 1, '/')) {
		bool done;

		*end = '\0';
		done = mkdir(path, 0755) == 0;
		if (done)
			json_array_append_new(made, json_string(path + strlen(root)));
		done = done || errno == EEXIST;
		if (!done)
			complain(path, strerror(errno));
		*end = '/';
		if (!done)
			return false;
	}
	return true;
}

/* The member of that name, made where there is none; NULL: it is of another kind. */
static json_t *member(json_t *object, const char *name, json_t *fresh)
{
	json_t *value = json_object_get(object, name);
	bool fits = !value || json_typeof(value) == json_typeof(fresh);

	if (!value) {
		json_object_set(object, name, fresh);
		value = fresh;
	}
	json_decref(fresh);
	return fits ? value : NULL;
}

/* --- the halls --- */

static json_t *read_origins(void)
{
	char path[PATH_MAX];
	bool missing;
	json_t *configuration = NULL, *origins;

	if (place(path, sizeof(path), CONFIGURATION, NULL))
		configuration = read_object(path, &missing);
	origins = kh_halls_origins(configuration);
	json_decref(configuration);
	return origins;
}

/* --- Chromium and its family --- */

static int is_foreign(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return ending && strcmp(ending, ".json") == 0 && strcmp(entry->d_name, OURS) != 0;
}

/* What the others of that folder say; the last one by name. */
static json_t *foreign_values(const char *folder)
{
	struct dirent **entries = NULL;
	json_t *values = json_object();
	int count = scandir(folder, &entries, is_foreign, alphasort);

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		bool missing;
		json_t *one = NULL;

		if (snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) < (int)sizeof(path))
			one = read_object(path, &missing);
		if (one)
			json_object_update(values, one);
		json_decref(one);
		free(entries[i]);
	}
	free(entries);
	return values;
}

static bool add_chromium(const char *rest, const json_t *origins, json_t *made)
{
	char path[PATH_MAX], folder[PATH_MAX];
	json_t *foreign, *ours, *launch;
	bool written;

	if (!place(path, sizeof(path), rest, OURS) || !place(folder, sizeof(folder), rest, NULL))
		return complain(rest, strerror(ENAMETOOLONG));
	if (!make_folders(path, made))
		return false;
	foreign = foreign_values(folder);
	ours = json_object();
	for (size_t i = 0; i < KH_HALLS_LISTS; i++) {
		json_t *list = member(ours, kh_halls_lists[i], json_array());

		kh_halls_append(list, json_object_get(foreign, kh_halls_lists[i]));
		kh_halls_append(list, origins);
	}
	launch = member(ours, KH_HALLS_LAUNCH, json_array());
	kh_halls_append(launch, json_object_get(foreign, KH_HALLS_LAUNCH));
	json_array_append_new(launch, kh_halls_launch(origins));
	written = write_object(path, ours);
	json_decref(ours);
	json_decref(foreign);
	return written;
}

/* --- Firefox --- */

static json_t *skipped_of(json_t *file)
{
	json_t *policies = member(file, "policies", json_object());
	json_t *access = policies ? member(policies, "LocalNetworkAccess", json_object()) : NULL;

	return access ? member(access, "SkipDomains", json_array()) : NULL;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (file && getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* before and after are noted, so that the very text can be put back. */
static bool skip_hosts(const char *path, json_t *file, json_t *hosts, json_t *notes)
{
	json_t *skipped = skipped_of(file);
	char *before, *after;
	bool written;

	if (!skipped)
		return complain(path, "has policies of another form");
	before = read_text(path);
	kh_halls_take(hosts, skipped);
	kh_halls_append(skipped, hosts);
	after = json_dumps(file, JSON_INDENT(2));
	written = after && write_text(path, after);
	if (written)
		json_object_set_new(notes, "firefox",
				    json_pack("{s:s*, s:s, s:O}", "before", before, "after", after, "hosts", hosts));
	free(before);
	free(after);
	return written;
}

static bool add_firefox(const json_t *origins, json_t *made, json_t *notes)
{
	char path[PATH_MAX];
	bool missing, added;
	json_t *hosts, *file;

	if (!place(path, sizeof(path), FIREFOX, NULL) || !make_folders(path, made))
		return false;
	file = read_object(path, &missing);
	if (!file && !missing)
		return false;
	if (!file)
		file = json_object();
	hosts = kh_halls_hosts(origins);
	added = skip_hosts(path, file, hosts, notes);
	json_decref(hosts);
	json_decref(file);
	return added;
}

static void drop_empty(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value && json_object_size(value) + json_array_size(value) == 0)
		json_object_del(object, name);
}

/* Somebody has changed it since: ours are taken out of what is there. */
static bool take_out(const char *path, const json_t *hosts)
{
	bool missing, written;
	json_t *file = read_object(path, &missing), *policies = json_object_get(file, "policies");
	json_t *access = json_object_get(policies, "LocalNetworkAccess");

	if (!file)
		return missing;
	kh_halls_take(json_object_get(access, "SkipDomains"), hosts);
	drop_empty(access, "SkipDomains");
	drop_empty(policies, "LocalNetworkAccess");
	written = write_object(path, file);
	json_decref(file);
	return written;
}

static bool remove_firefox(const json_t *noted)
{
	const char *before = json_string_value(json_object_get(noted, "before"));
	const char *after = json_string_value(json_object_get(noted, "after"));
	char path[PATH_MAX];
	char *now;
	bool same;

	if (!noted || !place(path, sizeof(path), FIREFOX, NULL))
		return true;
	now = read_text(path);
	same = now && after && strcmp(now, after) == 0;
	free(now);
	if (!same)
		return take_out(path, json_object_get(noted, "hosts"));
	return before ? write_text(path, before) : unlink(path) == 0;
}

/* --- both --- */

/* A folder that is not empty stays. */
static void remove_folders(const json_t *made)
{
	char path[PATH_MAX];

	for (size_t i = json_array_size(made); i-- > 0;) {
		if (place(path, sizeof(path), json_string_value(json_array_get(made, i)), NULL))
			rmdir(path);
	}
}

static bool remove_all(void)
{
	char path[PATH_MAX];
	bool missing, removed;
	json_t *notes;

	for (size_t i = 0; i < COUNT(chromiums); i++) {
		if (place(path, sizeof(path), chromiums[i], OURS))
			unlink(path);
	}
	if (!place(path, sizeof(path), NOTES, NULL))
		return false;
	notes = read_object(path, &missing);
	removed = remove_firefox(json_object_get(notes, "firefox"));
	if (removed && notes) {
		unlink(path);
		remove_folders(json_object_get(notes, "folders"));
	}
	json_decref(notes);
	return removed && (notes || missing);
}

static bool install_all(void)
{
	char path[PATH_MAX];
	json_t *origins = read_origins(), *notes = json_object();
	json_t *made = member(notes, "folders", json_array());
	bool added = true;

	if (json_array_size(origins) > 0 && place(path, sizeof(path), NOTES, NULL) && make_folders(path, made)) {
		for (size_t i = 0; i < COUNT(chromiums); i++)
			added = add_chromium(chromiums[i], origins, made) && added;
		added = add_firefox(origins, made, notes) && added;
		added = write_object(path, notes) && added;
	}
	json_decref(notes);
	json_decref(origins);
	return added;
}

/* One after the other: a package that is installed and somebody who writes the configuration may want it at the same
 * time. The lock goes with the process. */
static void wait_for_others(void)
{
	char path[PATH_MAX];
	int folder = place(path, sizeof(path), FOLDER, NULL) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (folder >= 0 && flock(folder, LOCK_EX) != 0)
		complain(path, strerror(errno));
}

int main(int count, char **values)
{
	bool installs = count > 1 && strcmp(values[1], "install") == 0;
	bool removes = count > 1 && strcmp(values[1], "remove") == 0;

	if ((installs || removes) && count == 4 && strcmp(values[2], "--root") == 0)
		root = values[3];
	else if ((!installs && !removes) || count != 2)
		return fputs("policies install|remove [--root FOLDER]\n", stderr) < 0 ? 1 : 2;
	wait_for_others();
	if (!remove_all())
		return EXIT_FAILURE;
	return removes || install_all() ? EXIT_SUCCESS : EXIT_FAILURE;
}
