/* Folders and files, by libuv. */
#include "tool/cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "bytes.h"
#include "cleanup.h"

#define NAME "/keyhall-XXXXXX"
#define OUTPUT_MAX 65536 /* bytes that are looked at */

static enum kh_code make_folder(struct kh_cell *cell, struct kh_error *error)
{
	size_t size = sizeof(cell->folder) - sizeof(NAME);
	int status = uv_os_tmpdir(cell->folder, &size);
	uv_fs_t request;

	if (status == 0) {
		memcpy(cell->folder + strlen(cell->folder), NAME, sizeof(NAME));
		status = uv_fs_mkdtemp(NULL, &request, cell->folder, NULL);
		snprintf(cell->folder, sizeof(cell->folder), "%s", status == 0 ? request.path : "");
		uv_fs_req_cleanup(&request);
	}
	return status == 0 ? KH_OK : kh_fail_call(error, KH_AGENT_FAILED, "uv_fs_mkdtemp", uv_err_name(status));
}

static enum kh_code make_output(struct kh_cell *cell, struct kh_error *error)
{
	const int flags = UV_FS_O_RDWR | UV_FS_O_CREAT | UV_FS_O_APPEND;
	char path[KH_PATH_MAX + 8];
	uv_fs_t request;

	snprintf(path, sizeof(path), "%s/output", cell->folder);
	cell->trial.output = uv_fs_open(NULL, &request, path, flags, 0600, NULL);
	uv_fs_req_cleanup(&request);
	return cell->trial.output >= 0
		       ? KH_OK
		       : kh_fail_call(error, KH_AGENT_FAILED, "uv_fs_open", uv_err_name(cell->trial.output));
}

enum kh_code kh_cell_make(struct kh_cell *cell, struct kh_error *error)
{
	enum kh_code code;

	*cell = (struct kh_cell){.trial = {.folder = cell->home, .output = -1}};
	code = make_folder(cell, error);
	if (code != KH_OK)
		return code;
	snprintf(cell->home, sizeof(cell->home), "%s/home", cell->folder);
	code = kh_system_make_folder(cell->home, error);
	if (code == KH_OK)
		code = make_output(cell, error);
	if (code != KH_OK)
		kh_cell_remove(cell);
	return code;
}

size_t kh_cell_read(const struct kh_cell *cell, char **lines, size_t most, size_t longest)
{
	KH_AUTO_FREE char *text = malloc(OUTPUT_MAX);
	uv_buf_t buffer = uv_buf_init(text, OUTPUT_MAX);
	uv_fs_t request;
	ssize_t length = text ? uv_fs_read(NULL, &request, cell->trial.output, &buffer, 1, 0, NULL) : 0;
	size_t count = 0;

	if (text)
		uv_fs_req_cleanup(&request);
	for (const char *at = text, *end = text + (length > 0 ? length : 0); at < end && count < most;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct kh_buffer line = {0};

		if (!stop)
			stop = end;
		kh_utf8_append(&line, at, (size_t)(stop - at) < longest ? (size_t)(stop - at) : longest);
		if (line.length > 0 && !line.failed)
			lines[count++] = line.data;
		else
			kh_buffer_finish(&line);
		at = stop + 1;
	}
	return count;
}

static void remove_all(const char *path);

/* A library may have closed it to itself. */
static void empty(const char *folder)
{
	uv_dirent_t entry;
	uv_fs_t scan, opened;

	uv_fs_chmod(NULL, &opened, folder, 0700, NULL);
	uv_fs_req_cleanup(&opened);
	if (uv_fs_scandir(NULL, &scan, folder, 0, NULL) >= 0) {
		while (uv_fs_scandir_next(&scan, &entry) == 0) {
			char path[KH_PATH_MAX];

			if (snprintf(path, sizeof(path), "%s/%s", folder, entry.name) < (int)sizeof(path))
				remove_all(path);
		}
	}
	uv_fs_req_cleanup(&scan);
}

static void remove_all(const char *path)
{
	uv_fs_t request;
	bool gone = uv_fs_unlink(NULL, &request, path, NULL) == 0;

	uv_fs_req_cleanup(&request);
	if (gone)
		return;
	empty(path);
	uv_fs_rmdir(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

void kh_cell_remove(struct kh_cell *cell)
{
	uv_fs_t request;

	if (cell->trial.output >= 0) {
		uv_fs_close(NULL, &request, cell->trial.output, NULL);
		uv_fs_req_cleanup(&request);
	}
	if (cell->folder[0] != '\0')
		remove_all(cell->folder);
}
