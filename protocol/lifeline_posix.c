/*
 * The lifeline as a pipe.
 */
#include "lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "inherited.h"

enum kh_code kh_lifeline_create(struct kh_lifeline *line, struct kh_error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return kh_fail_system(error, "pipe2");
	*line = (struct kh_lifeline){.holds = true, .watches = true, .held = ends[1], .watched = ends[0]};
	return KH_OK;
}

int kh_lifeline_handle(const struct kh_lifeline *line)
{
	return line->watched;
}

void kh_lifeline_given(struct kh_lifeline *line)
{
	if (line->watches)
		close(line->watched);
	line->watches = false;
}

enum kh_code kh_lifeline_open(struct kh_lifeline *line, const char *number, struct kh_error *error)
{
	enum kh_code code;
	int handle;

	*line = (struct kh_lifeline){0};
	if (!number)
		return KH_OK;
	code = kh_inherited_open(number, &handle, error);
	if (code != KH_OK)
		return code;
	*line = (struct kh_lifeline){.watches = true, .watched = handle};
	return KH_OK;
}

void kh_lifeline_wait(const struct kh_lifeline *line)
{
	char none;

	while (read(line->watched, &none, 1) < 0 && errno == EINTR)
		;
}

void kh_lifeline_finish(struct kh_lifeline *line)
{
	if (line->holds)
		close(line->held);
	if (line->watches)
		close(line->watched);
	line->holds = line->watches = false;
}
