/* Drivers that are installed. */
#include "installed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "file.h"
#include "system.h"

#define LINE 1024

struct visit {
	void (*found)(void *context, const struct kh_installed *installed);
	void *context;
};

static void tell_one(const struct visit *visit, const char *path, bool registered)
{
	const struct kh_installed installed = {path, kh_file_name(path), registered};

	visit->found(visit->context, &installed);
}

static void each_file(const char *folder, void (*use)(const struct visit *visit, const char *path),
		      const struct visit *visit)
{
	uv_dirent_t entry;
	uv_fs_t scan;

	if (uv_fs_scandir(NULL, &scan, folder, 0, NULL) >= 0) {
		while (uv_fs_scandir_next(&scan, &entry) == 0) {
			char path[KH_PATH_MAX];

			if (entry.type != UV_DIRENT_DIR &&
			    snprintf(path, sizeof(path), "%s/%s", folder, entry.name) < (int)sizeof(path))
				use(visit, path);
		}
	}
	uv_fs_req_cleanup(&scan);
}

static void use_library(const struct visit *visit, const char *path)
{
	tell_one(visit, path, false);
}

/* "name: value" of pkcs11.conf(5); NULL: another name. */
static const char *value_of(char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	while (isspace((unsigned char)*line))
		line++;
	for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--)
		line[end - 1] = '\0';
	return line;
}

struct name {
	const char *file;
	char path[KH_PATH_MAX]; /* the first that is there */
};

static void find_name(void *context, const char *folder)
{
	struct name *name = context;
	char path[KH_PATH_MAX];

	if (name->path[0] == '\0' && snprintf(path, sizeof(path), "%s/%s", folder, name->file) < (int)sizeof(path) &&
	    kh_system_readable(path))
		memcpy(name->path, path, sizeof(path));
}

/* p11-kit takes a mere name from its own folder, which is the first of the usual ones. */
static void tell_registered(const struct visit *visit, const char *module)
{
	struct name name = {.file = module};

	if (kh_file_name(module) == module)
		kh_system_libraries(find_name, &name);
	tell_one(visit, name.path[0] != '\0' ? name.path : module, true);
}

/* Those that only hold CA certificates are no driver of a key. */
static void use_registration(const struct visit *visit, const char *path)
{
	FILE *file = strstr(path, ".module") ? kh_file_open(path, "r") : NULL;
	char line[LINE], module[LINE] = "";
	const char *value;
	bool trust = false;

	while (file && fgets(line, sizeof(line), file)) {
		if ((value = value_of(line, "module")))
			snprintf(module, sizeof(module), "%s", value);
		else if ((value = value_of(line, "trust-policy")))
			trust = strcmp(value, "yes") == 0;
	}
	if (file)
		(void)fclose(file);
	if (module[0] != '\0' && !trust)
		tell_registered(visit, module);
}

static void visit_registrations(void *context, const char *folder)
{
	each_file(folder, use_registration, context);
}

static void visit_libraries(void *context, const char *folder)
{
	each_file(folder, use_library, context);
}

void kh_installed_visit(void (*found)(void *context, const struct kh_installed *installed), void *context)
{
	struct visit visit = {found, context};

	kh_system_registrations(visit_registrations, &visit);
	kh_system_libraries(visit_libraries, &visit);
}

bool kh_installed_same(const char *a, const char *b)
{
	uv_fs_t first, second;
	bool found = uv_fs_realpath(NULL, &first, a, NULL) == 0;
	bool same;

	found = uv_fs_realpath(NULL, &second, b, NULL) == 0 && found;
	same = strcmp(a, b) == 0 || (found && strcmp(first.ptr, second.ptr) == 0);
	uv_fs_req_cleanup(&first);
	uv_fs_req_cleanup(&second);
	return same;
}
