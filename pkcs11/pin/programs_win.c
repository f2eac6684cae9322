/* The program with the PIN window is beside this one, or in the folder above, as for the token host of another
 * processor; it is never looked for elsewhere. */
#include "pin/window.h"

#include <stdio.h>
#include <uv.h>

#include "file.h"

#define PATH_SIZE 4096
#define LONGEST "../pinentry.exe"

const char *kh_pin_program(size_t n)
{
	static const char *const names[] = {"pinentry.exe", LONGEST};
	static char path[PATH_SIZE + sizeof(LONGEST)];
	char own[PATH_SIZE];
	size_t size = sizeof(own);

	if (n >= sizeof(names) / sizeof(names[0]) || uv_exepath(own, &size) != 0)
		return NULL;
	snprintf(path, sizeof(path), "%.*s%s", (int)(kh_file_name(own) - own), own, names[n]);
	return path;
}

const char *kh_pin_terminal(char *name, size_t size)
{
	(void)name;
	(void)size;
	return NULL;
}
