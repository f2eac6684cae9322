/* The terminal a text-mode pinentry may use. */
#include "pin/window.h"

#include <stdlib.h>
#include <unistd.h>

const char *kh_pin_terminal(char *name, size_t size)
{
	const char *named = getenv("GPG_TTY");

	if (named && *named)
		return named;
	return ttyname_r(STDERR_FILENO, name, size) == 0 ? name : NULL;
}
