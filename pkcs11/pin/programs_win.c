/* The program with the PIN window is beside this one; it is never looked for elsewhere. */
#include "pin/window.h"

#include <stdio.h>
#include <uv.h>

#include "file.h"

#define PATH_SIZE 4096
#define NAME "pinentry.exe"

const char *kh_pin_program(size_t n)
{
	static char path[PATH_SIZE + sizeof(NAME)];
	char own[PATH_SIZE];
	size_t size = sizeof(own);

	if (n > 0 || uv_exepath(own, &size) != 0)
		return NULL;
	snprintf(path, sizeof(path), "%.*s%s", (int)(kh_file_name(own) - own), own, NAME);
	return path;
}

const char *kh_pin_terminal(char *name, size_t size)
{
	(void)name;
	(void)size;
	return NULL;
}
