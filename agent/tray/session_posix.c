/*
 * The session on Linux.
 */
#include "tray/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

#define DELETED " (deleted)" /* proc(5) */
#define KEY "XDG_DOWNLOAD_DIR=\""
#define HOME "$HOME"

void kh_session_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
}

bool kh_session_goes_on(char **arguments)
{
	char own[KH_PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *end;

	own[length > 0 ? length : 0] = '\0';
	end = length > (ssize_t)strlen(DELETED) ? own + length - strlen(DELETED) : NULL;
	if (!end || strcmp(end, DELETED) != 0)
		return true;
	*end = '\0';
	execv(own, arguments);
	return errno != ENOENT;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The value of a line of user-dirs.dirs (xdg-user-dirs): absolute, or below $HOME. */
static bool take_value(char *value, const char *home, char *path, size_t size)
{
	bool below = strncmp(value, HOME, strlen(HOME)) == 0;

	value[strcspn(value, "\"\n")] = '\0';
	return snprintf(path, size, "%s%s", below ? home : "", below ? value + strlen(HOME) : value) < (int)size &&
	       path[0] == '/' && is_folder(path);
}

static bool read_user_folders(const char *home, char *path, size_t size)
{
	const char *given = getenv("XDG_CONFIG_HOME");
	char line[KH_PATH_MAX + 32];
	bool found = false;
	FILE *file;

	snprintf(line, sizeof(line), "%s%s/user-dirs.dirs", given && given[0] == '/' ? given : home,
		 given && given[0] == '/' ? "" : "/.config");
	file = fopen(line, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strncmp(line, KEY, strlen(KEY)) == 0 && take_value(line + strlen(KEY), home, path, size);
	if (file)
		fclose(file);
	return found;
}

void kh_session_downloads(char *path, size_t size)
{
	char home[KH_PATH_MAX];

	kh_system_home(home, sizeof(home));
	if (!read_user_folders(home, path, size) &&
	    (snprintf(path, size, "%s/Downloads", home) >= (int)size || !is_folder(path)))
		snprintf(path, size, "%s", home);
}
