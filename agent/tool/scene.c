/*
 * The replay's folder.
 */
#include "tool/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cleanup.h"
#include "file.h"

#define STORE "SOFTKEY_STORE" /* where the test token keeps its keys */
#define KEYS_MAX 2
#define NAME_SIZE 512
#define PATH_SIZE (KH_PATH_MAX + NAME_SIZE)

static void path_of(const struct kh_scene *scene, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s", scene->folder, name);
}

static bool write_file(const struct kh_scene *scene, const char *name, const struct kh_buffer *text)
{
	char path[PATH_SIZE];
	FILE *file;
	bool good;

	path_of(scene, name, path);
	file = text->failed ? NULL : kh_file_open(path, "wb");
	if (!file)
		return false;
	good = fwrite(text->data ? text->data : "", 1, text->length, file) == text->length;
	return fclose(file) == 0 && good;
}

static bool make_folder(const struct kh_scene *scene, const char *name)
{
	char path[PATH_SIZE];

	path_of(scene, name, path);
	return kh_system_make_folder(path, NULL) == KH_OK;
}

static bool make_root(struct kh_scene *scene)
{
	char folder[KH_PATH_MAX - 32], path[KH_PATH_MAX];
	size_t size = sizeof(folder);
	uv_fs_t call;
	bool good = uv_os_tmpdir(folder, &size) == 0;

	snprintf(path, sizeof(path), "%s/keyhall-replay-XXXXXX", folder);
	good = good && uv_fs_mkdtemp(NULL, &call, path, NULL) == 0;
	if (!good)
		return false;
	snprintf(scene->folder, sizeof(scene->folder), "%s", call.path);
	uv_fs_req_cleanup(&call);
	return true;
}

/* Which key a certificate is on, in the order in which they come; KEYS_MAX: there is no place for it. */
static size_t key_of(const char *tokens[KEYS_MAX], size_t *used, const char *token)
{
	for (size_t i = 0; i < *used; i++) {
		if (strcmp(tokens[i], token) == 0)
			return i;
	}
	if (*used == KEYS_MAX)
		return KEYS_MAX;
	tokens[*used] = token;
	return (*used)++;
}

static bool make_keys(const struct kh_scene *scene, struct kh_authority *authority,
		      const struct kh_certificate_list_result *keys)
{
	static const char *const names[KEYS_MAX] = {"store/seed/A.pem", "store/seed/B.pem"};
	struct kh_buffer seeds[KEYS_MAX] = {{0}};
	const char *tokens[KEYS_MAX];
	size_t used = 0;
	bool good = true;

	for (size_t i = 0; keys && good && i < keys->certificates_count; i++) {
		const struct kh_key_certificate *like = &keys->certificates[i].base;
		size_t key = key_of(tokens, &used, like->token);

		if (key < KEYS_MAX)
			good = kh_authority_make(authority, like, (long)i + 1, &seeds[key]);
	}
	for (size_t i = 0; i < KEYS_MAX; i++) {
		good = good && ((i > 0 && i >= used) || write_file(scene, names[i], &seeds[i]));
		kh_buffer_finish(&seeds[i]);
	}
	return good;
}

/* A name without a folder is looked for by whoever starts it. */
static bool resolve(const char *path, char real[KH_PATH_MAX])
{
	uv_fs_t call;

	if (kh_file_name(path) == path) {
		snprintf(real, KH_PATH_MAX, "%s", path);
		return true;
	}
	if (uv_fs_realpath(NULL, &call, path, NULL) != 0)
		return false;
	snprintf(real, KH_PATH_MAX, "%s", (const char *)call.ptr);
	uv_fs_req_cleanup(&call);
	return true;
}

static bool configure(struct kh_scene *scene, const char *module, const char *pinentry)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0}, complaint = {0};
	char root[PATH_SIZE], state[PATH_SIZE], file[PATH_SIZE], driver[KH_PATH_MAX], window[KH_PATH_MAX];
	char *anchors[] = {root};
	const char *const files[] = {file};
	struct kh_config_module modules[] = {{.path = driver}};
	const struct kh_config config = {
		.modules = modules,
		.modules_count = 1,
		.anchors = anchors,
		.anchors_count = 1,
		.state = state,
		.pinentry = pinentry ? window : NULL,
	};

	path_of(scene, "root.pem", root);
	path_of(scene, "state", state);
	path_of(scene, "keyhall.json", file);
	return resolve(module, driver) && (!pinentry || resolve(pinentry, window)) &&
	       kh_encode(&kh_config_type, &config, &text, NULL) == KH_OK && write_file(scene, "keyhall.json", &text) &&
	       kh_settings_load_files(files, 1, NULL, &scene->settings, &complaint) == KH_OK;
}

bool kh_scene_open(struct kh_scene *scene, const char *module, const char *pinentry, struct kh_authority *authority,
		   const struct kh_certificate_list_result *keys)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer root = {0};
	char store[PATH_SIZE];

	*scene = (struct kh_scene){.folder = ""};
	if (!make_root(scene))
		return false;
	path_of(scene, "store", store);
	uv_os_setenv(STORE, store);
	return make_folder(scene, "state") && make_folder(scene, "store/seed") && kh_authority_root(authority, &root) &&
	       write_file(scene, "root.pem", &root) && make_keys(scene, authority, keys) &&
	       configure(scene, module, pinentry);
}

bool kh_scene_fault(const struct kh_scene *scene, const struct kh_buffer *rules)
{
	char from[PATH_SIZE], to[PATH_SIZE];
	uv_fs_t call;
	bool good = write_file(scene, "store/rules", rules);

	path_of(scene, "store/rules", from);
	path_of(scene, "store/faults-now", to);
	good = good && uv_fs_rename(NULL, &call, from, to, NULL) == 0;
	if (good)
		uv_fs_req_cleanup(&call);
	return good;
}

static void remove_all(const char *path)
{
	char inside[PATH_SIZE];
	uv_dirent_t entry;
	uv_fs_t list, call;

	if (uv_fs_scandir(NULL, &list, path, 0, NULL) >= 0) {
		while (uv_fs_scandir_next(&list, &entry) == 0) {
			snprintf(inside, sizeof(inside), "%s/%s", path, entry.name);
			if (entry.type == UV_DIRENT_DIR)
				remove_all(inside);
			else
				uv_fs_unlink(NULL, &call, inside, NULL);
		}
	}
	uv_fs_req_cleanup(&list);
	uv_fs_rmdir(NULL, &call, path, NULL);
	uv_fs_req_cleanup(&call);
}

void kh_scene_close(struct kh_scene *scene)
{
	if (scene->folder[0] != '\0')
		remove_all(scene->folder);
	kh_settings_finish(&scene->settings);
}
