/*
 * The process on Windows.
 */
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <windows.h>

#include <aclapi.h>
#include <knownfolders.h>
#include <shlobj.h>

#include "file.h"
#include "log.h"
#include "owner_win.h"
#include "wide_win.h"

#define OWN_FOLDER "/Keyhall"

/* A program for the desktop has no terminal of its own, but may have been started in one. */
static void use_terminal(void)
{
	if (GetStdHandle(STD_ERROR_HANDLE) || !AttachConsole(ATTACH_PARENT_PROCESS))
		return;
	(void)!freopen("CONOUT$", "w", stdout);
	(void)!freopen("CONOUT$", "w", stderr);
}

/* Libraries come from the system and from the folder of the program, programs never
 * from where we happen to stand. */
void kh_system_harden(void)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	SetDllDirectoryW(L"");
	SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", L"1");
	use_terminal();
	SetConsoleOutputCP(CP_UTF8);
}

enum kh_code kh_system_detach(struct kh_error *error)
{
	(void)error;
	FreeConsole();
	return KH_OK;
}

static bool make_folder(const wchar_t *path)
{
	return CreateDirectoryW(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS ||
	       GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Below the user's own folders nobody else has a right. */
enum kh_code kh_system_make_folder(const char *path, struct kh_error *error)
{
	wchar_t part[KH_WIDE_MAX];

	if (!kh_wide(path, part, KH_WIDE_MAX))
		return kh_fail_call(error, KH_AGENT_FAILED, "CreateDirectory", "too long");
	for (wchar_t *end = wcspbrk(part, L"/\\"); end; end = wcspbrk(end + 1, L"/\\")) {
		wchar_t separator = *end;

		*end = L'\0';
		if (part[0] != L'\0' && end[-1] != L':' && end[-1] != L'/' && end[-1] != L'\\' && !make_folder(part))
			return kh_fail_system(error, "CreateDirectory");
		*end = separator;
	}
	return make_folder(part) ? KH_OK : kh_fail_system(error, "CreateDirectory");
}

void kh_system_locale(char *locale, size_t size)
{
	bool chinese = PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_CHINESE;

	snprintf(locale, size, "%s", chinese ? "zh-CN" : "en");
}

static void known_folder(const KNOWNFOLDERID *id, const char *below, char *path, size_t size)
{
	char folder[KH_PATH_MAX];
	wchar_t *wide = NULL;

	path[0] = '\0';
	if (SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, NULL, &wide) == S_OK &&
	    kh_narrow(wide, folder, sizeof(folder)) && snprintf(path, size, "%s%s", folder, below) >= (int)size)
		path[0] = '\0';
	CoTaskMemFree(wide);
}

void kh_system_home(char *path, size_t size)
{
	known_folder(&FOLDERID_Profile, "", path, size);
}

void kh_system_configuration(char *path, size_t size)
{
	known_folder(&FOLDERID_RoamingAppData, OWN_FOLDER, path, size);
}

void kh_system_state(char *path, size_t size)
{
	known_folder(&FOLDERID_LocalAppData, OWN_FOLDER, path, size);
}

/* None: the folder for temporary files is cleaned by others while the session lasts. */
void kh_system_runtime(char *path, size_t size)
{
	(void)size;
	path[0] = '\0';
}

/* The folder of the running program with its last separator. */
static void own_folder(char *folder, size_t size)
{
	wchar_t wide[KH_WIDE_MAX];
	DWORD length = GetModuleFileNameW(NULL, wide, KH_WIDE_MAX);

	folder[0] = '\0';
	if (length > 0 && length < KH_WIDE_MAX && kh_narrow(wide, folder, size))
		folder[kh_file_name(folder) - folder] = '\0';
}

static bool is_trusted(const char *path)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	wchar_t wide[KH_WIDE_MAX];
	PSID owner = NULL;
	bool trusted = kh_wide(path, wide, KH_WIDE_MAX) &&
		       GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
					     &descriptor) == ERROR_SUCCESS &&
		       kh_owner_trusted(owner);

	LocalFree(descriptor);
	return trusted;
}

/* Any user may make a folder in ProgramData. */
const char *kh_system_system_configuration(void)
{
	static char path[KH_PATH_MAX + 16];
	char folder[KH_PATH_MAX];

	known_folder(&FOLDERID_ProgramData, OWN_FOLDER, folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/config.json", folder);
	if (kh_system_readable(path) && !(is_trusted(folder) && is_trusted(path))) {
		kh_log(KH_LOG_WARNING, "%s is left out: it is another user's", path);
		path[0] = '\0';
	}
	return path;
}

bool kh_system_readable(const char *path)
{
	wchar_t wide[KH_WIDE_MAX];
	HANDLE file = INVALID_HANDLE_VALUE;

	/* Without FILE_FLAG_BACKUP_SEMANTICS a folder is not opened. */
	if (kh_wide(path, wide, KH_WIDE_MAX))
		file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				   OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return false;
	CloseHandle(file);
	return true;
}

static enum kh_code find_program(const char *beside, const char *installed, char *path, size_t size,
				 struct kh_error *error)
{
	const char *const names[] = {beside, installed};
	char folder[KH_PATH_MAX];

	own_folder(folder, sizeof(folder));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (snprintf(path, size, "%s%s", folder, names[i]) < (int)size && kh_system_readable(path))
			return KH_OK;
	}
	return kh_fail_system(error, "CreateFile");
}

