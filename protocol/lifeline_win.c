/*
 * The lifeline as a pipe of the C library.
 */
#include "lifeline.h"

#include <fcntl.h>
#include <io.h>

#include "inherited.h"

enum kh_code kh_lifeline_create(struct kh_lifeline *line, struct kh_error *error)
{
	int ends[2];

	if (_pipe(ends, 16, _O_BINARY | _O_NOINHERIT) != 0)
		return kh_fail_system(error, "_pipe");
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
		_close(line->watched);
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

	(void)!_read(line->watched, &none, 1);
}

void kh_lifeline_finish(struct kh_lifeline *line)
{
	if (line->holds)
		_close(line->held);
	if (line->watches)
		_close(line->watched);
	line->holds = line->watches = false;
}
