/* window.try: whether a PIN window can be opened. */
#include "pin/window.h"

#include <string.h>

#include "host.h"

enum kh_code kh_op_window_try(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	struct kh_host_window_try_result *result = out;
	const char *program = NULL;

	(void)in;
	result->state = kh_pin_window_try(&host->loop, host->settings.pinentry, &program);
	return program ? kh_host_text(&result->program, program, error) : KH_OK;
}
