/*
 * The mark's page as a file for a while: a descriptor of the C library can be handed
 * down by libuv, a section of memory cannot. It is gone with its last handle, and
 * the system does not write it to the disk without need.
 */
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "mark.h"
#include "mark_page.h"

static HANDLE make_file(void)
{
	wchar_t folder[MAX_PATH + 1], path[MAX_PATH + 1];

	if (GetTempPathW(MAX_PATH + 1, folder) == 0 || GetTempFileNameW(folder, L"kh", 0, path) == 0)
		return INVALID_HANDLE_VALUE;
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			   NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

enum kh_code kh_mark_page_make(int *handle, struct kh_error *error)
{
	HANDLE file = make_file();
	int made;

	if (file == INVALID_HANDLE_VALUE)
		return kh_fail_system(error, "CreateFile");
	made = _open_osfhandle((intptr_t)file, _O_BINARY | _O_RDWR | _O_NOINHERIT);
	if (made < 0) {
		CloseHandle(file);
		return kh_fail_call(error, KH_AGENT_FAILED, "_open_osfhandle", "");
	}
	if (_chsize(made, KH_MARK_SIZE) != 0) {
		_close(made);
		return kh_fail_call(error, KH_AGENT_FAILED, "_chsize", "");
	}
	*handle = made;
	return KH_OK;
}

enum kh_code kh_mark_page_map(int handle, char **page, struct kh_error *error)
{
	HANDLE section;
	void *mapped;
	enum kh_code code;

	if (_filelengthi64(handle) < KH_MARK_SIZE)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_mark_open", "size");
	section = CreateFileMappingW((HANDLE)_get_osfhandle(handle), NULL, PAGE_READWRITE, 0, KH_MARK_SIZE, NULL);
	if (!section)
		return kh_fail_system(error, "CreateFileMapping");
	mapped = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, KH_MARK_SIZE);
	code = mapped ? KH_OK : kh_fail_system(error, "MapViewOfFile");
	CloseHandle(section);
	if (mapped)
		*page = mapped;
	return code;
}

void kh_mark_page_unmap(char *page)
{
	UnmapViewOfFile(page);
}
