/*
 * Folders and who owns them.
 */
#include "folders.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <shlobj.h>

#include "owner_win.h"
#include "registry.h"

/* Of administrators; they and the system may do all, users read: it holds no secret. Nothing is inherited from above. */
#define SECURITY L"O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
#define PROFILES "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define OWN_NAME L"Keyhall"
#define ASIDE_MOST 1000

static bool complain(const wchar_t *path, const char *what)
{
	char text[3 * KH_WIDE_MAX];

	fprintf(stderr, "keyhall-machine: %s: %s: %lu\n", kh_narrow(path, text, sizeof(text)) ? text : "?", what,
		GetLastError());
	return false;
}

bool kh_folders_join(wchar_t path[KH_WIDE_MAX], const wchar_t *folder, const wchar_t *name)
{
	bool fits = wcslen(folder) + 1 + wcslen(name) < KH_WIDE_MAX;

	if (!fits)
		path[0] = L'\0';
	else
		swprintf(path, KH_WIDE_MAX, L"%ls%ls%ls", folder, name[0] != L'\0' ? L"\\" : L"", name);
	return fits;
}

bool kh_folders_own(wchar_t path[KH_WIDE_MAX])
{
	DWORD length = GetModuleFileNameW(NULL, path, KH_WIDE_MAX);
	wchar_t *end = length > 0 && length < KH_WIDE_MAX ? wcsrchr(path, L'\\') : NULL;

	if (end)
		*end = L'\0';
	return end;
}

bool kh_folders_data(wchar_t path[KH_WIDE_MAX])
{
	wchar_t *all = NULL;
	bool found = SHGetKnownFolderPath(&FOLDERID_ProgramData, KF_FLAG_DONT_VERIFY, NULL, &all) == S_OK &&
		     kh_folders_join(path, all, OWN_NAME);

	CoTaskMemFree(all);
	return found;
}

/* --- whose --- */

static void use_right(const wchar_t *name)
{
	TOKEN_PRIVILEGES right = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
	HANDLE token;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
		return;
	if (LookupPrivilegeValueW(NULL, name, &right.Privileges[0].Luid))
		AdjustTokenPrivileges(token, FALSE, &right, 0, NULL, NULL);
	CloseHandle(token);
}

