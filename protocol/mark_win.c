/*
 * The mark's page as a file for a while: a descriptor of the C library can be handed
 * down by libuv, a section of memory cannot. It is gone with its last handle, and
 * the system does not write it to the disk without need.
 */
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "inherited.h"
#include "mark.h"

static enum kh_code map(struct kh_mark *mark, int handle, struct kh_error *error)
{
	HANDLE section =
		CreateFileMappingW((HANDLE)_get_osfhandle(handle), NULL, PAGE_READWRITE, 0, KH_MARK_SIZE, NULL);
	void *page = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, KH_MARK_SIZE) : NULL;
	enum kh_code code = page ? KH_OK : kh_fail_system(error, section ? "MapViewOfFile" : "CreateFileMapping");

	if (section)
		CloseHandle(section);
	if (page)
		*mark = (struct kh_mark){page, handle};
	return code;
}

static HANDLE make_file(void)
{
	wchar_t folder[MAX_PATH + 1], path[MAX_PATH + 1];

	if (GetTempPathW(MAX_PATH + 1, folder) == 0 || GetTempFileNameW(folder, L"kh", 0, path) == 0)
		return INVALID_HANDLE_VALUE;
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			   NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

enum kh_code kh_mark_create(struct kh_mark *mark, struct kh_error *error)
{
	HANDLE file = make_file();
	enum kh_code code;
	int handle;

	if (file == INVALID_HANDLE_VALUE)
		return kh_fail_system(error, "CreateFile");
	handle = _open_osfhandle((intptr_t)file, _O_BINARY | _O_RDWR | _O_NOINHERIT);
	if (handle < 0) {
		CloseHandle(file);
		return kh_fail_call(error, KH_AGENT_FAILED, "_open_osfhandle", "");
	}
	code = map(mark, handle, error);
	if (code != KH_OK)
		_close(handle);
	return code;
}

enum kh_code kh_mark_open(struct kh_mark *mark, const char *number, struct kh_error *error)
{
	enum kh_code code;
	int handle;

	*mark = (struct kh_mark){0};
	if (!number)
		return KH_OK;
	code = kh_inherited_open(number, &handle, error);
	if (code != KH_OK)
		return code;
	if (_filelengthi64(handle) < KH_MARK_SIZE)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_mark_open", "size");
	return map(mark, handle, error);
}

void kh_mark_finish(struct kh_mark *mark)
{
	if (mark->page) {
		UnmapViewOfFile(mark->page);
		_close(mark->handle);
	}
	*mark = (struct kh_mark){0};
}