enum kh_code kh_system_token_host(size_t n, char *path, size_t size, struct kh_error *error)
{
	static const struct {
		const char *beside, *installed;
	} hosts[] = {
		{"../pkcs11/keyhall-token.exe", "keyhall-token.exe"},
		{"../pkcs11/x86/keyhall-token.exe", "x86/keyhall-token.exe"},
	};

	if (n >= sizeof(hosts) / sizeof(hosts[0]))
		return kh_fail(error, KH_AGENT_FAILED);
	return find_program(hosts[n].beside, hosts[n].installed, path, size, error);
}

enum kh_code kh_system_notifier(char *path, size_t size, struct kh_error *error)
{
	return find_program("keyhall-notify.exe", "keyhall-notify.exe", path, size, error);
}

enum kh_code kh_system_tool(char *path, size_t size, struct kh_error *error)
{
	return find_program("keyhall.exe", "keyhall.exe", path, size, error);
}

enum kh_code kh_system_daemon(bool as_desktop, char *path, size_t size, struct kh_error *error)
{
	(void)as_desktop;
	return find_program("keyhalld.exe", "keyhalld.exe", path, size, error);
}

const char *kh_system_usual_module(size_t n)
{
	static const struct {
		const KNOWNFOLDERID *folder;
		const char *below;
	} places[] = {
		{&FOLDERID_System, "/opensc-pkcs11.dll"},
		{&FOLDERID_ProgramFiles, "/OpenSC Project/OpenSC/pkcs11/opensc-pkcs11.dll"},
		{&FOLDERID_ProgramFilesX86, "/OpenSC Project/OpenSC/pkcs11/opensc-pkcs11.dll"},
	};
	static char paths[sizeof(places) / sizeof(places[0])][KH_PATH_MAX];

	if (n >= sizeof(places) / sizeof(places[0]))
		return NULL;
	known_folder(places[n].folder, places[n].below, paths[n], sizeof(paths[n]));
	return paths[n];
}

static void use_below(const char *folder, unsigned depth, void (*use)(void *context, const char *folder), void *context)
{
	uv_dirent_t entry;
	uv_fs_t scan;

	if (folder[0] == '\0')
		return;
	use(context, folder);
	if (depth > 0 && uv_fs_scandir(NULL, &scan, folder, 0, NULL) >= 0) {
		while (uv_fs_scandir_next(&scan, &entry) == 0) {
			char path[KH_PATH_MAX];

			if (entry.type == UV_DIRENT_DIR &&
			    snprintf(path, sizeof(path), "%s/%s", folder, entry.name) < (int)sizeof(path))
				use_below(path, depth - 1, use, context);
		}
		uv_fs_req_cleanup(&scan);
	}
}

/* Most vendors' installers put them into the first, libraries of 32 bits into the second, many into a folder of
 * their own. */
void kh_system_libraries(void (*use)(void *context, const char *folder), void *context)
{
	static const struct {
		const KNOWNFOLDERID *folder;
		unsigned depth;
	} places[] = {
		{&FOLDERID_System, 0},
		{&FOLDERID_SystemX86, 0},
		{&FOLDERID_ProgramFiles, 3},
		{&FOLDERID_ProgramFilesX86, 3},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[KH_PATH_MAX];

		known_folder(places[i].folder, "", path, sizeof(path));
		use_below(path, places[i].depth, use, context);
	}
}

/* p11-kit is no part of Windows: nobody registers there. */
void kh_system_registrations(void (*use)(void *context, const char *folder), void *context)
{
	(void)use;
	(void)context;
}

/* What it has started is in a job that ends with it: pkcs11/host_process_win.c. */
void kh_system_kill_group(const uv_process_t *leader)
{
	TerminateProcess(leader->process_handle, EXIT_FAILURE);
}

/* An exception that nobody has caught is the status: its two highest bits say so. */
bool kh_system_crashed(int64_t status, int signal, int *number)
{
	bool exception = ((uint32_t)status & 0xc0000000u) == 0xc0000000u;

	*number = exception ? (int)(uint32_t)status : signal;
	return exception || signal != 0;
}

/* libusb has no such files here. */
int kh_system_poll_events(short events)
{
	(void)events;
	return UV_READABLE;
}

enum kh_profile_module_system kh_system_name(void)
{
	return KH_PROFILE_MODULE_SYSTEM_WINDOWS;
}

void kh_system_describe(char *text, size_t size)
{
	uv_utsname_t name;

	if (uv_os_uname(&name) == 0)
		snprintf(text, size, "%s %s %s", name.version, name.release, name.machine);
	else
		snprintf(text, size, "Windows");
}