/* The folder itself, also where it is a link. INVALID_HANDLE_VALUE: it is not there. */
static HANDLE open_folder(const wchar_t *path)
{
	return CreateFileW(path, READ_CONTROL | WRITE_DAC | WRITE_OWNER, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			   OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static bool is_trusted(HANDLE folder)
{
	BY_HANDLE_FILE_INFORMATION about;
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	bool trusted;

	if (!GetFileInformationByHandle(folder, &about) || !(about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
	    (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		return false;
	trusted = GetSecurityInfo(folder, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
				  &descriptor) == ERROR_SUCCESS &&
		  kh_owner_trusted(owner);
	LocalFree(descriptor);
	return trusted;
}

static bool put_aside(const wchar_t *path)
{
	wchar_t aside[KH_WIDE_MAX];

	for (unsigned i = 1; i < ASIDE_MOST; i++) {
		swprintf(aside, KH_WIDE_MAX, L"%ls.%u", path, i);
		if (MoveFileExW(path, aside, 0))
			return true;
		if (GetLastError() != ERROR_ALREADY_EXISTS)
			break;
	}
	return complain(path, "cannot be put aside");
}

static bool set_security(HANDLE folder)
{
	PSECURITY_DESCRIPTOR wanted = NULL;
	BOOL present, given;
	PSID owner = NULL;
	PACL list = NULL;
	DWORD status = ERROR_INVALID_DATA;

	if (ConvertStringSecurityDescriptorToSecurityDescriptorW(SECURITY, SDDL_REVISION_1, &wanted, NULL) &&
	    GetSecurityDescriptorOwner(wanted, &owner, &given) &&
	    GetSecurityDescriptorDacl(wanted, &present, &list, &given))
		status = SetSecurityInfo(folder, SE_FILE_OBJECT,
					 OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
						 PROTECTED_DACL_SECURITY_INFORMATION,
					 owner, NULL, list, NULL);
	LocalFree(wanted);
	SetLastError(status);
	return status == ERROR_SUCCESS;
}

bool kh_folders_secure(void)
{
	wchar_t path[KH_WIDE_MAX];
	HANDLE folder;
	bool secured;

	if (!kh_folders_data(path))
		return complain(L"ProgramData", "is not known");
	use_right(SE_TAKE_OWNERSHIP_NAME);
	use_right(SE_RESTORE_NAME);
	folder = open_folder(path);
	if (folder != INVALID_HANDLE_VALUE && !is_trusted(folder)) {
		CloseHandle(folder);
		if (!put_aside(path))
			return false;
		folder = INVALID_HANDLE_VALUE;
	}
	if (folder == INVALID_HANDLE_VALUE && !CreateDirectoryW(path, NULL))
		return complain(path, "cannot be made");
	if (folder == INVALID_HANDLE_VALUE)
		folder = open_folder(path);
	secured = folder != INVALID_HANDLE_VALUE && set_security(folder);
	if (!secured)
		complain(path, "cannot be an administrator's");
	if (folder != INVALID_HANDLE_VALUE)
		CloseHandle(folder);
	return secured;
}

/* --- what is in them --- */

static bool is_part(const wchar_t *name)
{
	return wcscmp(name, L".") != 0 && wcscmp(name, L"..") != 0;
}

static bool copy_file(const wchar_t *from, const wchar_t *to, const wchar_t *name,
		      void (*use)(void *context, const wchar_t *copy), void *context)
{
	wchar_t copy[KH_WIDE_MAX];

	if (!kh_folders_join(copy, to, name) || !CopyFileW(from, copy, FALSE))
		return complain(from, "cannot be copied");
	use(context, copy);
	return true;
}

static bool copy_files(const wchar_t *from, const wchar_t *to, void (*use)(void *context, const wchar_t *copy),
		       void *context)
{
	wchar_t pattern[KH_WIDE_MAX], path[KH_WIDE_MAX];
	WIN32_FIND_DATAW entry;
	HANDLE all = kh_folders_join(pattern, from, L"*") ? FindFirstFileW(pattern, &entry) : INVALID_HANDLE_VALUE;
	bool copied = all != INVALID_HANDLE_VALUE;

	if (!copied)
		return complain(from, "cannot be read");
	do {
		if (!(entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
			copied = kh_folders_join(path, from, entry.cFileName) &&
				 copy_file(path, to, entry.cFileName, use, context) && copied;
	} while (FindNextFileW(all, &entry));
	FindClose(all);
	return copied;
}

bool kh_folders_copy(const wchar_t *from, const wchar_t *to, void (*use)(void *context, const wchar_t *copy),
		     void *context)
{
	wchar_t whole[KH_WIDE_MAX], *name = NULL;
	DWORD attributes = GetFileAttributesW(from);

	if (attributes == INVALID_FILE_ATTRIBUTES || GetFullPathNameW(from, KH_WIDE_MAX, whole, &name) >= KH_WIDE_MAX)
		return complain(from, "is not there");
	if (!CreateDirectoryW(to, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
		return complain(to, "cannot be made");
	if (attributes & FILE_ATTRIBUTE_DIRECTORY)
		return copy_files(whole, to, use, context);
	return name && copy_file(whole, to, name, use, context);
}

static void remove_parts(const wchar_t *path)
{
	wchar_t pattern[KH_WIDE_MAX], part[KH_WIDE_MAX];
	WIN32_FIND_DATAW entry;
	HANDLE all = kh_folders_join(pattern, path, L"*") ? FindFirstFileW(pattern, &entry) : INVALID_HANDLE_VALUE;

	if (all == INVALID_HANDLE_VALUE)
		return;
	do {
		if (is_part(entry.cFileName) && kh_folders_join(part, path, entry.cFileName))
			kh_folders_remove(part);
	} while (FindNextFileW(all, &entry));
	FindClose(all);
}

void kh_folders_remove(const wchar_t *path)
{
	DWORD attributes = GetFileAttributesW(path);

	if (attributes == INVALID_FILE_ATTRIBUTES)
		return;
	if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
		SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
		DeleteFileW(path);
		return;
	}
	if (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT))
		remove_parts(path);
	RemoveDirectoryW(path);
}

/* A user may have made a link of a folder above: nothing is removed elsewhere. */
static bool is_real(const wchar_t *path)
{
	wchar_t real[KH_WIDE_MAX];
	HANDLE folder = CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
				    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	DWORD length;

	if (folder == INVALID_HANDLE_VALUE)
		return false;
	length = GetFinalPathNameByHandleW(folder, real, KH_WIDE_MAX, FILE_NAME_NORMALIZED);
	CloseHandle(folder);
	return length > 4 && length < KH_WIDE_MAX && _wcsicmp(real + 4, path) == 0; /* \\?\ */
}

static void remove_journal(void *context, const char *user)
{
	static const wchar_t *const places[] = {L"AppData\\Local\\Keyhall", L"AppData\\Roaming\\Keyhall"};
	wchar_t home[KH_WIDE_MAX], path[KH_WIDE_MAX];
	char key[sizeof(PROFILES) + 256], *text;

	(void)context;
	if (snprintf(key, sizeof(key), "%s\\%s", PROFILES, user) >= (int)sizeof(key))
		return;
	text = kh_registry_read(key, "ProfileImagePath");
	for (size_t i = 0; text && i < sizeof(places) / sizeof(places[0]); i++) {
		if (kh_wide(text, home, KH_WIDE_MAX) && kh_folders_join(path, home, places[i]) && is_real(path))
			kh_folders_remove(path);
	}
	free(text);
}

void kh_folders_remove_journals(void)
{
	kh_registry_each_key(PROFILES, remove_journal, NULL);
}
