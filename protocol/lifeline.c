/*
 * The lifeline.
 */
#include "lifeline.h"

#include "inherited.h"

enum kh_code kh_lifeline_create(struct kh_lifeline *line, struct kh_error *error)
{
	struct kh_lifeline made = {.holds = true, .watches = true};
	enum kh_code code = kh_inherited_pipe(&made.watched, &made.held, error);

	if (code == KH_OK)
		*line = made;
	return code;
}

int kh_lifeline_handle(const struct kh_lifeline *line)
{
	return line->watched;
}

void kh_lifeline_given(struct kh_lifeline *line)
{
	if (line->watches)
		kh_inherited_close(line->watched);
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
	if (code == KH_OK)
		*line = (struct kh_lifeline){.watches = true, .watched = handle};
	return code;
}

void kh_lifeline_wait(const struct kh_lifeline *line)
{
	kh_inherited_wait(line->watched);
}

void kh_lifeline_finish(struct kh_lifeline *line)
{
	if (line->holds)
		kh_inherited_close(line->held);
	if (line->watches)
		kh_inherited_close(line->watched);
	line->holds = line->watches = false;
}
