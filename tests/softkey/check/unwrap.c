/* Keys that come wrapped, made by OpenSSL. */
#include "check.h"

int check_unwrap(void)
{
	return 0;
}
