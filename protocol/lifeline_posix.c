/*
 * The lifeline as a pipe.
 */
#include "lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum kh_code fail(struct kh_error *error, const char *call)
{
	char value[24];

	snprintf(value, sizeof(value), "%d", errno);
	return kh_fail_call(error, KH_AGENT_FAILED, call, value);
}

enum kh_code kh_lifeline_create(struct kh_lifeline *line, struct kh_error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(error, "pipe2");
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
	char *end;
	long handle;

	*line = (struct kh_lifeline){0};
	if (!number)
		return KH_OK;
	handle = strtol(number, &end, 10);
	if (end == number || *end || handle < 3 || handle > 65535)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_lifeline_open", "number");
	if (fcntl((int)handle, F_SETFD, FD_CLOEXEC) != 0)
		return fail(error, "fcntl");
	*line = (struct kh_lifeline){.watches = true, .watched = (int)handle};
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
