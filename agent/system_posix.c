/*
 * The process on Linux.
 */
#include "system.h"

#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <uv.h>

#ifndef KH_PARTS_FOLDER
#define KH_PARTS_FOLDER "../libexec/keyhall"
#endif
#ifndef KH_PROGRAMS_FOLDER
#define KH_PROGRAMS_FOLDER "../../bin"
#endif

void kh_system_harden(void)
{
	const struct rlimit none = {0, 0};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	umask(077);
}

enum kh_code kh_system_detach(struct kh_error *error)
{
	return daemon(0, 1) == 0 ? KH_OK : kh_fail_system(error, "daemon");
}

enum kh_code kh_system_make_folder(const char *path, struct kh_error *error)
{
	char part[KH_PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return kh_fail_call(error, KH_AGENT_FAILED, "mkdir", "too long");
	for (char *end = strchr(part + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return kh_fail_system(error, "mkdir");
		*end = '/';
	}
	if (mkdir(part, 0700) != 0 && errno != EEXIST)
		return kh_fail_system(error, "mkdir");
	return KH_OK;
}

void kh_system_locale(char *locale, size_t size)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && (!value || *value == '\0'); i++)
		value = getenv(variables[i]);
	if (!value || *value == '\0')
		value = "";
	else
		value = strncmp(value, "zh", 2) == 0 ? "zh-CN" : "en";
	snprintf(locale, size, "%s", value);
}

void kh_system_home(char *path, size_t size)
{
	const char *home = getenv("HOME");

	snprintf(path, size, "%s", home && home[0] == '/' ? home : "");
}

static void base_folder(const char *variable, const char *below_home, const char *name, char *path, size_t size)
{
	const char *given = getenv(variable);
	char home[KH_PATH_MAX];

	path[0] = '\0';
	if (given && given[0] == '/') {
		snprintf(path, size, "%s/%s", given, name);
		return;
	}
	kh_system_home(home, sizeof(home));
	if (home[0] != '\0' && snprintf(path, size, "%s/%s/%s", home, below_home, name) >= (int)size)
		path[0] = '\0';
}

void kh_system_configuration(char *path, size_t size)
{
	base_folder("XDG_CONFIG_HOME", ".config", "keyhall", path, size);
}

void kh_system_state(char *path, size_t size)
{
	base_folder("XDG_STATE_HOME", ".local/state", "keyhall", path, size);
}

void kh_system_runtime(char *path, size_t size)
{
	const char *given = getenv("XDG_RUNTIME_DIR");

	path[0] = '\0';
	if (given && given[0] == '/' && strlen(given) < size && access(given, W_OK | X_OK) == 0)
		snprintf(path, size, "%s", given);
}

const char *kh_system_system_configuration(void)
{
	return "/etc/keyhall/config.json";
}

bool kh_system_readable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode) && access(path, R_OK) == 0;
}

static bool executable(const char *folder, const char *name, char *path, size_t size)
{
	size_t length = strlen(folder);

	if (length + strlen(name) >= size)
		return false;
	memcpy(path, folder, length);
	memcpy(path + length, name, strlen(name) + 1);
	return access(path, X_OK) == 0;
}

/* Of the running program, with a slash behind it. */
static void own_folder(char own[KH_PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", own, KH_PATH_MAX - 1);

	while (length > 0 && own[length - 1] != '/')
		length--;
	own[length > 0 ? length : 0] = '\0';
}

/* Both from the folder of the running program; beside: in the build tree. */
static enum kh_code find_program(const char *beside, const char *installed, char *path, size_t size,
				 struct kh_error *error)
{
	char own[KH_PATH_MAX];

	own_folder(own);
	if (executable(own, beside, path, size) || executable(installed[0] == '/' ? "" : own, installed, path, size))
		return KH_OK;
	return kh_fail_system(error, "access");
}

enum kh_code kh_system_token_host(size_t n, char *path, size_t size, struct kh_error *error)
{
	if (n > 0)
		return kh_fail(error, KH_AGENT_FAILED);
	return find_program("../pkcs11/keyhall-token", KH_PARTS_FOLDER "/keyhall-token", path, size, error);
}

enum kh_code kh_system_notifier(char *path, size_t size, struct kh_error *error)
{
	return find_program("keyhall-notify", KH_PARTS_FOLDER "/keyhall-notify", path, size, error);
}

enum kh_code kh_system_tool(char *path, size_t size, struct kh_error *error)
{
	return find_program("keyhall", KH_PROGRAMS_FOLDER "/keyhall", path, size, error);
}

enum kh_code kh_system_daemon(bool as_desktop, char *path, size_t size, struct kh_error *error)
{
	char own[KH_PATH_MAX];

	own_folder(own);
	if (as_desktop && executable(own, KH_PARTS_FOLDER "/start", path, size))
		return KH_OK;
	return find_program("keyhalld", KH_PROGRAMS_FOLDER "/keyhalld", path, size, error);
}

const char *kh_system_usual_module(size_t n)
{
	static const char *const places[] = {"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
					     "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
					     "/usr/lib/loongarch64-linux-gnu/opensc-pkcs11.so",
					     "/usr/lib64/opensc-pkcs11.so",
					     "/usr/lib64/pkcs11/opensc-pkcs11.so",
					     "/usr/lib/opensc-pkcs11.so"};

	return n < sizeof(places) / sizeof(places[0]) ? places[n] : NULL;
}

static void use_all(const char *pattern, void (*use)(void *context, const char *folder), void *context)
{
	glob_t found;

	if (glob(pattern, GLOB_ONLYDIR, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		use(context, found.gl_pathv[i]);
	globfree(&found);
}

/* Where Debian, Fedora, openSUSE, UOS and Kylin, and vendors' installers put them. */
void kh_system_libraries(void (*use)(void *context, const char *folder), void *context)
{
	static const char *const patterns[] = {
		"/usr/lib/*-linux-gnu/pkcs11",
		"/usr/lib64/pkcs11",
		"/usr/lib/pkcs11",
		"/usr/lib/*-linux-gnu",
		"/usr/lib64",
		"/usr/lib",
		"/usr/local/lib",
		"/usr/local/lib64",
		"/usr/local/lib/pkcs11",
		"/opt/*/lib",
		"/opt/*/lib64",
		"/opt/*/*/lib",
		"/opt/apps/*/files/lib",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		use_all(patterns[i], use, context);
}

void kh_system_registrations(void (*use)(void *context, const char *folder), void *context)
{
	char own[KH_PATH_MAX + 32];

	base_folder("XDG_CONFIG_HOME", ".config", "pkcs11/modules", own, sizeof(own));
	if (own[0] != '\0')
		use(context, own);
	use(context, "/etc/pkcs11/modules");
	use(context, "/usr/share/p11-kit/modules");
}

void kh_system_kill_group(const uv_process_t *leader)
{
	if (leader->pid > 1)
		kill(-leader->pid, SIGKILL);
}

bool kh_system_crashed(int64_t status, int signal, int *number)
{
	(void)status;
	*number = signal;
	return signal != 0;
}

int kh_system_poll_events(short events)
{
	return (events & POLLIN ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0);
}

enum kh_profile_module_system kh_system_name(void)
{
	return KH_PROFILE_MODULE_SYSTEM_LINUX;
}

void kh_system_describe(char *text, size_t size)
{
	struct utsname name;

	if (uname(&name) == 0)
		snprintf(text, size, "%s %s %s", name.sysname, name.release, name.machine);
	else
		snprintf(text, size, "unknown");
}
