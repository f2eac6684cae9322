/* Programs with a PIN window, and the terminal that one in text mode may use. */
#include "pin/window.h"

#include <stdlib.h>
#include <unistd.h>

const char *kh_pin_program(size_t n)
{
	static const char *const usual[] = {"pinentry-gtk-2", "pinentry-qt", "pinentry-gnome3", "pinentry"};

	return n < sizeof(usual) / sizeof(usual[0]) ? usual[n] : NULL;
}

const char *kh_pin_terminal(char *name, size_t size)
{
	const char *named = getenv("GPG_TTY");

	if (named && *named)
		return named;
	return ttyname_r(STDERR_FILENO, name, size) == 0 ? name : NULL;
}
