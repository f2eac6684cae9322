/*
 * Files that are written beside, then put in their place.
 */
#include "tool/whole.h"

#include <stdio.h>
#include <uv.h>

#include "system.h"

static int write_draft(const char *draft, int mode, const struct kh_buffer *text)
{
	uv_buf_t all = uv_buf_init(text->data, (unsigned)text->length);
	uv_fs_t call;
	uv_file file = uv_fs_open(NULL, &call, draft, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_TRUNC, mode, NULL);
	int status = file;

	uv_fs_req_cleanup(&call);
	if (file < 0)
		return status;
	status = uv_fs_write(NULL, &call, file, &all, 1, 0, NULL);
	uv_fs_req_cleanup(&call);
	if (status >= 0 && (size_t)status < text->length)
		status = UV_ENOSPC;
	if (status >= 0)
		status = uv_fs_fchmod(NULL, &call, file, mode, NULL);
	if (status >= 0)
		status = uv_fs_fsync(NULL, &call, file, NULL);
	uv_fs_close(NULL, &call, file, NULL);
	return status;
}

int kh_write_whole(const char *path, int mode, const struct kh_buffer *text)
{
	char draft[KH_PATH_MAX + 32];
	uv_fs_t call;
	int status;

	snprintf(draft, sizeof(draft), "%s.new", path);
	status = write_draft(draft, mode, text);
	if (status >= 0) {
		status = uv_fs_rename(NULL, &call, draft, path, NULL);
		uv_fs_req_cleanup(&call);
	}
	if (status < 0) {
		uv_fs_unlink(NULL, &call, draft, NULL);
		uv_fs_req_cleanup(&call);
	}
	return status;
}
